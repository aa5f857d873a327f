"""What all figures for paper share: Matplotlib settings, axes over log2 and over decades, panels side by side.

Type 42 keeps letters as letters in a PDF. The typeface is STIX, which comes with Matplotlib and goes well with Times; a style
sheet of the user's own overrides any of it.
"""

from contextlib import contextmanager

import numpy as np

from costmodel.errors import InputError
from costmodel.plots.style import measure, palette, scale
from costmodel.plots.style.fitting import PANEL_TITLE

STYLE = {
    "pdf.fonttype": 42, "ps.fonttype": 42, "svg.hashsalt": "costmodel", "pgf.rcfonts": False, "pgf.texsystem": "pdflatex",
    "font.family": "STIXGeneral", "mathtext.fontset": "stix", "font.size": 8, "axes.titlesize": 8.5,
    "axes.labelsize": 8, "xtick.labelsize": 7.5, "ytick.labelsize": 7.5, "legend.fontsize": 7.5,
    "axes.linewidth": 0.6, "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4, "xtick.major.size": 2.5, "ytick.major.size": 2.5, "lines.linewidth": 1.2,
    "lines.markersize": 4, "axes.edgecolor": palette.INK, "axes.labelcolor": palette.INK, "text.color": palette.INK,
    "xtick.color": palette.INK, "ytick.color": palette.INK, "legend.frameon": False, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": False, "grid.color": palette.GRID, "grid.linewidth": 0.5,
    "axes.axisbelow": True, "hatch.linewidth": 0.4,
}  # fmt: skip
FEW_DECADES = 3  # of an axis that has ticks between decades
LINE_HEIGHT = 0.15  # inches of a line of a panel's title
BESIDE_PANELS = 1.2  # inches that labels and a colour bar take beside all panels
PANEL_WIDTH = 1.5  # inches, at least, for one of several panels
MANY_TICKS = 9  # of an axis; fewer where their labels would meet


@contextmanager
def paper_style(style: str | None = None):
    """A context with the settings of every figure and then those of a Matplotlib style sheet, given as a file or by name.

    Raises InputError where Matplotlib cannot read the style sheet.
    """
    import matplotlib
    from matplotlib import style as style_sheets

    with matplotlib.rc_context(STYLE):
        if style is not None:
            try:
                style_sheets.use(style)
            except (OSError, ValueError, UnicodeDecodeError) as error:
                reason = str(error).splitlines()[0]
                raise InputError(f"--style {style}: not a Matplotlib style sheet: {reason}") from error
        yield


def new_axes(width: float, height: float, rows: int = 1, columns: int = 1, **options):
    """A Matplotlib figure of that many inches, and its axes; ``options`` are those of ``Figure.subplots``."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def set_log2_axis(axis, values, label: str = "", max_ticks: int = MANY_TICKS) -> None:
    """Tick an axis that runs over log2 of ``values`` at powers of two, at most ``max_ticks`` of them, and label it if asked."""
    powers = scale.powers_of_two(values, max_ticks)
    axis.set_ticks(powers, [scale.format_count(2.0**power) for power in powers])
    if label:
        axis.set_label_text(label)


def set_log_axis(axis) -> None:
    """Make an axis logarithmic once its limits stand: labels in steps of 1, 2, 5, or at decades where it spans many."""
    from matplotlib.ticker import LogLocator, NullFormatter

    limits = {"x": axis.axes.get_xlim, "y": axis.axes.get_ylim}[axis.axis_name]
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    low, high = limits()
    decades = np.log10(high / low)
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades <= FEW_DECADES else (1,), numticks=99))
    axis.set_major_formatter(lambda value, _: format_tick(value))
    axis.set_minor_formatter(NullFormatter())


def format_tick(value: float) -> str:
    """A number of an axis in full, a power of ten where that would be long."""
    return f"{value:,.12g}" if 1e-4 <= value < 1e5 else f"$10^{{{np.log10(value):.3g}}}$"


def add_panels(width: float, aspect: float, titles: list[str], x_label: str, y_label: str):
    """A figure and its panels, one for each title; ``aspect`` is height over width of the room of one.

    All panels share their axes and one label for each; ticks are labelled on the left, and under the lowest panel of a column.
    """
    from matplotlib import rcParams

    columns = min(len(titles), max(1, int(width / PANEL_WIDTH)))
    rows = -(-len(titles) // columns)
    figure, axes = new_axes(width, 1.0, rows, columns, squeeze=False, sharex=True, sharey=True)
    room, size = (width - BESIDE_PANELS) / columns, rcParams["axes.titlesize"]
    titles = [measure.wrap(figure, title, room, size) for title in titles]
    lines = sum(measure.count_lines(titles[start : start + columns]) - 1 for start in range(0, len(titles), columns))
    figure.set_figheight(rows * aspect * width / columns + 0.5 + LINE_HEIGHT * lines)
    panels = axes.ravel()
    for axis in panels[len(titles) :]:
        axis.remove()
    for index, (axis, title) in enumerate(zip(panels, titles, strict=False)):
        axis.set_title(title, loc="left", gid=PANEL_TITLE)
        is_lowest = index + columns >= len(titles)
        axis.tick_params(labelbottom=is_lowest)
        axis.set_xlabel(x_label if is_lowest else "")
    figure.supylabel(y_label, fontsize=rcParams["axes.labelsize"])
    return figure, list(panels[: len(titles)])
