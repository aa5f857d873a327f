"""The last step of every figure for paper: title and legend, then all text made to fit, by its measured size.

The figure keeps its width. It grows by what a title and a long legend take, so that axes keep their height.
"""

import functools
from collections.abc import Callable, Iterable

from costmodel.plots.style import measure

PANEL_TITLE = "panel title"  # the group of titles that are wrapped to their axes
NUMBER = "{x:,.10g}"  # of a linear axis, in full
LINE_HEIGHT = 0.13  # inches of a line of a label
MARGIN = 0.04  # inches between text and the edge of the figure
HANDLE_WIDTH = 0.36  # inches of a legend's entry beside its text
MAX_PASSES = 3  # over the labels of a figure
MAX_COLUMNS = 6  # of a legend
SAME_HEIGHT = 0.02  # inches by which one arrangement of a legend must be lower than another to count
LEGEND_HEIGHT = 0.36  # inches of a legend that the height of a figure allows for: two rows


def finish(figure, title: str = "", handles: Iterable = (), place_texts: Callable[[], None] = lambda: None) -> None:
    """Add a title and a legend, write numbers in full, break long labels, and label as many ticks as have room.

    ``place_texts`` is called once axes have their size: it moves or removes what stands inside them.
    """
    from matplotlib.ticker import ScalarFormatter

    add_title(figure, title)
    add_legend_below(figure, list(handles))
    for axis in _axes_of(figure):
        if type(axis.get_major_formatter()) is ScalarFormatter:
            axis.set_major_formatter(NUMBER)
    lay_out = functools.partial(figure.get_layout_engine().execute, figure)
    lay_out()
    for _ in range(MAX_PASSES):  # a label in more lines leaves the axes smaller, and the next label less room
        if not _wrap_labels(figure):
            break
        lay_out()
    if sum(measure.thin_ticks(axis) for axis in _axes_of(figure)):
        lay_out()
    place_texts()


def _axes_of(figure) -> list:
    return [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]


def add_title(figure, title: str) -> None:
    """Add a title above the figure, from its left edge, in as many lines as it needs; the figure grows by them."""
    if not title:
        return
    import matplotlib

    size = matplotlib.rcParams["axes.titlesize"]
    wrapped = measure.wrap(figure, title, figure.get_figwidth() - 2 * MARGIN, size)
    text = figure.suptitle(wrapped, x=MARGIN / figure.get_figwidth(), ha="left", fontsize=size, fontweight="normal")
    _grow(figure, text.get_window_extent().height / figure.dpi)


def add_legend_below(figure, handles: list) -> None:
    """Add a legend under the axes, each entry once, in as many columns as make it lowest; long entries take several lines."""
    handles = _distinct(handles)
    room, best = figure.get_figwidth() - 2 * MARGIN, None
    for columns in range(1, min(len(handles), MAX_COLUMNS) + 1):
        for entry_width in (room - HANDLE_WIDTH, room / columns - HANDLE_WIDTH):
            legend = _add_legend(figure, handles, columns, entry_width)
            width, height = legend.get_window_extent().size / figure.dpi
            legend.remove()
            if (width <= room or columns == 1) and (best is None or height < best[0] - SAME_HEIGHT):
                best = height, columns, entry_width
    if best:
        height, *arrangement = best
        _add_legend(figure, handles, *arrangement)
        _grow(figure, height - LEGEND_HEIGHT)


def _add_legend(figure, handles: list, columns: int, entry_width: float):
    """A legend of so many columns whose entries are broken into lines of at most that many inches."""
    from matplotlib import rcParams

    labels = [measure.wrap(figure, handle.get_label(), entry_width, rcParams["legend.fontsize"]) for handle in handles]
    return figure.legend(handles, labels, loc="outside lower center", ncols=columns, handlelength=1.6, columnspacing=1.2,
                         handletextpad=0.5, borderpad=0.2)  # fmt: skip


def _distinct(handles: list) -> list:
    """The handles without those that show the same label with the same look again."""
    looks = {}
    for handle in handles:
        parts = (handle.get_label(), *(str(getattr(handle, name, lambda: "")()) for name in LOOKS))
        looks.setdefault(parts, handle)
    return list(looks.values())


LOOKS = ("get_color", "get_facecolor", "get_linestyle", "get_marker", "get_fillstyle")


def _wrap_labels(figure) -> bool:
    """Break the labels of axes that are longer than these, and titles of panels that are wider; whether any changed.

    The figure grows by the lines below its axes.
    """
    from matplotlib.text import Text

    changed, below = False, 0
    for axes in figure.axes:
        box = axes.get_window_extent()
        width, height = box.width / figure.dpi, box.height / figure.dpi
        titles = [child for child in axes.get_children() if isinstance(child, Text) and child.get_gid() == PANEL_TITLE]
        for text, room in (
            (axes.xaxis.label, width),
            (axes.yaxis.label, height),
            *((title, width) for title in titles),
        ):
            before = text.get_text()
            text.set_text(measure.wrap(figure, before, room, text.get_fontsize()))
            changed |= text.get_text() != before
            if text is axes.xaxis.label:
                below = max(below, text.get_text().count("\n") - before.count("\n"))
    _grow(figure, below * LINE_HEIGHT)
    return changed


def _grow(figure, inches: float) -> None:
    figure.set_figheight(figure.get_figheight() + max(inches, 0.0))
