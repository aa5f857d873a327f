"""``costmodel quality``: what others measured of a scheme's answers, row by row, with its source."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    scheme: Annotated[
        str | None, typer.Option("--scheme", help="Figures of a scheme, or with knobs in brackets of one setting.")
    ] = None,
    benchmark: Annotated[str | None, typer.Option("--benchmark", help="Figures on one benchmark, by its id.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Figures of one model, by its id or as its source names it.")
    ] = None,
    json: o.Json = False,
) -> None:
    """List published scores with a scheme and with the 16-bit cache. Published by others, not modelled here.

    Example: costmodel quality --scheme kivi-2bit
    """
    from costmodel.analyses.quality import figures, loss
    from costmodel.cli import show

    found = [(row, loss(row)) for row in figures(scheme, benchmark, model)]
    if json:
        show.print_json([row.__dict__ | {"loss": lost} for row, lost in found])
        return
    if not found:
        show.print_line("No published figure is known of that. costmodel quality lists all.")
        return
    legend: dict[str, int] = {}
    heads = ("scheme", "benchmark", "model", ">16 bit", ">scheme", ">loss", "source")
    show.print_table("", heads, [_row(row, lost, legend) for row, lost in found])
    show.print_line(
        "\nLoss: relative to the 16-bit cache on the same benchmark; losses on two benchmarks do not compare."
    )
    show.print_line("\nSources\n" + "\n".join(f"[{place}] {text}" for text, place in legend.items()))
    _benchmarks({row.benchmark for row, _ in found})


def _row(row, lost: float, legend: dict[str, int]) -> tuple:
    where = f"{row.benchmark}{f', {row.variant}' if row.variant else ''}"
    model = f"{row.model}{f' ({row.note})' if row.note else ''}"
    mark = legend.setdefault(row.source, len(legend) + 1)
    return row.scheme, where, model, f"{row.baseline:g}", f"{row.value:g}", f"{lost:.1%}", f"[{mark}]"


def _benchmarks(names: set[str]) -> None:
    from costmodel.cli import show
    from costmodel.facts.quality import benchmark

    known = [benchmark(name) for name in sorted(names)]
    rows = [(each.id, each.name, f"{each.unit}, {each.better} is better", each.asks) for each in known]
    show.print_line()
    show.print_table("Benchmarks", ("id", "name", "score", "what it asks"), rows)
