"""A tornado: how a result moves with each number behind it, the strongest first, coloured by where the number comes from.

Bars are elasticities (change of the result in % per 1 % change of the number), or, of a break-even, where it goes when a
number falls or rises by a tenth.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.breakeven import break_even
from costmodel.analyses.sensitivity import Elasticity, Shift, elasticities, tornado
from costmodel.plots.base import POINT, Figure, Option, Request
from costmodel.plots.style import names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes

MAX_BARS = 12  # the rest is in the table
CAPTION = (
    "Elasticities by central differences: change of the result in % per 1 % change of a number; the strongest first, coloured "
    "by where the number comes from."
)
SHIFT_CAPTION = (
    "Break-even context when one number falls (hollow) or rises (filled) by 10 %, to first order; the strongest first, coloured "
    "by where the number comes from. The line is the break-even itself."
)


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the first scheme's elasticities or shifts, and its title."""
    deployment, scheme, (batch, context) = request.deployment, request.schemes[0], request.point
    name, where = names.scheme_name(scheme), names.describe(deployment)
    if request["of"] == "break-even":
        point = break_even(deployment, scheme, batch)[0]
        frame = to_frame(tornado(deployment, scheme, batch, point.context), "break-even")
        return frame, f"Break-even of {name} at batch {batch:g}: {where}"
    frame = to_frame(elasticities(deployment, scheme, batch, context, request["of"]), request["of"])
    return frame, f"{name} at batch {batch:g}, context {context:,.0f}: {where}"


def to_frame(entries: list[Elasticity] | list[Shift], result: str = "speedup") -> pd.DataFrame:
    """One row per number: name, side, value, unit, meaning, elasticity of ``result``, origin; of shifts, both ends too."""
    rows = []
    for entry in entries:
        number = entry.elasticity if isinstance(entry, Shift) else entry
        name = number.name.rsplit("__", 1)[-1]
        row = {"number": name if number.side == "both" else f"{name} ({number.side})", "value": number.value,
               "unit": number.unit, "meaning": number.meaning, "result": result, "elasticity": number.elasticity,
               "origin": number.origin.kind, "source": number.origin.text}  # fmt: skip
        rows.append(row | ({"low": entry.low, "high": entry.high} if isinstance(entry, Shift) else {}))
    return pd.DataFrame(rows)


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return SHIFT_CAPTION if "low" in frame else CAPTION


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    from matplotlib.patches import Patch

    part = _strongest(frame)
    figure, axis = new_axes(width, 0.21 * len(part) + 0.95)
    rows, colours = np.arange(len(part)), [_colour(origin) for origin in part["origin"]]
    start = _start(part)
    if "low" in part:
        axis.barh(rows, part["high"] - start, left=start, color=colours, height=0.66)
        hollow = {"facecolor": "none", "edgecolor": colours, "linewidth": 0.9}
        axis.barh(rows, part["low"] - start, left=start, height=0.66, **hollow)
    else:
        axis.barh(rows, part["elasticity"], color=colours, height=0.66)
    axis.axvline(start, color=palette.INK, linewidth=0.8)
    axis.set_xlabel(_label(part))
    axis.set_yticks(rows, part["number"].str.replace("_", " "))
    axis.invert_yaxis()
    axis.grid(axis="x")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    finish(figure, title, [Patch(color=_colour(origin), label=origin) for origin in dict.fromkeys(part["origin"])])
    return figure


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    part = _strongest(frame)
    traces, start = [], _start(part)
    for origin in dict.fromkeys(part["origin"]):
        rows, colour = part[part["origin"] == origin], _colour(origin)
        bar = {"type": "bar", "orientation": "h", "y": rows["number"].str.replace("_", " ").to_list(), "name": origin,
               "hovertext": rows["meaning"].to_list(), "legendgroup": origin}  # fmt: skip
        if "low" not in part:
            traces.append(bar | {"x": rows["elasticity"].to_numpy(), "marker": {"color": colour},
                                 "hovertemplate": "%{y}: %{x:+.3f} %<br>%{hovertext}<extra></extra>"})  # fmt: skip
            continue
        for name, sign, fill in (("high", "+", colour), ("low", "−", "rgba(0,0,0,0)")):
            ends = rows[name].to_numpy()
            hover = "%{y} " + sign + "10 %: %{customdata:,.0f} tokens<br>%{hovertext}<extra></extra>"
            traces.append(bar | {"x": ends - start, "base": start, "showlegend": name == "high", "customdata": ends,
                                 "marker": {"color": fill, "line": {"color": colour, "width": 2}},
                                 "hovertemplate": hover})  # fmt: skip
    figure = page.build_figure(traces, title, axes=26 * len(part), barmode="overlay", bargap=0.3)
    figure.update_xaxes(title=_label(part))
    order = part["number"].str.replace("_", " ").to_list()
    figure.update_yaxes(categoryorder="array", categoryarray=order, autorange="reversed", showgrid=False)
    figure.add_vline(x=start, line={"color": palette.MUTED, "width": 1})
    return figure


def _strongest(frame: pd.DataFrame) -> pd.DataFrame:
    order = frame["elasticity"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].head(MAX_BARS)


def _start(part: pd.DataFrame) -> float:
    """Where the bars start: at 0, or at the break-even, which lies at the same log distance from both ends."""
    return float(np.sqrt(part["low"] * part["high"]).iloc[0]) if "low" in part else 0.0


def _label(part: pd.DataFrame) -> str:
    if "low" in part:
        return "context (tokens)"  # short enough for a phone beside the names of the numbers
    return f"change of {part['result'].iloc[0].replace('_', ' ')} in % per 1 % of the number"


def _colour(origin: str) -> str:
    return palette.ORIGINS.get(origin, palette.MUTED)


FIGURE = Figure(
    id="sensitivity",
    order=6,
    summary="how a result moves with each number behind it",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=(*POINT, Option("of", "text", "speedup", "speedup, step_time or break-even.")),
    schemes=("fp8",),
)
