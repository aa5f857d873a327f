"""Novelty as a page."""

from costmodel.report.blocks import BAD, OPEN, Block, Paragraph, Table
from costmodel.report.layout.numbers import words
from costmodel.report.sections.novelty import Novelty


def lay_out(novelty: Novelty) -> list[Block]:
    """The verdict, where each coordinate comes from, and the nearest neighbours."""
    tone = BAD if novelty.identical_to else OPEN
    blocks: list[Block] = [Paragraph(f"{novelty.verdict[0].upper()}{novelty.verdict[1:]}.", tone)]
    if not novelty.identical_to:
        blocks.append(_origins(novelty))
    return [*blocks, _nearest(novelty)]


def _origins(novelty: Novelty) -> Table:
    rows = [(one.scheme, words(one.coordinates), ", ".join(one.others) or "–") for one in novelty.origins]
    new = words(novelty.new_coordinates)
    note = "The fewest known schemes that together have what sets the proposal apart from an uncompressed cache, up to a number."
    heads = ("known scheme", "has its", "so have, or most of it")
    tones = ("",) * len(rows) + (OPEN,)
    return Table("Where it comes from", heads, (*rows, ("nobody", new, "–")), note, tones)


def _nearest(novelty: Novelty) -> Table:
    rows = tuple(
        (n.scheme, f"{n.distance:.2f}", words(n.in_class), words(n.in_parameter), words(n.unstated))
        for n in novelty.nearest
    )
    note = (
        "Distance: over all coordinates (values of slots at 24 contexts of two models, properties of the life cycle), each from "
        "0 to 1. Every known scheme stands at the knobs that bring it nearest. What no slot expresses, such as how a score is "
        "learnt, is not compared."
    )
    heads = ("known scheme, nearest setting", ">distance", "differs in class", "in a number", "left open")
    return Table("Nearest known schemes", heads, rows, note)
