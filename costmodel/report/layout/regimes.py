"""Regimes and kernel budget as a page."""

import math

from costmodel.evaluation.ask.verdicts import ABSENT, BEYOND, LOSES, NEEDS_KERNEL, UNSURE, WINS
from costmodel.report.blocks import BAD, GOOD, PLAIN, Bar, Bars, Block, HeatMap, Paragraph, Table
from costmodel.report.layout.numbers import span, times, tokens, tone_of
from costmodel.report.sections.regimes import BudgetAt, Regimes
from costmodel.report.sections.summary import sentence

WHOSE = {"compiled": "nobody's yet, estimated from compiled code", "ideal": "ideal ones, which nobody wrote"}
MARKS = {WINS: "+", LOSES: "−", UNSURE: "?", NEEDS_KERNEL: "k"}


def lay_out(regimes: Regimes) -> list[Block]:
    """The sentence, the map, budgets point by point, and each side at its own largest batch."""
    text, whose = sentence(regimes), WHOSE.get(regimes.implementation, regimes.implementation)
    return [
        Paragraph(f"{text[0].upper()}{text[1:]}. Kernels: {whose}."),
        _map(regimes),
        *(_budget(budget) for budget in regimes.budgets),
        Paragraph(
            f"Budget: {regimes.equation}; {regimes.condition}. A kernel that nobody measured lies between ideal and the "
            f"{regimes.slow_end}."
        ),
        _own(regimes),
    ]


def _map(regimes: Regimes) -> HeatMap:
    batches = sorted({c.batch for c in regimes.cells})
    contexts = sorted({c.context for c in regimes.cells})
    by_place = {(c.batch, c.context): c for c in regimes.cells}
    grid = [[by_place[b, x] for x in contexts] for b in reversed(batches)]

    def text(cell) -> str:
        if cell.verdict in (ABSENT, BEYOND):
            return ""
        return f"{cell.ratio:.2f} {MARKS[cell.verdict]}" if cell.baseline_fits else "no 16 bit"

    levels = [[math.log2(c.ratio) if c.is_compared and c.ratio > 0 else math.nan for c in row] for row in grid]
    note = (
        "Baseline step time over the scheme's at the same batch and context, as estimated. + wins, − loses (90 % interval, "
        "measured kernel), ? cannot tell, k needs kernel: an ideal one wins, nobody measured (hatched). Blank: does not fit or "
        "beyond the model's limit; “no 16 bit”: fits only compressed."
    )
    return HeatMap(
        "Speed at the same batch",
        "batch",
        "context",
        tuple(f"{b:,.0f}" for b in reversed(batches)),
        tuple(map(tokens, contexts)),
        tuple(map(tuple, levels)),
        tuple(tuple(text(c) for c in row) for row in grid),
        tuple(tuple(c.is_compared and c.verdict in (NEEDS_KERNEL, UNSURE) for c in row) for row in grid),
        note,
    )


def _budget(budget: BudgetAt) -> Bars:
    point = budget.point
    bars = []
    for index, kernel in enumerate(budget.kernels):
        tone = PLAIN if index == 0 else GOOD if kernel.pays else BAD
        judgement = "the baseline" if index == 0 else "within the budget" if kernel.pays else "too slow"
        text = f"{kernel.nanoseconds:.3g} ns, {kernel.evidence}: {judgement}"
        bars.append(Bar(kernel.name, kernel.nanoseconds, math.nan, math.nan, text, tone))
    title = f"Kernel budget, {point.name}: batch {point.batch:,.0f}, {tokens(point.context)} tokens"
    label = f"budget {budget.budget_ns:.3g} ns" if budget.budget_ns > 0 else "even a free kernel loses"
    note = "" if budget.baseline_fits else "16 bit does not fit there: a budget against a step that nobody can take."
    return Bars(title, "ns a token and KV head of the baseline's cache", tuple(bars), budget.budget_ns, label, note)


def _own(regimes: Regimes) -> Table:
    rows, tones = [], []
    for o in regimes.own_batch:
        rows.append((
            tokens(o.context), f"{o.batch:,.0f}", f"{o.baseline_batch:,.0f}", times(o.ratio), span(o.low, o.high), o.verdict,
            f"{o.fill_seconds:,.1f} s",
        ))  # fmt: skip
        tones.append(tone_of(o.verdict))
    heads = (">context", ">batch", ">of 16 bit", ">throughput", ">90 % interval", "verdict", ">prefills to fill it")
    note = "Decode steps alone, static. A ratio is void where nobody keeps that many sequences running: see the last column."
    return Table("Each at its own largest batch", heads, tuple(rows), note, tuple(tones))
