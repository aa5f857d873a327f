"""What all figures for paper share: Matplotlib settings, axes over log2, a legend below, text for LaTeX.

Type 42 keeps letters as letters in a PDF. The typeface is STIX, which comes with Matplotlib and goes well with Times; a style
sheet of the user's own overrides any of it.
"""

import textwrap
from contextlib import contextmanager

from costmodel.errors import InputError
from costmodel.plots.style import palette, scale

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
TITLE_LETTERS = 16  # per inch
LINE_HEIGHT = 0.15  # inches of a line of text
LATEX_SYMBOLS = {"µ": r"$\mu$", "×": r"$\times$", "≤": r"$\le$", "≥": r"$\ge$", "–": "--", "−": "$-$", "∞": r"$\infty$"}


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


def set_log2_axis(axis, values, label: str, max_ticks: int = 9) -> None:
    """Label an axis that runs over log2 of ``values``, with at most ``max_ticks`` ticks at powers of two."""
    powers = scale.powers_of_two(values, max_ticks)
    axis.set_ticks(powers, [scale.format_count(2.0**power) for power in powers])
    axis.set_label_text(label)


def set_log_axis(axis) -> None:
    """Make a vertical axis logarithmic, labelled in steps of 1, 2, 5."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.axes.set_yscale("log")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())


def set_y_label(axis, label: str) -> None:
    """Label the vertical axis, in as many lines as the height of its figure needs."""
    axis.set_ylabel(textwrap.fill(label, int(0.75 * TITLE_LETTERS * axis.figure.get_figheight())))


def add_title(figure, title: str) -> None:
    """Add a title above the figure, from its left edge; the figure grows by the lines beyond the first."""
    lines = textwrap.wrap(title, int(TITLE_LETTERS * figure.get_figwidth()))
    _grow(figure, len(lines) - 1)
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=8.5)


def add_legend_below(figure, handles, columns: int = 0) -> None:
    """Add a legend under the axes, with ``columns`` columns or as many as the figure has room for.

    The figure grows by the rows beyond the second.
    """
    max_columns = columns or max(2, int(figure.get_figwidth() / 1.1))
    _grow(figure, -(-len(handles) // max_columns) - 2)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), max_columns), handlelength=1.6,
                  columnspacing=1.2, handletextpad=0.5)  # fmt: skip


def _grow(figure, lines: int) -> None:
    figure.set_figheight(figure.get_figheight() + LINE_HEIGHT * max(lines, 0))


def escape_latex(text: str) -> str:
    """The text with LaTeX's special characters escaped; what stands between dollars is left alone."""
    pieces = text.split("$")
    for index in range(0, len(pieces), 2):
        for mark in "&%#_{}":
            pieces[index] = pieces[index].replace(mark, f"\\{mark}")
        for mark, command in LATEX_SYMBOLS.items():
            pieces[index] = pieces[index].replace(mark, command)
    return "$".join(pieces)
