"""The operations of one decode step under the roof of the datasheet, both axes logarithmic.

The distance from a point up to the roof is what launches, waves, conversion and imperfect kernels take.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.roofline import Roofline, roofline
from costmodel.plots.base import POINT, Figure, Request
from costmodel.plots.style import names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes, set_log_axis

PRODUCTS = {  # Matplotlib's and Plotly's symbol of each matrix product
    "qkv": ("s", "square"), "attention_out": ("^", "triangle-up"), "up": ("v", "triangle-down"), "down": ("P", "cross"),
    "head": ("X", "x"), "router": ("<", "triangle-left"),
}  # fmt: skip
OTHER_PRODUCT = ("d", "diamond-tall")
TERA = 1e12
X_LABEL = "arithmetic intensity (flop/byte)"
CAPTION = (
    "Operations of one decode step: useful arithmetic per byte of HBM traffic against useful arithmetic per predicted second, "
    "all layers together, on one GPU. Line: what the datasheet allows. Coloured: decode attention; grey: matrix products."
)


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of operations and roofs at one operating point, and its title."""
    return to_frame(roofline(request.deployment, request.schemes, *request.point)), request.point_title


def to_frame(result: Roofline) -> pd.DataFrame:
    """One row per operation (scheme, operation, intensity, rate, what the roof allows, seconds), then the roofs' own points."""
    rows = [
        {"kind": "operation", "scheme": o.scheme, "operation": o.name, "flop_per_byte": o.intensity, "flop_per_second": o.rate,
         "roof": o.roof, "seconds": o.seconds}
        for o in result.operations
    ]  # fmt: skip
    roofs = {"roof, 16 bit": result.roof_16bit}
    if not np.allclose(result.roof_weights, result.roof_16bit):
        roofs["roof, weights"] = result.roof_weights
    for name, roof in roofs.items():
        rows += [
            {"kind": "roof", "scheme": "", "operation": name, "flop_per_byte": x, "flop_per_second": y, "roof": y}
            for x, y in zip(result.intensity, roof, strict=True)
        ]
    return pd.DataFrame(rows)


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def limits(frame: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Limits of intensity and of rate that hold every operation and the ridge."""
    points, roof = (frame[frame["kind"] == kind] for kind in ("operation", "roof"))
    max_rate = roof["flop_per_second"].max()
    ridge = roof[roof["flop_per_second"] >= 0.999 * max_rate]["flop_per_byte"].min()
    low, high = min(points["flop_per_byte"].min(), 1.0), max(points["flop_per_byte"].max(), ridge)
    return (low / 2, high * 3), (points["flop_per_second"].min() / 3, max_rate * 2)


def _styles(frame: pd.DataFrame) -> dict[str, palette.SchemeStyle]:
    """The style of every scheme; matrix products are nobody's."""
    return palette.styles_of(scheme for scheme in frame["scheme"].unique() if scheme)


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    from matplotlib.lines import Line2D

    figure, axis = new_axes(width, max(0.55 * width, 2.5))
    handles, labels, styles = [], names.scheme_names(frame), _styles(frame)
    for (name, part), dash in zip(_roofs(frame), ("-", "--"), strict=False):
        line = {"color": palette.INK, "linestyle": dash, "linewidth": 1}
        axis.plot(part["flop_per_byte"], part["flop_per_second"] / TERA, **line)
        handles.append(Line2D([], [], label=name, **line))
    for row in frame[frame["kind"] == "operation"].itertuples():
        if row.scheme:
            style = styles[row.scheme]
            marks = {"color": style.colour, "marker": style.marker, "markersize": 6}
        else:
            marker = PRODUCTS.get(row.operation, OTHER_PRODUCT)[0]
            marks = {"color": palette.MUTED, "marker": marker, "markersize": 4.5, "alpha": 0.85}
        rates = [row.flop_per_second / TERA, row.roof / TERA]
        axis.plot([row.flop_per_byte] * 2, rates, color=marks["color"], linewidth=0.6, alpha=0.5)
        edge = {"markeredgecolor": "white", "markeredgewidth": 0.4}
        axis.plot([row.flop_per_byte], rates[:1], linestyle="", **edge, **marks)
        handles.append(Line2D([], [], linestyle="", label=labels.get(row.scheme) or _label(row), **marks))
    intensities, rates = limits(frame)
    axis.set(xlim=intensities, ylim=[rate / TERA for rate in rates])
    set_log_axis(axis.xaxis)
    set_log_axis(axis.yaxis)
    axis.set(xlabel=X_LABEL, ylabel="useful Tflop/s")
    axis.grid(which="major")
    finish(figure, title, handles)
    return figure


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    traces, labels, styles = [], names.scheme_names(frame), _styles(frame)
    for (name, part), dash in zip(_roofs(frame), ("solid", "dash"), strict=False):
        line = {"color": palette.MUTED, "dash": dash, "width": 2}
        traces.append({"type": "scatter", "mode": "lines", "name": name, "line": line, "hoverinfo": "skip",
                       "x": part["flop_per_byte"].to_numpy(), "y": part["flop_per_second"].to_numpy()})  # fmt: skip
    for row in frame[frame["kind"] == "operation"].itertuples():
        style, label = styles[row.scheme] if row.scheme else None, labels.get(row.scheme) or _label(row)
        symbol = style.symbol if style else PRODUCTS.get(row.operation, OTHER_PRODUCT)[1]
        marker = {"size": 13 if style else 10, "symbol": symbol, "color": style.colour if style else palette.MUTED}
        traces.append({
            "type": "scatter", "mode": "markers", "name": label, "x": [row.flop_per_byte],
            "y": [row.flop_per_second], "marker": marker | {"line": {"width": 1, "color": "white"}},
            "customdata": [[row.flop_per_second / row.roof, 1e3 * row.seconds]],
            "hovertemplate": label + "<br>%{x:.3g} flop/B, %{y:.3s}flop/s<br>%{customdata[0]:.0%} of the roof, "
                             "%{customdata[1]:.3g} ms per step<extra></extra>"})  # fmt: skip
    figure = page.build_figure(traces, title)
    intensities, rates = limits(frame)
    figure.update_xaxes(type="log", title=X_LABEL, range=np.log10(intensities).tolist(), dtick=1)
    figure.update_yaxes(type="log", title="useful flop/s", range=np.log10(rates).tolist(), tickformat="~s", dtick=1)
    return figure


def _roofs(frame: pd.DataFrame):
    return frame[frame["kind"] == "roof"].groupby("operation", sort=False)


def _label(row) -> str:
    return f"attention, {row.scheme}" if row.scheme else row.operation.replace("_", " ")


FIGURE = Figure(
    id="roofline",
    order=1,
    summary="operations of a decode step under the roofline",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=POINT,
)
