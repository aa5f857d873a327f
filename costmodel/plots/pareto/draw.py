"""The points of a Pareto figure and the steps that join the optimal ones, for paper and for a page."""

import pandas as pd

from costmodel.plots.pareto.table import axis_label, axis_scale, front
from costmodel.plots.style import names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes, set_log_axis

FRONT = "Pareto front"


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    from matplotlib.lines import Line2D

    figure, axis = new_axes(width, max(0.55 * width, 2.5))
    styles = palette.styles_of(frame["scheme"].unique())
    optimal, shape = front(frame)
    line = {"color": palette.MUTED, "linewidth": 0.9}
    axis.plot(optimal["x"], optimal["y"], drawstyle="steps-post" if shape == "hv" else "steps-pre", **line)
    handles, labels = [Line2D([], [], label=FRONT, **line)], names.scheme_names(frame)
    for scheme, part in frame.dropna(subset=["x", "y"]).groupby("scheme", sort=False):
        style = styles[scheme]
        errors = {f"{letter}err": _distances(part, letter) for letter in "xy"}
        axis.errorbar(part["x"], part["y"], **errors, fmt="none", ecolor=style.colour, elinewidth=0.6, alpha=0.45)
        for row in part.itertuples():
            size = 6.5 if row.setting == scheme else 4
            face = {"markerfacecolor": style.colour if row.fits else "white", "markeredgecolor": style.colour}
            axis.plot(row.x, row.y, marker=style.marker, markersize=size, **face)
        handles.append(Line2D([], [], marker=style.marker, color=style.colour, linestyle="", label=labels[scheme]))
    for letter, one in (("x", axis.xaxis), ("y", axis.yaxis)):
        one.set_label_text(axis_label(frame, letter))
        if axis_scale(frame, letter) == "log":
            set_log_axis(one)
    axis.grid()
    finish(figure, title, handles)
    return figure


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    labels, styles = names.scheme_names(frame), palette.styles_of(frame["scheme"].unique())
    optimal, shape = front(frame)
    line = {"shape": shape, "color": palette.MUTED, "width": 1.5, "dash": "dot"}
    traces = [{"type": "scatter", "mode": "lines", "name": FRONT, "x": optimal["x"].to_numpy(), "y": optimal["y"].to_numpy(),
               "line": line, "hoverinfo": "skip"}]  # fmt: skip
    for scheme, part in frame.dropna(subset=["x", "y"]).groupby("scheme", sort=False):
        style = styles[scheme]
        hover = part["setting"].map(names.scheme_name) + ("<br>" + part["measured"] if "measured" in part else "")
        symbols = [style.symbol if fits else f"{style.symbol}-open" for fits in part["fits"]]
        sizes = [13 if setting == scheme else 9 for setting in part["setting"]]
        bars = {}
        for letter in "xy":
            below, above = (distance.to_numpy() for distance in _distances(part, letter))
            bars[f"error_{letter}"] = {"type": "data", "symmetric": False, "array": above, "arrayminus": below,
                                       "thickness": 1, "width": 0}  # fmt: skip
        traces.append({"type": "scatter", "mode": "markers", "name": labels[scheme],
                       "x": part["x"].to_numpy(), "y": part["y"].to_numpy(),
                       "text": hover.to_list(), "marker": {"symbol": symbols, "size": sizes, "color": style.colour},
                       "hovertemplate": "%{text}<br>%{x:,.4g} · %{y:,.4g}<extra></extra>", **bars})  # fmt: skip
    figure = page.build_figure(traces, title, axes=400)
    for letter, update in (("x", figure.update_xaxes), ("y", figure.update_yaxes)):
        scale = axis_scale(frame, letter)
        ticks = page.decade_ticks(frame[letter]) if scale == "log" else {"type": scale}
        update(title=axis_label(frame, letter), **ticks)
    return figure


def _distances(part: pd.DataFrame, letter: str) -> list[pd.Series]:
    """How far the interval reaches below and above each point."""
    return [(part[f"{letter}_{end}"] - part[letter]).abs() for end in ("low", "high")]
