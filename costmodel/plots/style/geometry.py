"""What of a drawn Matplotlib figure lies outside its canvas or on something else, by the renderer's own boxes.

Text, legends, axes, colour bars and single marks are judged. Inside axes, text may lie on bands and cells, on lines and
hatching only with an opaque box behind it, on bars only within one of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from costmodel.plots.style import measure
from costmodel.plots.style.crowding import ALONE

TOLERANCE = 1.0  # pixels at 100 to the inch
MOST_HIDDEN = 0.6  # of the square around a mark that another may cover
MIN_OPACITY = 0.8  # of a box that hides what lies behind it


@dataclass(frozen=True, eq=False)
class Piece:
    """Something that must stand free: its description, its box, its axes, and the text if it is text inside axes."""

    name: str
    box: object
    axes: object = None
    inside: object = None


def find_faults(figure) -> list[str]:
    """One sentence for everything in a figure that is cut off, or that lies on something else; none where it is fit to print."""
    figure.draw_without_rendering()
    texts = [piece for piece in _texts(figure) if piece.box.width > 0 and piece.box.height > 0]
    frames = [Piece("axes", axes.get_window_extent(), axes) for axes in figure.axes if axes.get_visible()]
    legends = [Piece("legend", legend.get_window_extent()) for legend in figure.legends]
    canvas = figure.bbox.padded(TOLERANCE)
    faults = [f"{piece.name} is cut off" for piece in (*texts, *frames, *legends) if not _is_within(piece.box, canvas)]
    pairs = [*combinations(texts, 2), *combinations(frames, 2)]
    pairs += [(legend, frame) for legend in legends for frame in frames]
    pairs += [(text, frame) for text in texts for frame in frames if not (text.inside and text.axes is frame.axes)]
    pairs += [(legend, text) for legend in legends for text in texts if not text.name.startswith("entry")]
    faults += [f"mark {under} is hidden by mark {over}" for axes in figure.axes for under, over in _hidden_marks(axes)]
    faults += [f"{first.name} lies on {second.name}" for first, second in pairs if _meet(first.box, second.box)]
    return faults + [fault for text in texts if text.inside for fault in _faults_inside(text)]


def _texts(figure) -> Iterator[Piece]:
    from matplotlib.text import Text

    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            for minor in (False, True):
                for _, label in measure.shown_ticks(axis, minor):
                    yield _piece("tick", label, axes)
            if axis.get_visible() and axes.axison:
                yield from (_piece("label", text, axes) for text in (axis.label, axis.get_offset_text()))
        for text in axes.texts:
            yield _piece("text", text, axes, text)
        titles = [child for child in axes.get_children() if isinstance(child, Text) and child not in axes.texts]
        yield from (_piece("title", text, axes) for text in titles)
    for legend in [*figure.legends, *(legend for axes in figure.axes if (legend := axes.get_legend()))]:
        yield from (_piece("entry", text) for text in legend.get_texts())
    yield from (_piece("title", text) for text in figure.texts)


def _hidden_marks(axes) -> Iterator[tuple[str, str]]:
    """Pairs of marks that stand alone of which the later drawn leaves too little of the earlier, by their places in data."""
    from matplotlib.transforms import Bbox

    marks = []
    for line in axes.lines:
        if line.get_visible() and line.get_gid() == ALONE:
            (x, y), side = axes.transData.transform(line.get_xydata()[0]), axes.figure.dpi / 72 * line.get_markersize()
            place = f"at {line.get_xdata()[0]:.3g}, {line.get_ydata()[0]:.3g}"
            marks.append((place, Bbox.from_bounds(x - side / 2, y - side / 2, side, side)))
    for (under, below), (over, above) in combinations(marks, 2):
        common = Bbox.intersection(below, above)
        if common is not None and common.width * common.height > MOST_HIDDEN * below.width * below.height:
            yield under, over


def _piece(kind: str, text, axes=None, inside=None) -> Piece:
    content = text.get_text() if text.get_visible() else ""
    box = text.get_window_extent()
    return Piece(f"{kind} {content!r}", box if content.strip() else box.from_bounds(0, 0, 0, 0), axes, inside)


def _faults_inside(piece: Piece) -> Iterator[str]:
    """What text inside axes crosses: their edge, lines and hatching, ends of bars."""
    frame = piece.axes.get_window_extent()
    if not _meet(piece.box, frame):
        return
    if not _is_within(piece.box, frame.padded(TOLERANCE)):
        yield f"{piece.name} crosses the edge of its axes"
    if not _is_backed(piece.inside) and any(_crosses(path, piece.box) for path in _line_paths(piece.axes)):
        yield f"{piece.name} lies on a line"
    for bar in piece.axes.patches:
        box = bar.get_window_extent()
        if _meet(piece.box, box) and not _is_within(piece.box, box.padded(TOLERANCE)):
            yield f"{piece.name} crosses the end of a bar"


def _is_backed(text) -> bool:
    patch = text.get_bbox_patch()
    return patch is not None and patch.get_facecolor()[3] >= MIN_OPACITY


def _line_paths(axes) -> Iterator:
    """The paths, in pixels, of what is drawn as lines: lines, contours, hatching."""
    from matplotlib.collections import LineCollection
    from matplotlib.contour import ContourSet

    for line in axes.lines:
        if line.get_visible() and line.get_linestyle() not in ("None", "", " "):
            yield line.get_transform().transform_path(line.get_path())
    for collection in axes.collections:
        if isinstance(collection, (LineCollection, ContourSet)) and collection.get_visible():
            yield from map(collection.get_transform().transform_path, collection.get_paths())


def _crosses(path, box) -> bool:
    clean = path.cleaned(remove_nans=True)
    return len(clean.vertices) > 1 and bool(clean.intersects_bbox(_shrunk(box), filled=False))


def _meet(first, second) -> bool:
    return bool(_shrunk(first).overlaps(_shrunk(second)))


def _shrunk(box):
    return box.padded(-min(TOLERANCE / 2, box.width / 3, box.height / 3))


def _is_within(inner, outer) -> bool:
    return bool(np.all(outer.min <= inner.min) and np.all(inner.max <= outer.max))
