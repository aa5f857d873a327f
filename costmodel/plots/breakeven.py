"""From which context each scheme pays, over the batch: lines with their 90 % intervals as bars; below its line a scheme loses."""

import numpy as np
import pandas as pd

from costmodel.analyses.breakeven import MIN_CONTEXT, BreakEven
from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below, log2_axis

ASIDE = 0.05  # how far neighbours stand apart on the axis of batches, so that no bar hides another
CAPTION = (
    "Context from which a decode step is faster under the scheme than under its baseline, and stays so; below its line a "
    "scheme loses. Bars: 90 % intervals. Where a line ends, the scheme never wins up to the longest context."
)


def table(found: list[BreakEven]) -> pd.DataFrame:
    """One row a scheme and batch: break-even context in tokens with its interval (inf: never), what binds, longest context."""
    rows = [
        {"scheme": b.scheme, "baseline": b.baseline, "batch": b.batch, "context": b.context, "low": b.low, "high": b.high,
         "equation": b.branch_crossing, "binds": b.branches[0], "baseline_binds": b.branches[1], "longest": b.max_context}
        for b in found
    ]  # fmt: skip
    return pd.DataFrame(rows)


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def lines(part: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Batch, low end, context and high end over log2; what never pays is no number, and an open end is the longest context."""
    context = part["context"].to_numpy(dtype=float)
    never = ~np.isfinite(context)
    low, high = (np.minimum(part[name].to_numpy(dtype=float), part["longest"]) for name in ("low", "high"))
    found = [np.log2(np.where(never, np.nan, np.maximum(values, MIN_CONTEXT))) for values in (low, context, high)]
    return (np.log2(part["batch"].to_numpy(dtype=float)), *found)


def paper(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table."""
    from matplotlib.lines import Line2D

    figure, axis = canvas(width, max(0.55 * width, 2.4))
    handles = []
    schemes = list(dict.fromkeys(frame["scheme"]))
    for place, scheme in enumerate(schemes):
        part = frame[frame["scheme"] == scheme]
        looks, (x, low, middle, high) = palette.look(scheme), lines(part)
        style = {"color": looks.colour, "linestyle": looks.dash, "marker": looks.marker}
        aside = x + ASIDE * (place - (len(schemes) - 1) / 2)
        axis.vlines(aside, low, high, color=looks.colour, linewidth=0.8, alpha=0.55)
        axis.plot(aside, middle, **style)
        never = "" if np.isfinite(middle).any() else " (never)"
        handles.append(Line2D([], [], label=f"{scheme}{never}", **style))
    log2_axis(axis.xaxis, frame["batch"], "batch (sequences)", page.short)
    log2_axis(axis.yaxis, [MIN_CONTEXT, frame["longest"].max()], "break-even context (tokens)", page.short)
    axis.set_ylim(np.log2(MIN_CONTEXT), np.log2(frame["longest"].max()))
    axis.grid()
    axis.set_title(title, loc="left")
    legend_below(figure, handles)
    return figure


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    traces, schemes = [], list(dict.fromkeys(frame["scheme"]))
    for place, scheme in enumerate(schemes):
        part = frame[frame["scheme"] == scheme]
        looks, (x, low, middle, high) = palette.look(scheme), lines(part)
        aside = x + ASIDE * (place - (len(schemes) - 1) / 2)
        bars = {
            "type": "data",
            "symmetric": False,
            "array": high - middle,
            "arrayminus": middle - low,
            "thickness": 1,
            "width": 0,
        }
        name = scheme if np.isfinite(middle).any() else f"{scheme} (never)"
        traces.append({
            "type": "scatter", "mode": "lines+markers", "name": name, "x": aside, "y": middle, "error_y": bars,
            "line": {"color": looks.colour, "width": 2, "dash": looks.stroke},
            "marker": {"symbol": looks.symbol, "size": 8, "color": looks.colour},
            "customdata": part[["batch", "context", "low", "high"]].to_numpy(dtype=float),
            "hovertemplate": scheme + ": batch %{customdata[0]:,.0f}, from %{customdata[1]:,.0f} tokens<br>90 %: "
                             "%{customdata[2]:,.0f} to %{customdata[3]:,.0f}<extra></extra>"})  # fmt: skip
    made = page.new(traces, title)
    made.update_xaxes(title="batch (sequences)", **page.log2_ticks(frame["batch"], page.short))
    reach = [MIN_CONTEXT, frame["longest"].max()]
    made.update_yaxes(title="break-even context (tokens)", range=np.log2(reach), **page.log2_ticks(reach, page.short))
    return made
