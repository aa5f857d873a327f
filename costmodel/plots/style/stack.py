"""Horizontal stacked bars, one row per scheme: what a waterfall of time and a stack of memory have in common."""

import textwrap

import pandas as pd

from costmodel.plots.style import measure, names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes

NOTE_LETTERS = 18  # in a line of a note on a page; a bar is as high as two
NAME_SHARE, NOTE_SHARE = 0.28, 0.3  # of the width of a paper figure, for a line of a scheme's name and of a note
NOTE_SIZE = 7  # points


def draw_matplotlib(frame: pd.DataFrame, colours: dict, title: str, width: float, label: str, notes: list[str]):
    """A Matplotlib figure of columns scheme, part and amount; ``colours`` orders the parts, a note stands beside each bar.

    A part has its number where it has room for it.
    """
    from matplotlib.patches import Patch

    wide, names_of = _wide(frame, colours), names.scheme_names(frame)
    figure, axis = new_axes(width, 1.0)
    labels = [measure.wrap(figure, names_of[scheme], NAME_SHARE * width, 7.5) for scheme in wide.index]
    notes = [measure.wrap(figure, note, NOTE_SHARE * width, NOTE_SIZE) for note in notes]
    row_height = max(0.24, 0.13 * measure.count_lines([*labels, *notes]))
    figure.set_figheight(row_height * len(wide) + 0.85)
    left, numbers = pd.Series(0.0, wide.index), []
    for part in wide:
        bars = {"color": colours[part], "height": 0.72, "edgecolor": "white", "linewidth": 0.4}
        axis.barh(range(len(wide)), wide[part], left=left, **bars)
        ink = "white" if palette.is_dark(colours[part]) else palette.INK
        for row, (start, amount) in enumerate(zip(left, wide[part], strict=True)):
            text = axis.text(
                start + amount / 2, row, _format_amount(amount), ha="center", va="center", fontsize=6.5, color=ink
            )
            text.set_in_layout(False)
            numbers.append((text, (start, start + amount), (row - 0.36, row + 0.36)))
        left = left + wide[part]
    for row, note in enumerate(notes):
        axis.annotate(note, (1, row), xycoords=axis.get_yaxis_transform(), xytext=(3, 0), textcoords="offset points",
                      va="center", fontsize=NOTE_SIZE, linespacing=1, annotation_clip=False)  # fmt: skip
    axis.set_yticks(range(len(wide)), labels, linespacing=1)
    axis.invert_yaxis()
    axis.set(xlabel=label, xlim=(0, wide.sum(axis=1).max()))
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)

    def keep_what_fits() -> None:
        for text, x, y in numbers:
            if not measure.fits(text, x, y):
                text.remove()

    finish(figure, title, [Patch(color=colours[part], label=part) for part in wide], keep_what_fits)
    return figure


def draw_plotly(frame: pd.DataFrame, colours: dict, title: str, label: str, notes: list[str], unit: str):
    """The same bars as a Plotly figure; ``unit`` is that of the amounts."""
    wide = _wide(frame, colours)
    names_of = names.scheme_names(frame)
    rows = ["<br>".join(textwrap.wrap(names_of[scheme], NOTE_LETTERS)) for scheme in wide.index]
    traces = [
        {"type": "bar", "orientation": "h", "name": part, "y": rows, "x": wide[part].to_numpy(),
         "marker": {"color": colours[part]}, "hovertemplate": f"%{{y}}: {part} %{{x:.4g}} {unit}<extra></extra>"}
        for part in wide
    ]  # fmt: skip
    wrapped = [textwrap.wrap(note, NOTE_LETTERS) for note in notes]
    note_width = 12 + page.LETTER_WIDTH * max(len(line) for lines in wrapped for line in lines)
    ends = wide.sum(axis=1)
    annotations = [
        {"x": ends[scheme], "y": row, "text": "<br>".join(lines), "showarrow": False, "xanchor": "left", "xshift": 4,
         "align": "left", "font": {"size": 11}}
        for scheme, row, lines in zip(wide.index, rows, wrapped, strict=True)
    ]  # fmt: skip
    return page.build_figure(
        traces, title, axes=34 * len(wide) + 8, beside=int(note_width), barmode="stack", bargap=0.28,
        annotations=annotations, xaxis={"title": {"text": label}, "range": [0, ends.max()]},
        yaxis={"autorange": "reversed", "showgrid": False},
    )  # fmt: skip


def _wide(frame: pd.DataFrame, colours: dict) -> pd.DataFrame:
    wide = frame.pivot(index="scheme", columns="part", values="amount").fillna(0.0)
    if colourless := [part for part in wide if part not in colours]:
        raise ValueError(f"parts without a colour would be left out of their bar: {', '.join(colourless)}")
    order = [part for part in colours if part in wide and wide[part].max() > 0]
    return wide.loc[list(dict.fromkeys(frame["scheme"])), order]


def _format_amount(amount: float) -> str:
    return f"{amount:.2f}" if amount < 10 else f"{amount:.1f}"
