"""The summary as a page: findings first, then how to read them."""

from costmodel.report.blocks import Block, Bullets, Paragraph
from costmodel.report.sections.summary import Summary

READING = (
    "A speed is told with its evidence (measured, relative, published, compiled, ideal, assumed). Wins and loses need a kernel "
    "that somebody measured; needs kernel means that an ideal one wins and nobody has measured one, so that the kernel budget "
    "says how fast it must be. Intervals are of 90 %."
)


def lay_out(summary: Summary) -> list[Block]:
    """Every finding as one line."""
    lines = tuple((f"{f.about[0].upper()}{f.about[1:]}: {f.text}.", f.tone) for f in summary.findings)
    return [Bullets(lines), Paragraph(READING)]
