"""``costmodel plot``: figures for papers, with the table that each was drawn from and its caption beside it."""

from typing import Annotated

import typer

from costmodel.cli import figures
from costmodel.cli import options as o


def command(
    figure: Annotated[
        str,
        typer.Argument(
            help="regime, roofline, pareto, breakeven, waterfall, memory, sensitivity, layers, throughput, latency, load, "
            "first-token, parity; stress- and a test (costmodel stress lists them)."
        ),
    ],
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Scheme; give it again for several (costmodel schemes).")
    ] = None,
    gpu: o.Gpu = None,
    tp: o.Tp = None,
    engine: o.Engine = None,
    weight_dtype: o.WeightDtype = None,
    memory_fraction: o.Fraction = None,
    batch: o.Batch = None,
    context: o.Context = None,
    comparison: Annotated[
        str, typer.Option("--comparison", help="regime: same-batch, own-batch or objective.")
    ] = "same-batch",
    tpot: Annotated[str | None, typer.Option("--tpot", help="regime: objective, e.g. 50ms.")] = None,
    ttft: Annotated[str | None, typer.Option("--ttft", help="regime: objective, e.g. 2s.")] = None,
    binding: Annotated[
        bool, typer.Option("--binding", help="regime: name the term that binds, region by region.")
    ] = False,
    of: Annotated[str, typer.Option("--of", help="sensitivity: speedup, step_time or break-even.")] = "speedup",
    x: Annotated[str, typer.Option("--x", help="pareto: quantity of this axis.")] = "tpot_ms",
    y: Annotated[str, typer.Option("--y", help="pareto: quantity of this axis.")] = "throughput_at_max_batch_tok_s",
    price: Annotated[
        float | None, typer.Option("--price", help="pareto: of a GPU for an hour, for cost_per_million.")
    ] = None,
    benchmark: Annotated[
        str | None,
        typer.Option("--benchmark", help="pareto: of quality_loss (costmodel quality); LongBench where none is named."),
    ] = None,
    generated: Annotated[
        str, typer.Option("--generated", help="load: output tokens; --context is the prompt.")
    ] = "256",
    conditions: o.Conditions = None,
    over: o.Over = None,
    title: Annotated[bool, typer.Option("--title/--no-title", help="Write what is shown above the figure.")] = True,
    width: Annotated[str, typer.Option("--width", help="column, text, or inches.")] = "text",
    venue: Annotated[
        str, typer.Option("--venue", help="ieee, acm, usenix, neurips or mlsys: how wide those are.")
    ] = "acm",
    style: Annotated[str | None, typer.Option("--style", help="A Matplotlib style sheet that overrules ours.")] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", help="Figure to write: .pdf .svg .png .pgf; its .csv and caption .tex come beside it."),
    ] = None,
    force: o.Force = False,
) -> None:
    """Draw a figure; write the table behind it and a caption with every assumption beside it.

    Files of yours beside it are never overwritten without --force, nor is a table or a caption that you changed.

    Example: costmodel plot regime --model llama-8b --tp 1 --scheme fp8 --out fp8.pdf --venue usenix --width column
    """
    from costmodel.plots import files, venues

    make = figures.named(figure)
    target = files.check(out or f"{figure}.pdf", "--out" if out else "", force)
    inches = venues.inches(width, venue)
    place = (model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
    objective = (o.parse_duration(tpot, "--tpot"), o.parse_duration(ttft, "--ttft"))
    schemes = scheme or list(figures.schemes(figure))
    asked = figures.Asked(
        place, schemes, batch, context, comparison, objective, of, (x, y), price, benchmark, binding, generated,
        conditions, over,
    )  # fmt: skip
    drawing, frame, where, words = make(asked)
    more = {"overlay": binding} if figure == "regime" else {}
    holds = getattr(drawing, "CONDITIONS", files.CONDITIONS)
    caption = files.caption(f"{drawing.caption(frame)} {words}.", where, holds)
    written = files.save(
        lambda: drawing.paper(frame, words if title else "", inches, **more), frame, target, caption, style
    )
    typer.echo(f"wrote {', '.join(map(str, written))}")
