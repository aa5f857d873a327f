"""A tornado: how a result moves with each number behind it, the strongest first, coloured by where the number comes from.

Bars are elasticities (per cent of the result for one per cent of the number), or, of a break-even, where it goes when a
number falls or rises by a tenth.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.sensitivity import Elasticity, Shift
from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below

SHOWN = 12  # bars; the rest is in the table
CAPTION = (
    "Elasticities by central differences: per cent that the result moves when a number rises by one per cent; the strongest "
    "first, coloured by where the number comes from."
)
SHIFTS = (
    "Break-even context when one number falls (hollow) or rises (full) by 10 %, to first order; the strongest first, coloured "
    "by where the number comes from. The line is the break-even itself."
)


def table(found: list[Elasticity] | list[Shift], result: str = "speedup") -> pd.DataFrame:
    """One row a number: name, whose, value, unit, meaning, elasticity of ``result``, origin; of shifts, both ends too."""
    rows = []
    for each in found:
        number = each.elasticity if isinstance(each, Shift) else each
        name = number.name.rsplit("__", 1)[-1]
        row = {
            "number": name if number.side == "both" else f"{name} ({number.side})",
            "value": number.value,
            "unit": number.unit,
        }
        row |= {
            "meaning": number.meaning,
            "result": result,
            "elasticity": number.elasticity,
            "origin": number.origin.kind,
        }
        row |= {"source": number.origin.text}
        rows.append(row | ({"low": each.low, "high": each.high} if isinstance(each, Shift) else {}))
    return pd.DataFrame(rows)


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return SHIFTS if "low" in frame else CAPTION


def paper(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table."""
    from matplotlib.patches import Patch

    part = _strongest(frame)
    figure, axis = canvas(width, 0.21 * len(part) + 0.95)
    places = np.arange(len(part))
    colours = [palette.ORIGINS.get(kind, palette.QUIET) for kind in part["origin"]]
    if "low" in part:
        middle = _middle(part)
        axis.barh(places, part["high"] - middle, left=middle, color=colours, height=0.66)
        axis.barh(
            places, part["low"] - middle, left=middle, facecolor="none", edgecolor=colours, height=0.66, linewidth=0.9
        )
        axis.set_xlabel("break-even context (tokens)")
        axis.axvline(middle, color=palette.INK, linewidth=0.8)
    else:
        axis.barh(places, part["elasticity"], color=colours, height=0.66)
        axis.axvline(0, color=palette.INK, linewidth=0.8)
        axis.set_xlabel(f"% of {part['result'].iloc[0].replace('_', ' ')} for 1 % of the number")
    axis.set_yticks(places, part["number"].str.replace("_", " "))
    axis.invert_yaxis()
    axis.grid(axis="x")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.set_title(title, loc="left")
    legend_below(
        figure,
        [Patch(color=palette.ORIGINS.get(kind, palette.QUIET), label=kind) for kind in dict.fromkeys(part["origin"])],
    )
    return figure


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    part = _strongest(frame)
    shifts, traces = "low" in part, []
    for kind in dict.fromkeys(part["origin"]):
        rows, colour = part[part["origin"] == kind], palette.ORIGINS.get(kind, palette.QUIET)
        names, told = rows["number"].str.replace("_", " ").to_list(), rows["meaning"].to_list()
        bar = {"type": "bar", "orientation": "h", "y": names, "hovertext": told, "legendgroup": kind}
        if shifts:
            middle = _middle(part)
            for name, hollow in (("high", False), ("low", True)):
                marker = {"color": "rgba(0,0,0,0)" if hollow else colour, "line": {"color": colour, "width": 2}}
                ends = rows[name].to_numpy()
                traces.append(bar | {"x": ends - middle, "base": middle, "marker": marker, "name": kind, "showlegend": not hollow,
                                     "customdata": ends, "hovertemplate": "%{y} " + ("−" if hollow else "+")
                                     + "10 %: %{customdata:,.0f} tokens<br>%{hovertext}<extra></extra>"})  # fmt: skip
        else:
            traces.append(bar | {"x": rows["elasticity"].to_numpy(), "marker": {"color": colour}, "name": kind,
                                 "hovertemplate": "%{y}: %{x:+.3f} %<br>%{hovertext}<extra></extra>"})  # fmt: skip
    made = page.new(traces, title, axes=26 * len(part), barmode="overlay", bargap=0.3)
    label = (
        "break-even context (tokens)"
        if shifts
        else f"% of {part['result'].iloc[0].replace('_', ' ')} for 1 % of the number"
    )
    made.update_xaxes(title=label)
    order = part["number"].str.replace("_", " ").to_list()
    made.update_yaxes(categoryorder="array", categoryarray=order, autorange="reversed", showgrid=False)
    made.add_vline(x=_middle(part) if shifts else 0, line={"color": palette.QUIET, "width": 1})
    return made


def _strongest(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.loc[frame["elasticity"].abs().sort_values(ascending=False, kind="stable").index].head(SHOWN)


def _middle(part: pd.DataFrame) -> float:
    """The break-even itself, which lies at the same log distance from both ends."""
    return float(np.sqrt(part["low"] * part["high"]).iloc[0])
