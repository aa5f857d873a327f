"""``costmodel quality``: what others measured of a scheme's answers, row by row, with its source."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    scheme: Annotated[
        str | None, typer.Option("--scheme", help="Scores of a scheme, or of one setting with knobs in brackets.")
    ] = None,
    benchmark: Annotated[str | None, typer.Option("--benchmark", help="Scores on one benchmark, by its id.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Scores of one model, by its id or as its source names it.")
    ] = None,
    json: o.Json = False,
) -> None:
    """List published scores with a scheme and with the 16-bit cache. Published by others, not modelled here.

    Example: costmodel quality --scheme kivi-2bit
    """
    from costmodel.analyses.quality import figures, loss
    from costmodel.cli import terminal

    scores = [(score, loss(score)) for score in figures(scheme, benchmark, model)]
    if json:
        terminal.print_json([_as_json(score) | {"loss": relative_loss} for score, relative_loss in scores])
        return
    if not scores:
        terminal.print_line('No published score matches. Run "costmodel quality" to list all scores.')
        return
    legend: dict[str, int] = {}
    heads = ("scheme", "benchmark", "model", ">16 bit", ">scheme", ">loss", "source")
    terminal.print_table("", heads, [_row(score, relative_loss, legend) for score, relative_loss in scores])
    terminal.print_line(
        "\nLoss: relative to the 16-bit cache on the same benchmark; losses on two benchmarks do not compare."
    )
    terminal.print_line("\nSources\n" + "\n".join(f"[{number}] {text}" for text, number in legend.items()))
    _print_benchmarks({score.benchmark for score, _ in scores})


def _as_json(score) -> dict:
    return {
        "scheme": score.scheme, "benchmark": score.benchmark, "variant": score.variant, "model": score.model,
        "model_id": score.model_id, "baseline": score.baseline, "value": score.value, "note": score.note,
        "table": score.table, "source": score.source,
    }  # fmt: skip


def _row(score, relative_loss: float, legend: dict[str, int]) -> tuple:
    benchmark = f"{score.benchmark}{f', {score.variant}' if score.variant else ''}"
    model = f"{score.model}{f' ({score.note})' if score.note else ''}"
    number = legend.setdefault(score.source, len(legend) + 1)
    return (
        score.scheme, benchmark, model, f"{score.baseline:g}", f"{score.value:g}", f"{relative_loss:.1%}", f"[{number}]"
    )  # fmt: skip


def _print_benchmarks(names: set[str]) -> None:
    from costmodel.cli import terminal
    from costmodel.facts.quality import benchmark

    rows = [(b.id, b.name, f"{b.unit}, {b.better} is better", b.asks) for b in map(benchmark, sorted(names))]
    terminal.print_line()
    terminal.print_table("Benchmarks", ("id", "name", "score", "what it tests"), rows, is_list=True)
