"""The operations of one decode step under the roof of the datasheet, both axes logarithmic.

The distance from a point down from the roof is what launches, waves, conversion and imperfect kernels take.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.roofline import Roofline
from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below

PRODUCTS = {"qkv": "s", "attention_out": "^", "up": "v", "down": "P", "head": "X", "router": "<"}
SYMBOLS = {
    "s": "square",
    "^": "triangle-up",
    "v": "triangle-down",
    "P": "cross",
    "X": "x",
    "<": "triangle-left",
    "d": "diamond-tall",
}
OTHER = "d"
CAPTION = (
    "Operations of one decode step: useful arithmetic over HBM traffic against useful arithmetic over predicted time, all "
    "layers together, on one GPU. Line: what the datasheet allows. Coloured: decode attention; grey: matrix products."
)


def table(made: Roofline) -> pd.DataFrame:
    """One row an operation (scheme, operation, intensity, rate, what the roof allows, seconds), then the roofs' own points."""
    rows = [
        {"kind": "operation", "scheme": o.scheme, "operation": o.name, "flop_per_byte": o.intensity, "flop_per_second": o.rate,
         "roof": o.roof, "seconds": o.seconds}
        for o in made.operations
    ]  # fmt: skip
    for name, roof in (("roof, 16 bit", made.roof_16bit), ("roof, weights", made.roof_weights)):
        if name == "roof, weights" and np.allclose(roof, made.roof_16bit):
            continue
        rows += [
            {"kind": "roof", "scheme": "", "operation": name, "flop_per_byte": x, "flop_per_second": y, "roof": y}
            for x, y in zip(made.intensity, roof, strict=True)
        ]
    return pd.DataFrame(rows)


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def window(frame: pd.DataFrame) -> tuple[float, float, float, float]:
    """The part of the plane that holds every operation and the ridge: least and most intensity, least and most rate."""
    points, roof = (frame[frame["kind"] == kind] for kind in ("operation", "roof"))
    most = roof["flop_per_second"].max()
    ridge = roof[roof["flop_per_second"] >= 0.999 * most]["flop_per_byte"].min()
    low, high = min(points["flop_per_byte"].min(), 1.0), max(points["flop_per_byte"].max(), ridge)
    return low / 2, high * 3, points["flop_per_second"].min() / 3, most * 2


def paper(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table."""
    from matplotlib.lines import Line2D

    figure, axis = canvas(width, max(0.55 * width, 2.5))
    handles = []
    for (name, part), dash in zip(
        frame[frame["kind"] == "roof"].groupby("operation", sort=False), ("-", "--"), strict=False
    ):
        axis.plot(part["flop_per_byte"], part["flop_per_second"] / 1e12, color=palette.INK, linestyle=dash, linewidth=1)
        handles.append(Line2D([], [], color=palette.INK, linestyle=dash, linewidth=1, label=name))
    for row in frame[frame["kind"] == "operation"].itertuples():
        looks = palette.look(row.scheme) if row.scheme else None
        style = {"color": looks.colour, "marker": looks.marker, "markersize": 6} if looks else {
            "color": palette.QUIET, "marker": PRODUCTS.get(row.operation, OTHER), "markersize": 4.5, "alpha": 0.85}  # fmt: skip
        label = f"attention, {row.scheme}" if row.scheme else row.operation.replace("_", " ")
        axis.plot(
            [row.flop_per_byte] * 2,
            [row.flop_per_second / 1e12, row.roof / 1e12],
            color=style["color"],
            linewidth=0.6,
            alpha=0.5,
        )
        axis.plot(
            [row.flop_per_byte],
            [row.flop_per_second / 1e12],
            linestyle="",
            markeredgecolor="white",
            markeredgewidth=0.4,
            **style,
        )
        handles.append(Line2D([], [], linestyle="", label=label, **style))
    left, right, low, high = window(frame)
    axis.set(xscale="log", yscale="log", xlim=(left, right), ylim=(low / 1e12, high / 1e12))
    axis.set(xlabel="arithmetic intensity (flop/byte)", ylabel="useful Tflop/s")
    axis.grid(which="major")
    axis.set_title(title, loc="left")
    legend_below(figure, handles)
    return figure


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    traces = []
    for (name, part), dash in zip(
        frame[frame["kind"] == "roof"].groupby("operation", sort=False), ("solid", "dash"), strict=False
    ):
        line = {"color": palette.QUIET, "dash": dash, "width": 2}
        traces.append({"type": "scatter", "mode": "lines", "name": name, "line": line, "hoverinfo": "skip",
                       "x": part["flop_per_byte"].to_numpy(), "y": part["flop_per_second"].to_numpy()})  # fmt: skip
    for row in frame[frame["kind"] == "operation"].itertuples():
        looks = palette.look(row.scheme) if row.scheme else None
        symbol = looks.symbol if looks else SYMBOLS[PRODUCTS.get(row.operation, OTHER)]
        name = row.scheme or row.operation.replace("_", " ")
        told = f"attention, {name}" if row.scheme else name
        traces.append({
            "type": "scatter", "mode": "markers", "name": name, "x": [row.flop_per_byte], "y": [row.flop_per_second],
            "marker": {"size": 13 if looks else 10, "symbol": symbol, "color": looks.colour if looks else palette.QUIET,
                       "line": {"width": 1, "color": "white"}},
            "customdata": [[row.flop_per_second / row.roof, 1e3 * row.seconds]],
            "hovertemplate": told + "<br>%{x:.3g} flop/B, %{y:.3s}flop/s<br>%{customdata[0]:.0%} of the roof, "
                             "%{customdata[1]:.3g} ms a step<extra></extra>"})  # fmt: skip
    made = page.new(traces, title)
    left, right, low, high = window(frame)
    made.update_xaxes(
        type="log", title="arithmetic intensity (flop/byte)", range=[np.log10(left), np.log10(right)], dtick=1
    )
    made.update_yaxes(
        type="log", title="useful flop/s", range=[np.log10(low), np.log10(high)], tickformat="~s", dtick=1
    )
    return made
