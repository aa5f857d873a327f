"""``costmodel claims``: claimed speed-ups, published ones or a table of your own, re-based on the strongest baseline."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    table: Annotated[
        str | None, typer.Argument(help="CSV of claims, as of costmodel referee; without one, published claims.")
    ] = None,
    factors: Annotated[bool, typer.Option("--factors", help="Print the factors of every claim.")] = False,
    json: o.Json = False,
) -> None:
    """Take claimed speed-ups apart: what their baseline was worth, bytes, batch, kernel, and what is left unexplained.

    Example: costmodel claims --factors
    """
    from costmodel.analyses.claims import rebase
    from costmodel.cli import terminal
    from costmodel.facts.claims import PUBLISHED, read_claims
    from costmodel.report.writers.json import to_plain

    rebased = [rebase(claim) for claim in read_claims(PUBLISHED if table is None else table)]
    if json:
        terminal.print_json(to_plain(rebased))
        return
    legend: dict[str, int] = {}
    heads = (
        "scheme", "where", ">claimed", ">÷ baseline", ">predicted", ">90 %", "verdict", ">vs fp8", "source",
    )  # fmt: skip
    terminal.print_table("", heads, [_row(entry, legend) for entry in rebased])
    terminal.print_line(NOTE)
    if reasons := [
        f"{entry.claim.scheme}, {entry.claim.claimed:g} ×: {entry.reason}" for entry in rebased if entry.reason
    ]:
        terminal.print_line("\nNot re-based\n" + "\n".join(reasons))
    if factors:
        for entry in rebased:
            _print_factors(entry)
    terminal.print_line("\nSources\n" + "\n".join(f"[{number}] {text}" for text, number in legend.items()))


NOTE = """
÷ baseline: the claim over what its own baseline was worth against a paged 16-bit engine. Predicted: what the model says of
the scheme against that engine. vs fp8: predicted against an fp8 cache, where the engine ships one that gains there."""


def _row(entry, legend: dict[str, int]) -> tuple:
    from costmodel.report.layout.numbers import span, times

    claim = entry.claim
    source = f"[{legend.setdefault(claim.source, len(legend) + 1)}]"
    head = (f"{claim.scheme}\n{claim.metric}", f"{claim.model}\n{claim.gpu}", f"{claim.claimed:g} ×")
    if entry.reason:
        return (*head, "–", "–", "–", "not re-based", "–", source)
    rival = entry.strongest
    against = "–" if rival is None or rival.scheme == "none" else times(rival.predicted[0])
    verdict = f"{entry.verdict}\n{entry.evidence}"
    return (
        *head,
        times(entry.on_paged[0]),
        times(entry.predicted[0]),
        span(*entry.predicted[1:]),
        verdict,
        against,
        source,
    )


def _print_factors(entry) -> None:
    from costmodel.cli import terminal
    from costmodel.report.layout.numbers import times, with_span

    if entry.reason:
        return
    terminal.print_line()
    rows = [(f.name, with_span(f.value, f.low, f.high), f.evidence, f.text) for f in entry.factors]
    title = f"{times(entry.claim.claimed)} {entry.claim.metric}, {entry.scheme} on {entry.deployment}"
    terminal.print_table(title, ("factor", ">value", "evidence", ""), rows, "\n".join(f"{r}." for r in entry.remarks))
