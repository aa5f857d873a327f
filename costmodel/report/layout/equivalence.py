"""Equivalence as a page."""

from costmodel.report.blocks import BAD, OPEN, PLAIN, Block, Paragraph, Table
from costmodel.report.sections.equivalence import EquivalenceRead


def lay_out(equivalence: EquivalenceRead) -> list[Block]:
    """The verdict and the first rivals."""
    tone = BAD if equivalence.is_matched else OPEN
    return [Paragraph(f"In bytes and time, {equivalence.verdict}.", tone), _rivals(equivalence)]


def _rivals(equivalence: EquivalenceRead) -> Table:
    rows = tuple(
        (one.setting, f"{one.reached} of {equivalence.cells}", f"{one.sure}", _span(one.memory), _span(one.step), one.evidence,
         one.quality, "yes" if one.counts else "no", one.condition or "–")
        for one in equivalence.rivals
    )  # fmt: skip
    heads = (
        "rival", ">reached", ">sure", ">memory", ">step", "evidence", "quality lost", "counts", "needs",
    )  # fmt: skip
    note = (
        "Memory, step: the rival's over the proposal's, least to most over the region. Reached: cells in which both are at most "
        "1.02; sure: those in which the slow end of its step is within the fast end of the proposal's. A rival counts where it "
        f"loses nothing, stores the same code, or somebody measured a loss of at most {equivalence.max_loss:.0%}: one that "
        "nobody measured compares with nothing."
    )
    tones = tuple(PLAIN if one.counts else OPEN for one in equivalence.rivals)
    return Table("Rivals, the one that reaches most first", heads, rows, note, tones)


def _span(ends: tuple[float, float]) -> str:
    low, high = (f"{end:.2f}" for end in ends)
    return low if low == high else f"{low} to {high}"
