"""The measurements as a page."""

from costmodel.report.blocks import Block, Paragraph, Table
from costmodel.report.layout.numbers import times
from costmodel.report.sections.measurements import Measurements


def lay_out(measurements: Measurements) -> list[Block]:
    """One row a measurement, the most decisive first."""
    rows = tuple(
        (f"{rank}", m.what, m.where, f"{m.decides:.0%}", times(m.narrows) if m.narrows > 1.005 else "–", m.why)
        for rank, m in enumerate(measurements.ranked, 1)
    )
    heads = (">", "measure", "where", ">decides", ">narrows", "why")
    note = (
        "Decides: the share of the map's cells whose verdict the measurement can turn. Narrows: the factor by which the 90 % "
        "interval there would shrink (high over low). A handful of step times enters every prediction: costmodel calibrate steps."
    )
    lead = (
        "Each of these would narrow or turn the verdict; the first ones are worth more than another page of argument."
    )
    return [Paragraph(lead), Table("", heads, rows, note)]
