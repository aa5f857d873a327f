"""Horizontal stacked bars, one row per scheme: what a waterfall of time and a stack of memory have in common."""

import textwrap

import pandas as pd

from costmodel.plots.style import page, palette
from costmodel.plots.style.paper import add_legend_below, add_title, new_axes

NOTE_LETTERS = 18  # in a line of a note; a bar is as high as two
MIN_LABELLED_FRACTION = 0.055  # of the longest bar: from there a part has room for its number


def draw_matplotlib(frame: pd.DataFrame, colours: dict, title: str, width: float, label: str, notes: list[str]):
    """A Matplotlib figure of columns scheme, part and amount; ``colours`` orders the parts, a note stands behind each bar."""
    from matplotlib.patches import Patch

    wide = _wide(frame, colours)
    figure, axis = new_axes(width, 0.24 * len(wide) + 1.05 + 0.14 * (len(wide.columns) // 4))
    left, longest = pd.Series(0.0, wide.index), wide.sum(axis=1).max()
    for part in wide:
        axis.barh(
            range(len(wide)), wide[part], left=left, color=colours[part], height=0.72, edgecolor="white", linewidth=0.4
        )
        for row, (start, amount) in enumerate(zip(left, wide[part], strict=True)):
            if amount > MIN_LABELLED_FRACTION * longest:
                ink = "white" if palette.is_dark(colours[part]) else palette.INK
                axis.text(
                    start + amount / 2, row, _format_amount(amount), ha="center", va="center", fontsize=6.5, color=ink
                )
        left = left + wide[part]
    for row, (end, note) in enumerate(zip(left, notes, strict=True)):
        axis.text(end + 0.01 * longest, row, note, va="center", fontsize=7)
    axis.set_yticks(range(len(wide)), wide.index)
    axis.invert_yaxis()
    axis.set(xlabel=label, xlim=(0, longest * (1.02 + 0.022 * max(map(len, notes)) * 3.35 / width)))
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    add_title(figure, title)
    add_legend_below(figure, [Patch(color=colours[part], label=part) for part in wide])
    return figure


def draw_plotly(frame: pd.DataFrame, colours: dict, title: str, label: str, notes: list[str], unit: str):
    """The same bars as a Plotly figure; ``unit`` is that of the amounts."""
    wide = _wide(frame, colours)
    traces = [
        {"type": "bar", "orientation": "h", "name": part, "y": list(wide.index), "x": wide[part].to_numpy(),
         "marker": {"color": colours[part]}, "hovertemplate": f"%{{y}}: {part} %{{x:.4g}} {unit}<extra></extra>"}
        for part in wide
    ]  # fmt: skip
    wrapped = [textwrap.wrap(note, NOTE_LETTERS) for note in notes]
    note_width = 12 + page.LETTER_WIDTH * max(len(line) for lines in wrapped for line in lines)
    figure = page.build_figure(
        traces, title, axes=34 * len(wide) + 8, beside=int(note_width), barmode="stack", bargap=0.28
    )
    ends = wide.sum(axis=1)
    for scheme, lines in zip(wide.index, wrapped, strict=True):
        figure.add_annotation(x=ends[scheme], y=scheme, text="<br>".join(lines), showarrow=False, xanchor="left", xshift=4,
                            align="left", font={"size": 11})  # fmt: skip
    figure.update_xaxes(title=label, range=[0, ends.max()])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def _wide(frame: pd.DataFrame, colours: dict) -> pd.DataFrame:
    wide = frame.pivot(index="scheme", columns="part", values="amount").fillna(0.0)
    if colourless := [part for part in wide if part not in colours]:
        raise ValueError(f"parts without a colour would be left out of their bar: {', '.join(colourless)}")
    order = [part for part in colours if part in wide and wide[part].max() > 0]
    return wide.loc[list(dict.fromkeys(frame["scheme"])), order]


def _format_amount(amount: float) -> str:
    return f"{amount:.2f}" if amount < 10 else f"{amount:.1f}"
