"""What all figures for paper share: the sheet of settings, axes over log2 or log10, a legend below, text for LaTeX.

Type 42 keeps letters as letters in a PDF. The face is STIX, which Matplotlib brings and which sits well beside Times; a
style sheet of the caller's own overrules any of it.
"""

from contextlib import contextmanager

import numpy as np

from costmodel.errors import InputError
from costmodel.plots import palette

SHEET = {
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
GREEK = {"µ": r"$\mu$", "×": r"$\times$", "≤": r"$\le$", "≥": r"$\ge$", "–": "--", "−": "$-$", "∞": r"$\infty$"}


@contextmanager
def sheet(style: str | None = None):
    """Settings of every figure, then those of a Matplotlib style sheet (a file or a name that Matplotlib knows)."""
    import matplotlib
    from matplotlib import style as sheets

    with matplotlib.rc_context(SHEET):
        if style is not None:
            try:
                sheets.use(style)
            except (OSError, ValueError, UnicodeDecodeError) as error:
                reason = str(error).splitlines()[0]
                raise InputError(f"--style {style}: no Matplotlib style sheet: {reason}") from error
        yield


def canvas(width: float, height: float, rows: int = 1, columns: int = 1, **more):
    """A figure of that many inches and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **more)


def log2_axis(axis, values, label: str, words, most: int = 9) -> None:
    """Ticks of an axis that runs over log2, at powers of two, as many as have room."""
    low, high = np.floor(np.log2(np.min(values)) + 1e-9), np.ceil(np.log2(np.max(values)) - 1e-9)
    powers = np.arange(low, high + 1)
    powers = powers[:: max(1, int(np.ceil(len(powers) / most)))]
    axis.set_ticks(powers, [words(2.0**p) for p in powers])
    axis.set_label_text(label)


def legend_below(figure, handles, columns: int = 0) -> None:
    """A legend under the axes, as wide as the figure has room."""
    most = columns or max(2, int(figure.get_figwidth() / 1.1))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), most), handlelength=1.6,
                  columnspacing=1.2, handletextpad=0.5)  # fmt: skip


def for_latex(text: str) -> str:
    """Text whose special characters LaTeX takes as they stand; what is between dollars is left alone."""
    pieces = text.split("$")
    for place in range(0, len(pieces), 2):
        for mark in "&%#_{}":
            pieces[place] = pieces[place].replace(mark, f"\\{mark}")
        for mark, command in GREEK.items():
            pieces[place] = pieces[place].replace(mark, command)
    return "$".join(pieces)
