"""What a page consists of: paragraphs, lists, tables, two kinds of figure. Writers render these and nothing else.

Text is plain; ``tone`` says how a line or a cell is meant: good, bad, open (undecided), or nothing.
"""

from dataclasses import dataclass, field

GOOD, BAD, OPEN, PLAIN = "good", "bad", "open", ""


@dataclass(frozen=True)
class Paragraph:
    """One paragraph."""

    text: str
    tone: str = PLAIN


@dataclass(frozen=True)
class Bullets:
    """A list of lines, each with a tone; numbered where their order says something."""

    items: tuple[tuple[str, str], ...]
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under heads; a head that starts with ``>`` is of a column of numbers. ``tones`` is one tone a row."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    tones: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeatMap:
    """A map of cells: rows × columns, each a number of log2 (0 is a tie; NaN is blank), a short text and a mark over it.

    ``hatched`` cells are those that nobody measured.
    """

    title: str
    row_label: str
    column_label: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    levels: tuple[tuple[float, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    hatched: tuple[tuple[bool, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar: its value with the ends of its interval (NaN for none), and the tone of its colour."""

    label: str
    value: float
    low: float
    high: float
    text: str
    tone: str = PLAIN


@dataclass(frozen=True)
class Bars:
    """Bars with a line at ``reference``: of factors from that line over a logarithmic axis, of amounts from 0."""

    title: str
    unit: str
    bars: tuple[Bar, ...]
    reference: float = 1.0
    reference_label: str = ""
    note: str = ""
    are_factors: bool = False


Block = Paragraph | Bullets | Table | HeatMap | Bars


@dataclass(frozen=True)
class Page:
    """One chapter: its key, its title, and its blocks."""

    key: str
    title: str
    blocks: tuple[Block, ...] = field(default=())
