"""``costmodel breakeven``: the equation, its condition, and the number, or never."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    scheme: Annotated[str | None, typer.Option("--scheme", help="Scheme; without one, the codec of --saving.")] = None,
    saving: Annotated[
        str | None, typer.Option("--saving", help="A codec of your own: share of cache bytes it saves.")
    ] = None,
    step_overhead: Annotated[
        str | None, typer.Option("--step-overhead", help="Time it adds to a decode step, e.g. 15us.")
    ] = None,
    gpu: o.Gpu = None,
    tp: o.Tp = None,
    engine: o.Engine = None,
    weight_dtype: o.WeightDtype = None,
    memory_fraction: o.Fraction = None,
    batch: o.Batch = "1,8,64",
    longest: Annotated[
        str | None, typer.Option("--longest", help="Last context looked at; the model's by default.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Say from which context a scheme makes a whole decode step faster.

    For a codec that exists only as an idea, give what it saves and what it costs: the answer names batch, context and model
    sizes at which that trade pays.

    Example: costmodel breakeven --model llama-70b --gpu h100-sxm --saving 30% --step-overhead 15us
    """
    from costmodel.analyses import breakeven, ladder
    from costmodel.cli import show
    from costmodel.errors import InputError

    if (scheme is None) == (saving is None):
        raise InputError("give --scheme NAME, or --saving SHARE with --step-overhead TIME for a codec of your own")
    if saving is None and step_overhead is not None:
        raise InputError("--step-overhead belongs to --saving; a scheme of the catalogue has its own costs")
    where = o.deployment_from_options(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
    if saving is not None:
        price = o.parse_duration(step_overhead or "0 s", "--step-overhead")
        scheme = f"hypothetical[saving={o.parse_fraction(saving, '--saving'):.6g},overhead={price:.9g} s]"
    last = None if longest is None else o.parse_count(longest, "--longest")
    found = breakeven.break_even(where, scheme, o.parse_axis(batch, "--batch"), last)
    sizes = ladder.break_even_by_model(where, scheme, [row.batch for row in found]) if saving is not None else []
    if json:
        show.print_json({"deployment": where.label, "equation": breakeven.EQUATION, "condition": breakeven.CONDITION,
                      "break_even": [row.__dict__ | {"words": row.words} for row in found],
                      "models": [row.__dict__ for row in sizes]})  # fmt: skip
        return
    _print(where, found, sizes)


def _print(where, found, sizes) -> None:
    from costmodel.analyses import breakeven
    from costmodel.cli import show

    show.print_deployment(where)
    show.print_line(f"\n{breakeven.EQUATION}\n{breakeven.CONDITION}\n")
    rows = [
        (
            f"{row.batch:,.0f}",
            row.words,
            f"{_context(row.low)} to {_context(row.high)}",
            _context(row.line).replace("never", "–"),
            f"{row.branches[0]}, {row.branches[1]}",
        )
        for row in found
    ]
    title = f"{found[0].scheme} against {found[0].baseline}: a decode step is faster"
    show.print_table(
        title, (">batch", "context", "90 % interval", ">equation", "binding branch: scheme, baseline"), rows
    )
    show.print_line(
        "\ncontext: last root of the full expression. equation: crossing of the two binding branches alone,"
    )
    show.print_line("– where they do not cross, since what decides lies between the branches.")
    if sizes:
        show.print_line()
        heads = ("model", ">GPUs", ">KV bytes/token", *(f">batch {row:,.0f}" for row in sizes[0].batches))
        ladder_rows = [
            (s.model, s.ranks, f"{s.token_bytes:,.0f}", *(show.format_tokens(c) for c in s.contexts)) for s in sizes
        ]
        show.print_table("The same trade on other model sizes: context from which it pays", heads, ladder_rows)


def _context(tokens: float) -> str:
    from costmodel.analyses.breakeven import LOWEST
    from costmodel.cli import show

    return "first" if tokens <= LOWEST else show.format_tokens(round(tokens)) if tokens < 1e12 else "never"
