"""A saving against its price, over batch, context and model size: one panel a model, shaded where the trade pays and fits.

The lower edge is the break-even context, the upper one the end of the pool. The price is stated for the whole step, so that
larger models, which step longer, need not pay more for the same.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.breakeven import MIN_CONTEXT
from costmodel.analyses.model_sizes import break_even_by_model
from costmodel.language.units import format_quantity
from costmodel.plots.base import BATCH_HELP, Figure, Option, Request
from costmodel.plots.style import page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import add_panels, set_log2_axis
from costmodel.text.counted import counted

CAPTION = (
    "Shaded: contexts at which a decode step is faster with the codec and fits; below its lower edge the price exceeds the "
    "saving, above the dashed line the pool ends. One panel a model, on as many GPUs as its weights need. The codec's time is "
    "assumed, its bytes move as fast as the engine's 16-bit ones."
)
PAYS, ENDS = "#0072b2", palette.INK
COLOURS = list(palette.FAMILIES)[1:]
X_LABEL, Y_LABEL = "batch (sequences)", "context (tokens)"


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """Break-even and room of every model by batch, and the title."""
    saving, overhead = float(request["saving"]), float(request["overhead"])
    scheme = f"hypothetical[saving={saving:.6g},overhead={overhead:.9g} s]"
    models = break_even_by_model(request.deployment, scheme, request["batch"])
    rows = [
        {"model": f"{one.model}, {counted(one.ranks, 'GPU')}", "batch": batch, "context": context, "room": room,
         "longest": one.longest, "token_bytes": one.token_bytes}
        for one in models
        for batch, context, room in zip(one.batches, one.contexts, one.room, strict=True)
    ]  # fmt: skip
    price = format_quantity(overhead, "second")
    gpu, engine = request.deployment.gpu.name, request.deployment.engine.name
    return pd.DataFrame(rows), f"{100 * saving:.3g} % fewer bytes for {price} a step: {gpu}, {engine}"


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    models = list(dict.fromkeys(frame["model"]))
    figure, axes = add_panels(width, 0.8, models, X_LABEL, Y_LABEL)
    for axis, model in zip(axes, models, strict=True):
        x, lower, room = _edges(frame[frame["model"] == model])
        axis.fill_between(x, lower, np.maximum(room, lower), where=room > lower, color=PAYS, alpha=0.35, linewidth=0)
        axis.plot(x, lower, color=PAYS)
        axis.plot(x, room, color=ENDS, linestyle="--", linewidth=0.9)
        set_log2_axis(axis.xaxis, frame["batch"], "", max_ticks=5)
        set_log2_axis(axis.yaxis, _limits(frame), "", max_ticks=7)
        axis.set_ylim(*np.log2(_limits(frame)))
    handles = [Patch(color=PAYS, alpha=0.35, label="pays and fits"), Line2D([], [], color=PAYS, label="break-even"),
               Line2D([], [], color=ENDS, linestyle="--", linewidth=0.9, label="the pool ends")]  # fmt: skip
    finish(figure, title, handles)
    return figure


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table: break-even (solid) and end of the pool (dashed) of every model."""
    traces = []
    for index, (model, part) in enumerate(frame.groupby("model", sort=False)):
        x, lower, room = _edges(part)
        colour = COLOURS[index % len(COLOURS)]
        line = {"type": "scatter", "mode": "lines", "x": x, "legendgroup": model}
        traces.append(line | {
            "y": lower, "name": model, "line": {"color": colour, "width": 2},
            "customdata": part[["batch", "context", "room"]].to_numpy(dtype=float),
            "hovertemplate": model + ": batch %{customdata[0]:,.0f}, pays from %{customdata[1]:,.0f} tokens, "
                             "the pool ends at %{customdata[2]:,.0f}<extra></extra>"})  # fmt: skip
        traces.append(line | {"y": room, "name": "the pool ends", "line": {"color": colour, "width": 1, "dash": "dash"},
                              "showlegend": False, "hoverinfo": "skip"})  # fmt: skip
    figure, limits = page.build_figure(traces, title), _limits(frame)
    figure.update_xaxes(title=X_LABEL, **page.log2_ticks(frame["batch"]))
    figure.update_yaxes(title=Y_LABEL, range=np.log2(limits), **page.log2_ticks(limits))
    return figure


def _edges(part: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log2 of the batches, of the break-even contexts (NaN for never) and of the contexts at which the pool ends."""
    batch, context, room = (part[name].to_numpy(dtype=float) for name in ("batch", "context", "room"))
    lower = np.where(np.isfinite(context), np.maximum(context, MIN_CONTEXT), np.nan)
    return np.log2(batch), np.log2(lower), np.log2(np.maximum(room, MIN_CONTEXT))


def _limits(frame: pd.DataFrame) -> list[float]:
    return [MIN_CONTEXT, frame["longest"].max()]


FIGURE = Figure(
    id="trade",
    order=3.5,
    summary="where a saving pays its price, over batch, context and model size",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=(
        Option("batch", "axis", "1:256", BATCH_HELP),
        Option("saving", "number", "0.3", "Share of the cache's bytes that the codec saves, e.g. 0.3."),
        Option("overhead", "duration", "15us", "Time that the codec adds to a decode step, e.g. 15us."),
    ),
    schemes=(),
)
