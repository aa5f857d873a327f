"""The twist as a page."""

import math

from costmodel.report.blocks import OPEN, Block, Paragraph, Table
from costmodel.report.layout.numbers import times, tokens, with_span
from costmodel.report.sections.twist import PointGain, Twist


def lay_out(twist: Twist) -> list[Block]:
    """Moves by gain, each with its ratio before and after at every point; then what an ideal kernel would give."""
    points = "; ".join(f"{p.name}: batch {p.batch:,.0f}, {tokens(p.context)} tokens" for p in twist.points)
    lead = (
        f"Each move changes the sentence a little and is evaluated as any other scheme. Points: {points}; capacity at "
        f"{tokens(twist.capacity_context)} tokens. Gain: geometric mean over them. A move that stores or reads less may lose "
        "answers: quality is not in these numbers."
    )
    heads = ("move", "what changes", ">gain", ">bytes", *(g.point for g in twist.ideal), "after it")
    rows = [
        (m.name, m.change, times(m.gain), f"{m.bytes_ratio - 1:+.0%}", *map(_change, m.points), _verdicts(m.points))
        for m in twist.moves
    ]
    rows.append(("the bound", "the sentence as it is, with an ideal kernel", times(twist.ideal_gain), "+0%",
                 *map(_change, twist.ideal), _verdicts(twist.ideal)))  # fmt: skip
    tones = tuple("" for _ in twist.moves) + (OPEN,)
    note = "Ratio to the baseline before → after, and the 90 % ends after the move."
    blocks: list[Block] = [Paragraph(lead), Table("Moves, the most promising first", heads, tuple(rows), note, tones)]
    if twist.useless:
        blocks.append(Paragraph(f"Tried, and no gain of 1 %: {'; '.join(twist.useless)}."))
    return blocks


def _change(gain: PointGain) -> str:
    if math.isnan(gain.before):
        return "16 bit does not fit"
    return f"{times(gain.before).removesuffix(' ×')} → {with_span(gain.after, gain.low, gain.high)}"


def _verdicts(points: tuple[PointGain, ...]) -> str:
    return ", ".join(dict.fromkeys(f"{p.verdict} ({p.evidence})" for p in points if not math.isnan(p.after)))
