"""``costmodel plot``: figures for papers, with the table that each was drawn from beside it."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    figure: Annotated[str, typer.Argument(help="Which figure: regime.")],
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    scheme: o.Scheme = "fp8",
    gpu: o.Gpu = None,
    tp: o.Tp = None,
    engine: o.Engine = None,
    weight_dtype: o.WeightDtype = None,
    memory_fraction: o.Fraction = None,
    batch: o.Batch = "1:256",
    context: o.Context = None,
    width: Annotated[str, typer.Option("--width", help="column, text, or inches.")] = "text",
    out: Annotated[
        str, typer.Option("--out", help="Figure to write: .pdf .svg .png .pgf; its .csv comes beside it.")
    ] = "regime.pdf",
) -> None:
    """Draw a figure and write the table behind it.

    Example: costmodel plot regime --model llama-8b --tp 1 --scheme fp8 --out fp8.pdf
    """
    from costmodel.analyses.regime import regime
    from costmodel.errors import UnknownName
    from costmodel.evaluation.grid import default_context
    from costmodel.plots import files
    from costmodel.plots import regime as drawing

    if figure != "regime":
        raise UnknownName("figure", figure, ["regime"])
    target = files.check(out)
    inches = files.inches(width, drawing.WIDTHS)
    where = o.place(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
    axes = o.axis(batch, "--batch"), o.axis(context, "--context") or default_context([where])
    made = regime(where, scheme, *axes)
    frame = drawing.table(made)
    title = f"{made.scheme} against {made.baseline}: {where.label}"
    written = files.save(lambda: drawing.paper(frame, title, inches), frame, target)
    typer.echo(f"wrote {' and '.join(map(str, written))}; hatched: cannot be told at 90 %; grey: does not fit")
