"""How fast a kernel must be for each scheme to pay, over the context: budgets as lines, kernels that exist as marks.

Under its budget a kernel makes the step faster than the baseline's; marks under the line of their colour win.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.kernel_budget import kernel_budget
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.plots.base import BATCH, CONTEXT_HELP, Figure, Option, Request
from costmodel.plots.style import names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes, set_log2_axis, set_log_axis

SCHEMES = ("fp8", "int8", "turboquant-4bit", "kivi-2bit")  # a hue each
DEFAULT_CONTEXT = "1K:128K"
BUDGET = "budget"
X_LABEL, Y_LABEL = "context (tokens)", "attention (ns a token and KV head)"
MARKS = {"ideal": "v", "compiled": "s"}
PAGE_MARKS = {"ideal": "triangle-down", "compiled": "square"}
CAPTION = (
    "Lines: the time that a scheme's attention kernel may take a token and KV head of the baseline's cache for a decode "
    "step to be as fast as the baseline's. Marks: an ideal kernel (triangles), the estimate from compiled code (squares) "
    "and measured implementations (circles); black: the 16-bit kernel. A mark under the line of its colour wins."
)


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """One row a scheme, kernel (or budget) and context, in nanoseconds, and the title."""
    batch, context = request["batch"], np.asarray(request["context"], dtype=float)
    frames = []
    for name in request.schemes:
        scheme = load_scheme(name)
        if scheme.id == load_scheme(scheme.baseline).id:
            continue
        budget = kernel_budget(request.deployment, scheme, float(batch), context)
        rows = [(BUDGET, "", budget.latency), *((k.name, k.evidence, k.seconds) for k in budget.kernels)]
        for index, (kernel, evidence, seconds) in enumerate(rows):
            frames.append(pd.DataFrame({
                "scheme": scheme.id, "kernel": kernel, "evidence": evidence, "baseline": index == 1,
                "batch": float(batch), "context": context, "nanoseconds": 1e9 * seconds,
            }))  # fmt: skip
    title = f"Kernel budgets: {names.describe(request.deployment)}, batch {batch:g}"
    return pd.concat(frames, ignore_index=True), title


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows, and which budgets no kernel can meet."""
    lost = frame[(frame["kernel"] == BUDGET) & (frame["nanoseconds"] <= 0)]
    lines = ", ".join(names.scheme_names(lost).values())
    return CAPTION + (f" Where a line ends, even a kernel that takes no time loses ({lines})." if lines else "")


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    from matplotlib.lines import Line2D

    figure, axis = new_axes(width, max(0.6 * width, 2.6))
    handles, labels, styles = [], names.scheme_names(frame), palette.styles_of(frame["scheme"].unique())
    for scheme, kernel, part in _groups(frame):
        x, y = np.log2(part["context"].to_numpy(float)), _positive(part["nanoseconds"])
        style = styles[scheme]
        if kernel == BUDGET:
            axis.plot(x, y, color=style.colour, linestyle=style.dash)
            handles.append(Line2D([], [], color=style.colour, linestyle=style.dash, label=labels[scheme]))
        else:
            mark = MARKS.get(kernel, "o")
            axis.plot(x, y, linestyle="", marker=mark, markersize=3, color=style.colour, fillstyle=_fill(kernel))
    baseline = _baseline(frame)
    axis.plot(
        np.log2(baseline["context"].to_numpy(float)), _positive(baseline["nanoseconds"]), color=palette.INK, linewidth=1
    )
    handles.append(Line2D([], [], color=palette.INK, linewidth=1, label="16-bit kernel"))
    for label, mark, kernel in (("ideal", "v", "ideal"), ("compiled", "s", "compiled"), ("implementation", "o", "")):
        plain = {"linestyle": "", "marker": mark, "markersize": 3, "color": palette.MUTED, "fillstyle": _fill(kernel)}
        handles.append(Line2D([], [], label=label, **plain))
    set_log_axis(axis.yaxis)
    set_log2_axis(axis.xaxis, frame["context"], X_LABEL)
    axis.set_ylabel(Y_LABEL)
    axis.grid()
    finish(figure, title, handles)
    return figure


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    traces, labels, styles = [], names.scheme_names(frame), palette.styles_of(frame["scheme"].unique())
    for scheme, kernel, part in _groups(frame):
        style, is_budget, label, kernel_label = (
            styles[scheme],
            kernel == BUDGET,
            labels[scheme],
            names.kernel_name(kernel),
        )
        trace = {
            "type": "scatter", "x": np.log2(part["context"].to_numpy(float)), "y": _positive(part["nanoseconds"]),
            "name": f"{label}: {kernel_label}", "customdata": part[["context"]].to_numpy(float), "legendgroup": scheme,
            "hovertemplate": f"{label}, {kernel_label}, {part['evidence'].iloc[0]}: %{{y:.3f}} ns at "
                             "%{customdata[0]:,.0f} tokens<extra></extra>",
        }  # fmt: skip
        if is_budget:
            trace |= {"mode": "lines", "line": {"color": style.colour, "width": 2, "dash": style.plotly_dash}}
        else:
            mark = {"symbol": PAGE_MARKS.get(kernel, "circle"), "size": 7, "color": style.colour}
            trace |= {"mode": "markers", "marker": mark, "showlegend": kernel not in MARKS}
        traces.append(trace)
    baseline = _baseline(frame)
    traces.append({
        "type": "scatter", "mode": "lines", "name": "16-bit kernel", "line": {"color": palette.INK, "width": 1},
        "x": np.log2(baseline["context"].to_numpy(float)), "y": _positive(baseline["nanoseconds"]),
    })  # fmt: skip
    figure = page.build_figure(traces, title)
    figure.update_xaxes(title=X_LABEL, **page.log2_ticks(frame["context"]))
    figure.update_yaxes(title=Y_LABEL, **page.decade_ticks(np.concatenate([trace["y"] for trace in traces])))
    return figure


def _groups(frame: pd.DataFrame):
    """Scheme, kernel and rows of every line and row of marks but the 16-bit kernel's."""
    for (scheme, kernel), part in frame[~frame["baseline"]].groupby(["scheme", "kernel"], sort=False):
        yield scheme, kernel, part


def _baseline(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame[frame["baseline"]]
    return rows[rows["scheme"] == rows["scheme"].iloc[0]]


def _positive(nanoseconds: pd.Series) -> np.ndarray:
    values = nanoseconds.to_numpy(float)
    return np.where(values > 0, values, np.nan)


def _fill(kernel: str) -> str:
    return "none" if kernel in MARKS else "full"


FIGURE = Figure(
    id="kernel-budget",
    order=3.5,
    summary="how fast a kernel must be for each scheme to pay, over the context",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=(BATCH, Option("context", "axis", DEFAULT_CONTEXT, CONTEXT_HELP)),
    schemes=SCHEMES,
)
