"""Break-even context of each scheme over the batch: lines with their 90 % intervals as bars; below its line a scheme loses."""

import numpy as np
import pandas as pd

from costmodel.analyses.breakeven import MIN_CONTEXT, BreakEven, break_even
from costmodel.evaluation.compile import compiled
from costmodel.plots.base import BATCH_HELP, CONTEXT_HELP, Figure, Option, Request
from costmodel.plots.style import names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes, set_log2_axis

OFFSET = 0.05  # between neighbours along the axis of batches, so that no bar hides another
CAPTION = (
    "Context from which on a decode step is faster under the scheme than under its baseline; below its line a scheme loses. "
    "Bars: 90 % intervals. Where a line ends, the scheme never wins up to the longest context."
)
X_LABEL, Y_LABEL = "batch (sequences)", "break-even context (tokens)"


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the schemes' break-even contexts, and its title; schemes that are their own baseline are left out."""
    deployment = request.deployment
    schemes = [scheme for scheme in map(compiled.load_scheme, request.schemes) if has_baseline(scheme)]
    rows = [row for scheme in schemes for row in break_even(deployment, scheme, request["batch"], request["context"])]
    return to_frame(rows), f"Break-even of a decode step: {names.describe(deployment)}"


def has_baseline(scheme: compiled.Scheme) -> bool:
    """Whether a scheme is compared with another one."""
    return scheme.id != compiled.load_scheme(scheme.baseline).id


def to_frame(break_evens: list[BreakEven]) -> pd.DataFrame:
    """One row per scheme and batch: break-even context with its interval (inf: never), what binds, longest context."""
    rows = [
        {"scheme": b.scheme, "baseline": b.baseline, "batch": b.batch, "context": b.context, "low": b.low, "high": b.high,
         "equation": b.branch_crossing, "binds": b.branches[0], "baseline_binds": b.branches[1], "longest": b.max_context}
        for b in break_evens
    ]  # fmt: skip
    return pd.DataFrame(rows)


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    from matplotlib.lines import Line2D

    figure, axis = new_axes(width, max(0.55 * width, 2.4))
    handles, labels = [], names.scheme_names(frame)
    for scheme, style, x, (low, middle, high) in _lines(frame):
        line = {"color": style.colour, "linestyle": style.dash, "marker": style.marker}
        axis.vlines(x, low, high, color=style.colour, linewidth=0.8, alpha=0.55)
        axis.plot(x, middle, **line, clip_on=False)
        handles.append(Line2D([], [], label=_label(labels[scheme], middle), **line))
    limits = _limits(frame)
    set_log2_axis(axis.xaxis, frame["batch"], X_LABEL)
    set_log2_axis(axis.yaxis, limits, Y_LABEL)
    axis.set_ylim(*np.log2(limits))
    axis.grid()
    finish(figure, title, handles)
    return figure


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    traces, labels = [], names.scheme_names(frame)
    for scheme, style, x, (low, middle, high) in _lines(frame):
        part = frame[frame["scheme"] == scheme]
        bars = {
            "type": "data",
            "symmetric": False,
            "array": high - middle,
            "arrayminus": middle - low,
            "thickness": 1,
            "width": 0,
        }
        traces.append({
            "type": "scatter", "mode": "lines+markers", "name": _label(labels[scheme], middle),
            "x": x, "y": middle, "error_y": bars,
            "line": {"color": style.colour, "width": 2, "dash": style.plotly_dash},
            "marker": {"symbol": style.symbol, "size": 8, "color": style.colour},
            "customdata": part[["batch", "context", "low", "high"]].to_numpy(dtype=float),
            "hovertemplate": labels[scheme] + ": batch %{customdata[0]:,.0f}, from %{customdata[1]:,.0f} tokens<br>90 %: "
                             "%{customdata[2]:,.0f} to %{customdata[3]:,.0f}<extra></extra>"})  # fmt: skip
    limits = _limits(frame)
    x_axis = {"title": {"text": X_LABEL}} | page.log2_ticks(frame["batch"])
    y_axis = {"title": {"text": Y_LABEL}, "range": np.log2(limits)} | page.log2_ticks(limits)
    return page.build_figure(traces, title, xaxis=x_axis, yaxis=y_axis)


def _lines(frame: pd.DataFrame):
    """For each scheme: its style, log2 of the batches, moved aside, and log2 of low end, context and high end.

    A context that is never reached is NaN, and an open end is the longest context.
    """
    schemes = list(dict.fromkeys(frame["scheme"]))
    styles = palette.styles_of(schemes)
    for index, scheme in enumerate(schemes):
        part = frame[frame["scheme"] == scheme]
        x = np.log2(part["batch"].to_numpy(dtype=float)) + OFFSET * (index - (len(schemes) - 1) / 2)
        context = part["context"].to_numpy(dtype=float)
        low, high = (np.minimum(part[name].to_numpy(dtype=float), part["longest"]) for name in ("low", "high"))
        ends = [
            np.where(np.isfinite(context), np.maximum(values, MIN_CONTEXT), np.nan) for values in (low, context, high)
        ]
        yield scheme, styles[scheme], x, [np.log2(values) for values in ends]


def _label(scheme: str, middle: np.ndarray) -> str:
    return scheme if np.isfinite(middle).any() else f"{scheme} (never)"


def _limits(frame: pd.DataFrame) -> list[float]:
    return [MIN_CONTEXT, frame["longest"].max()]


FIGURE = Figure(
    id="breakeven",
    order=3,
    summary="context from which each scheme pays, over the batch",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=(Option("batch", "axis", "1:256", BATCH_HELP), Option("context", "count", None, CONTEXT_HELP)),
)
