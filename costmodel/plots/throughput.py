"""Tokens a second over the batch, a line a scheme; a mark ends it where memory or the scheduler ends the batch.

``latency`` draws the same table the other way round: time of a token over the batch.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.batches import COLUMNS, BatchCurve
from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below, log2_axis

LABEL = "throughput (tokens/s)"
ACROSS = "batch (sequences)"
ENDS = ("_lo", "", "_hi")
CAPTION = (
    "Tokens a second over the batch at one context; each line ends in a mark at the largest batch that fits and that the "
    "scheduler runs. Bands: 90 % intervals."
)


def table(found: list[BatchCurve]) -> pd.DataFrame:
    """One row a scheme and batch that fits: milliseconds of a token, tokens a second, both ends of each, largest batch."""
    parts = []
    for curve in found:
        part = pd.DataFrame(
            {"scheme": curve.scheme, "batch": curve.batch, **{name: curve.columns[name] for name in COLUMNS}}
        )
        parts.append(part.assign(most=curve.most)[curve.batch <= curve.most])
    return pd.concat(parts, ignore_index=True)


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def paper(
    frame: pd.DataFrame,
    title: str = "",
    width: float = 7.0,
    column: str = "throughput_tok_s",
    label: str = LABEL,
    over: str = "batch",
    across: str = ACROSS,
    factor: float = 1.0,
):
    """A Matplotlib figure of the table: ``column`` over ``over``, with what the axes say; ``factor`` is to their unit."""
    from matplotlib.lines import Line2D

    figure, axis = canvas(width, max(0.55 * width, 2.4))
    handles = []
    for scheme, part in frame.groupby("scheme", sort=False):
        looks, x = palette.look(scheme), np.log2(part[over])
        low, middle, high = (factor * part[f"{column}{end}"] for end in ENDS)
        axis.fill_between(x, low, high, color=looks.colour, alpha=0.1, linewidth=0)
        axis.plot(x, middle, color=looks.colour, linestyle=looks.dash)
        axis.plot(x.iloc[-1:], middle.iloc[-1:], color=looks.colour, marker=looks.marker, linestyle="")
        handles.append(Line2D([], [], color=looks.colour, linestyle=looks.dash, marker=looks.marker, label=scheme))
    log2_axis(axis.xaxis, frame[over], across, page.short)
    axis.set_ylabel(label)
    axis.set_ylim(bottom=0)
    axis.grid()
    axis.set_title(title, loc="left")
    legend_below(figure, handles)
    return figure


def figure(
    frame: pd.DataFrame,
    title: str = "",
    column: str = "throughput_tok_s",
    label: str = LABEL,
    over: str = "batch",
    across: str = ACROSS,
    factor: float = 1.0,
):
    """A Plotly figure of the table: ``column`` over ``over``, with what the axes say; ``factor`` is to their unit."""
    traces = []
    for scheme, part in frame.groupby("scheme", sort=False):
        looks, x = palette.look(scheme), np.log2(part[over].to_numpy())
        low, middle, high = (factor * part[f"{column}{end}"].to_numpy() for end in ENDS)
        shade = palette.shade(looks.colour, 0.1)
        edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
                "legendgroup": scheme}  # fmt: skip
        traces += [edge | {"y": low}]
        traces += [edge | {"y": high, "fill": "tonexty", "fillcolor": shade}]
        sizes = np.where(np.arange(len(part)) == len(part) - 1, 9, 0)
        traces.append({"type": "scatter", "mode": "lines+markers", "x": x, "y": middle, "name": scheme,
                       "legendgroup": scheme, "line": {"color": looks.colour, "width": 2, "dash": looks.stroke},
                       "marker": {"symbol": looks.symbol, "size": sizes, "color": looks.colour, "opacity": 1},
                       "customdata": part[over].to_numpy(),
                       "hovertemplate": f"{scheme}: {over} %{{customdata:,.0f}}, %{{y:,.4g}}<extra></extra>"})  # fmt: skip
    made = page.new(traces, title)
    made.update_xaxes(title=across, **page.log2_ticks(frame[over], page.short))
    made.update_yaxes(title=label, rangemode="tozero")
    return made
