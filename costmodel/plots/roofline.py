"""The operations of one decode step under the roof of the datasheet, both axes logarithmic.

The distance from a point up to the roof is what launches, waves, conversion and imperfect kernels take.
"""

import itertools

import numpy as np
import pandas as pd

from costmodel.analyses.roofline import Roofline, roofline
from costmodel.plots.base import POINT, Figure, Request
from costmodel.plots.style import crowding, names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes, set_log_axis

PRODUCTS = {  # Matplotlib's and Plotly's symbol of each matrix product
    "qkv": ("s", "square"), "attention_out": ("^", "triangle-up"), "up": ("v", "triangle-down"), "down": ("P", "cross"),
    "head": ("X", "x"), "router": ("<", "triangle-left"),
}  # fmt: skip
OTHER_PRODUCTS = (("d", "diamond-tall"), (">", "triangle-right"), ("p", "pentagon"), ("*", "star"), ("h", "hexagon"))
POSITION = ("flop_per_byte", "flop_per_second")
TERA = 1e12
X_LABEL = "arithmetic intensity (flop/byte)"
CAPTION = (
    "Operations of one decode step: useful arithmetic per byte of HBM traffic against useful arithmetic per predicted second, "
    "all layers together, on one GPU. Line: what the datasheet allows. Coloured: decode attention, larger where others lie on "
    "it; grey: matrix products, one mark for those that would lie on one another."
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
    for row in _marks(frame):
        style = styles[row.scheme] if row.scheme else None
        marks = {"color": style.colour if style else palette.MUTED, "marker": style.marker if style else row.symbols[0]}
        size = 6 if style else 4
        rates = [row.flop_per_second / TERA, row.roof / TERA]
        axis.plot([row.flop_per_byte] * 2, rates, color=marks["color"], linewidth=0.6, alpha=0.5)
        edge = {
            "markeredgecolor": "white",
            "markeredgewidth": 0.4,
            "markersize": size * row.growth,
            "gid": crowding.ALONE,
        }
        axis.plot([row.flop_per_byte], rates[:1], linestyle="", **edge, **marks)
        label = labels.get(row.scheme) or row.operation
        handles.append(Line2D([], [], linestyle="", label=label, markersize=size, **marks))
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
    for row in _marks(frame):
        style, label = styles[row.scheme] if row.scheme else None, labels.get(row.scheme) or row.operation
        size, symbol = (13, style.symbol) if style else (7, row.symbols[1])
        marker = {"size": size * row.growth, "symbol": symbol, "color": style.colour if style else palette.MUTED}
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


def _marks(frame: pd.DataFrame) -> list:
    """A row for every mark, in the order of drawing: ``growth`` is its size over that of its kind, ``symbols`` a product's.

    Products that would lie on one another are one mark in the middle of them, named after all of them, their seconds added.
    """
    operations = frame[frame["kind"] == "operation"]
    schemes, products = operations[operations["scheme"] != ""], operations[operations["scheme"] == ""]
    groups = [
        products.iloc[group] for group in crowding.close_groups(*(products[name].to_numpy() for name in POSITION))
    ]
    merged = [group.iloc[0].to_dict() | _middle(group) for group in groups]
    marks = pd.concat([schemes, pd.DataFrame(merged, columns=products.columns)], ignore_index=True)
    marks["growth"] = [*crowding.sizes(*(schemes[name].to_numpy() for name in POSITION)), *[1.0] * len(merged)]
    others = iter(itertools.cycle(OTHER_PRODUCTS))
    of_products = [PRODUCTS.get(mark["operation"]) or next(others) for mark in merged]
    marks["symbols"] = [None] * len(schemes) + of_products
    return list(marks.itertuples())


def _middle(group: pd.DataFrame) -> dict:
    """What a mark of several products shows: all their names, the geometric middle of their places, their seconds."""
    places = {name: float(np.exp(np.log(group[name]).mean())) for name in (*POSITION, "roof")}
    names_of_all = ", ".join(name.replace("_", " ") for name in group["operation"])
    return places | {"operation": names_of_all, "seconds": float(group["seconds"].sum())}


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
