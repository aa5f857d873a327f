"""Text of a Matplotlib figure measured by its renderer: how wide it is, where its lines break, which ticks have room.

All lengths are in inches, all boxes in pixels of the figure.
"""

import re
from collections.abc import Callable, Iterator

import numpy as np

WORD, PART = re.compile(r"[^ ]* |[^ ]+"), re.compile(r"[^-+/_,:]*[-+/_,: ]|[^-+/_,:]+")
MIN_GAP = 2.0  # pixels between the labels of two ticks
EDGE = 1e-9  # of an axis, within which a tick at its end counts


def text_width(figure, text: str, size: float | str) -> float:
    """The width of one line of text of a font size."""
    from matplotlib.text import Text

    return Text(0, 0, text, fontsize=size, figure=figure).get_window_extent().width / figure.dpi


def wrap(figure, text: str, width: float, size: float | str) -> str:
    """The text in lines of at most that width: broken between words, inside a word at its marks, or else anywhere."""

    def has_room(line: str) -> bool:
        return text_width(figure, line, size) <= width

    flat = text.replace("\n", " ")
    if has_room(flat):
        return flat
    lines = [""]
    for piece in _pieces(WORD.findall(flat), has_room):
        if has_room((lines[-1] + piece).rstrip(" ")) or not lines[-1]:
            lines[-1] += piece
        else:
            lines.append(piece)
    return "\n".join(line.rstrip(" ") for line in lines)


def _pieces(words: list[str], has_room: Callable[[str], bool]) -> Iterator[str]:
    """What may stand at the end of a line: words with their spaces, and parts of a word that is wider than a line."""
    for word in words:
        parts = [word] if has_room(word.rstrip(" ")) else PART.findall(word)
        for part in parts:
            yield from [part] if has_room(part.rstrip(" ")) else part


def count_lines(texts) -> int:
    """The most lines that any of the texts has."""
    return max((text.count("\n") + 1 for text in texts), default=1)


def shown_ticks(axis, minor: bool = False) -> Iterator[tuple[float, object]]:
    """Where every labelled tick of an axis stands, and its label, of those that are drawn."""
    low, high = sorted(axis.get_view_interval())
    slack = EDGE * (high - low)
    if not axis.get_visible() or not axis.axes.axison:
        return
    for tick in axis.get_minor_ticks() if minor else axis.get_major_ticks():
        label = tick.label1
        if label.get_visible() and label.get_text() and low - slack <= tick.get_loc() <= high + slack:
            yield tick.get_loc(), label


def thin_ticks(axis) -> bool:
    """Label so few ticks that no label meets the next: every second one, counted from the one nearest to 0, or every fourth.

    Returns whether any had to go.
    """
    ticks = [(place, label.get_text(), label.get_window_extent()) for place, label in shown_ticks(axis)]
    kept = ticks
    while any(_meet(first[2], second[2]) for first, second in zip(kept, kept[1:], strict=False)):
        nearest = min(range(len(kept)), key=lambda index: abs(kept[index][0]))
        kept = kept[nearest % 2 :: 2]
    if len(kept) < len(ticks):
        axis.set_ticks([place for place, _, _ in kept], labels=[text for _, text, _ in kept])
    return len(kept) < len(ticks)


def _meet(first, second) -> bool:
    return first.padded(MIN_GAP / 2).overlaps(second.padded(MIN_GAP / 2))


def fits(text, x: tuple[float, float], y: tuple[float, float]) -> bool:
    """Whether a text of some axes fits into a box that lies between ``x`` and ``y`` in the coordinates of their data."""
    (left, bottom), (right, top) = text.axes.transData.transform(np.column_stack([x, y]))
    extent = text.get_window_extent()
    return extent.width <= abs(right - left) and extent.height <= abs(top - bottom)


def move_to_room(texts: list[tuple[object, list[tuple[float, float]]]]) -> list:
    """Put each text of some axes at the first of its places where it lies inside them and on no earlier one; the rest goes.

    Returns the texts that stay.
    """
    taken, kept = [], []
    for text, places in texts:
        for place in places:
            text.set_position(place)
            extent = text.get_window_extent().padded(MIN_GAP)
            if _contains(text.axes.get_window_extent(), extent) and not any(map(extent.overlaps, taken)):
                taken.append(extent)
                kept.append(text)
                break
        else:
            text.remove()
    return kept


def _contains(outer, inner) -> bool:
    return bool(np.all(outer.min <= inner.min) and np.all(inner.max <= outer.max))
