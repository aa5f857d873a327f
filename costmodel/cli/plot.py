"""``costmodel plot``: figures for papers, with the table behind each and its caption beside it.

Which figures there are, and which options they take, the figures' own files say.
"""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli.figure_options import OPTIONS_KEY, PlotCommand, parse_options

COMMAND_CLASS = PlotCommand


def command(
    context: typer.Context,
    figure: Annotated[str, typer.Argument(help="A figure.")],
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
    title: Annotated[
        bool, typer.Option("--title/--no-title", help="Print a title above the figure; the caption has it anyway.")
    ] = False,
    width: Annotated[str, typer.Option("--width", help="column, text, or inches.")] = "text",
    venue: Annotated[
        str, typer.Option("--venue", help="ieee, acm, usenix, neurips or mlsys: sets the widths of column and text.")
    ] = "acm",
    style: Annotated[str | None, typer.Option("--style", help="A Matplotlib style sheet that overrides ours.")] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", help="Figure to write: .pdf .svg .png .pgf; its .csv and caption .tex are written beside it."
        ),
    ] = None,
    force: o.Force = False,
) -> None:
    """Draw a figure; write the table behind it and a caption with every assumption beside it.

    Files of yours beside it are never overwritten without --force, nor is a table or a caption that you changed.

    Example: costmodel plot regime --model llama-8b --tp 1 --scheme fp8 --out fp8.pdf --venue usenix --width column
    """
    import numpy as np

    from costmodel import plots
    from costmodel.cli import terminal
    from costmodel.plots import files
    from costmodel.plots.style import venues

    definition = plots.load_figure(figure)
    target = files.validate_target(out or f"{figure}.pdf", "--out" if out else "", force)
    inches = venues.figure_width(width, venue)
    texts = context.meta[OPTIONS_KEY] | {"gpu": gpu, "engine": engine}
    values = parse_options(definition.options, texts)
    deployment = None
    if definition.has_deployment:
        deployment = o.deployment_from_options(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
        if any(texts.get(name) is not None for name in ("batch", "context")):
            point = (np.atleast_1d(values.get(name) or 1.0) for name in ("batch", "context"))
            terminal.print_limits(deployment, scheme or list(definition.schemes), *point, json=False)
    frame, heading = definition.build_table(plots.Request(deployment, scheme or list(definition.schemes), values))
    draw_options = {name: values[name] for name in definition.draw_options}
    caption = files.format_caption(
        f"{definition.format_caption(frame)} {heading}.", deployment, definition.conditions_of(frame)
    )
    written = files.write_figure(
        lambda: definition.draw_matplotlib(frame, heading if title else "", inches, **draw_options),
        frame, target, caption, style,
    )  # fmt: skip
    typer.echo(f"wrote {', '.join(map(str, written))}")
