"""Horizontal stacked bars, a row a scheme: what a waterfall of time and a stack of memory have in common."""

import textwrap

import pandas as pd

from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below

NOTE = 18  # letters of a line of a note; a bar is as high as two
LABELLED = 0.055  # share of the longest bar from which a part has room for its number


def paper(frame: pd.DataFrame, colours: dict, title: str, width: float, label: str, notes: list[str]):
    """Bars of columns scheme, part and ``amount``; a note stands behind each bar."""
    from matplotlib.patches import Patch

    wide = _wide(frame, colours)
    figure, axis = canvas(width, 0.24 * len(wide) + 1.05 + 0.14 * (len(wide.columns) // 4))
    left, longest = pd.Series(0.0, wide.index), wide.sum(axis=1).max()
    for part in wide:
        axis.barh(
            range(len(wide)), wide[part], left=left, color=colours[part], height=0.72, edgecolor="white", linewidth=0.4
        )
        for row, (start, amount) in enumerate(zip(left, wide[part], strict=True)):
            if amount > LABELLED * longest:
                ink = "white" if palette.dark(colours[part]) else palette.INK
                axis.text(start + amount / 2, row, _number(amount), ha="center", va="center", fontsize=6.5, color=ink)
        left = left + wide[part]
    for row, (end, note) in enumerate(zip(left, notes, strict=True)):
        axis.text(end + 0.01 * longest, row, note, va="center", fontsize=7)
    axis.set_yticks(range(len(wide)), wide.index)
    axis.invert_yaxis()
    axis.set(xlabel=label, xlim=(0, longest * (1.02 + 0.022 * max(map(len, notes)) * 3.35 / width)))
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.set_title(title, loc="left")
    legend_below(figure, [Patch(color=colours[part], label=part) for part in wide])
    return figure


def figure(frame: pd.DataFrame, colours: dict, title: str, label: str, notes: list[str], unit: str):
    """The same bars for a page."""
    wide = _wide(frame, colours)
    traces = [
        {"type": "bar", "orientation": "h", "name": part, "y": list(wide.index), "x": wide[part].to_numpy(),
         "marker": {"color": colours[part]}, "hovertemplate": f"%{{y}}: {part} %{{x:.4g}} {unit}<extra></extra>"}
        for part in wide
    ]  # fmt: skip
    told = [textwrap.wrap(note, NOTE) for note in notes]
    room = 12 + page.LETTER * max(len(line) for lines in told for line in lines)
    made = page.new(traces, title, axes=34 * len(wide) + 8, beside=int(room), barmode="stack", bargap=0.28)
    ends = wide.sum(axis=1)
    for scheme, lines in zip(wide.index, told, strict=True):
        made.add_annotation(x=ends[scheme], y=scheme, text="<br>".join(lines), showarrow=False, xanchor="left", xshift=4,
                            align="left", font={"size": 11})  # fmt: skip
    made.update_xaxes(title=label, range=[0, ends.max()])
    made.update_yaxes(autorange="reversed", showgrid=False)
    return made


def _wide(frame: pd.DataFrame, colours: dict) -> pd.DataFrame:
    wide = frame.pivot(index="scheme", columns="part", values="amount").fillna(0.0)
    order = [part for part in colours if part in wide and wide[part].max() > 0]
    return wide.loc[list(dict.fromkeys(frame["scheme"])), order]


def _number(amount: float) -> str:
    return f"{amount:.2f}" if amount < 10 else f"{amount:.1f}"
