"""Predicted against measured time of what no fit saw, and their ratio: what a profile misses, and where.

Left the two times, both logarithmic, right how far off; a law that is right stands on the line.
"""

import numpy as np
import pandas as pd

from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below

COLOURS = ("#0072b2", "#d55e00", "#117733", "#aa4499", "#e69f00", "#56b4e9")
UNITS = {"us": "µs", "ms": "ms"}
LIMITS = (1 / 3, 3.0)  # of the ratio as drawn; the table has all of it
CAPTION = "Predicted against measured time of kernel calls outside the fits, and their ratio; dashed: 10 per cent off."
OWN = "Predicted against measured time of each row, and their ratio; dashed: 10 per cent off."


def table(rows: pd.DataFrame, unit: str = "us") -> pd.DataFrame:
    """One row a call: what it is, measured and predicted time in a unit of ``UNITS``, their ratio; the rest passes through."""
    first = ["what", f"measured_{unit}", f"predicted_{unit}", "ratio"]
    found = rows.assign(ratio=rows[first[2]] / rows[first[1]])
    return found[[*first, *(name for name in found if name not in first)]]


def own(rows: pd.DataFrame) -> pd.DataFrame:
    """The table of rows of one's own: ``what``, ``measured``, ``predicted``, ``lo`` and ``hi`` in their ``unit``."""
    unit = rows["unit"].iloc[0]
    names = {"measured": f"measured_{unit}", "predicted": f"predicted_{unit}"}
    names |= {end: f"predicted_{unit}_{end}" for end in ("lo", "hi")}
    bare = rows.drop(columns=[name for name in rows if name in (*names.values(), "error", "unit")])
    return table(bare.rename(columns=names), unit)


def unit(frame: pd.DataFrame) -> str:
    """The unit of a table's times."""
    return frame.columns[1].rpartition("_")[2]


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return OWN if f"predicted_{unit(frame)}_lo" in frame else CAPTION


def errors(frame: pd.DataFrame) -> dict[str, str]:
    """What each kind of call is called, with its number and median error."""
    told = {}
    for what, part in frame.groupby("what", sort=False):
        told[what] = f"{what} (n {len(part):,}, median {100 * (part['ratio'] - 1).abs().median():.1f} %)"
    return told


def paper(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table."""
    from matplotlib.lines import Line2D

    figure, (both, off) = canvas(width, max(0.46 * width, 2.4), 1, 2)
    handles, told, (measured, predicted, word) = [], errors(frame), _times(frame)
    for (what, part), colour in zip(frame.groupby("what", sort=False), _colours(frame), strict=True):
        style = {
            "color": colour,
            "alpha": 0.35,
            "marker": ".",
            "markersize": 2.5,
            "linestyle": "",
            "markeredgewidth": 0,
        }
        both.plot(part[measured], part[predicted], rasterized=True, **style)
        off.plot(part[measured], part["ratio"].clip(*LIMITS), rasterized=True, **style)
        handles.append(Line2D([], [], color=colour, marker="o", markersize=4, linestyle="", label=told[what]))
    times = frame[[measured, predicted]].to_numpy(dtype=float)
    ends = np.array([times.min(), times.max()])
    both.plot(ends, ends, color=palette.INK, linewidth=0.8)
    off.axhline(1, color=palette.INK, linewidth=0.8)
    for factor in (0.9, 1.1):
        both.plot(ends, factor * ends, color=palette.INK, linewidth=0.5, linestyle="--")
        off.axhline(factor, color=palette.INK, linewidth=0.5, linestyle="--")
    both.set(xscale="log", yscale="log", xlabel=f"measured ({word})", ylabel=f"predicted ({word})")
    off.set(xscale="log", yscale="log", xlabel=f"measured ({word})", ylabel="predicted / measured", ylim=LIMITS)
    off.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    off.yaxis.set_minor_formatter(lambda value, _: "")
    off.set_yticks([0.5, 0.7, 1, 1.4, 2])
    figure.suptitle(title, x=0.01, ha="left", fontsize=8.5)
    legend_below(figure, handles, max(1, int(width / 2.6)))
    return figure


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table: the ratio over the measured time."""
    told, traces, (measured, predicted, word) = errors(frame), [], _times(frame)
    hover = f"measured %{{x:,.4~g}} {word}, predicted %{{customdata:,.4~g}} {word}<extra></extra>"
    for (what, part), colour in zip(frame.groupby("what", sort=False), _colours(frame), strict=True):
        traces.append({"type": "scatter", "mode": "markers", "name": told[what].replace(" (", "<br>("),
                       "x": part[measured].to_numpy(), "y": part["ratio"].clip(*LIMITS).to_numpy(),
                       "customdata": part[predicted].to_numpy(), "hovertemplate": hover,
                       "marker": {"size": 4, "color": colour, "opacity": 0.5}})  # fmt: skip
    made = page.new(traces, title, showlegend=True)
    made.update_layout(legend_itemsizing="constant")  # the points themselves are too small to tell a colour by
    made.update_xaxes(type="log", title=f"measured ({word})")
    ticks = [0.4, 0.5, 0.7, 1, 1.4, 2, 3]
    made.update_yaxes(
        type="log",
        title="predicted / measured",
        range=np.log10(LIMITS),
        tickvals=ticks,
        ticktext=[f"{t:g}" for t in ticks],
    )
    for level, dash in ((1, "solid"), (0.9, "dot"), (1.1, "dot")):
        made.add_hline(y=level, line={"color": palette.QUIET, "width": 1, "dash": dash})
    return made


def _times(frame: pd.DataFrame) -> tuple[str, str, str]:
    """The columns of the measured and the predicted time, and their unit in words."""
    return frame.columns[1], frame.columns[2], UNITS[unit(frame)]


def _colours(frame: pd.DataFrame) -> list[str]:
    return [COLOURS[place % len(COLOURS)] for place in range(frame["what"].nunique())]
