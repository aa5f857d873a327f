"""A stress test as lines: the quantity that the test is about over its axis, a line a scheme, with intervals where it has any.

Where 1 divides winning from losing it is drawn; a drawing belongs to a test, whose labels and scales it takes.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below, log2_axis
from costmodel.stress.base import StressResult, StressTest


def table(found: StressResult) -> pd.DataFrame:
    """One row a scheme and value of the axis: the scheme's baseline, then the test's quantities in SI units."""
    parts = [
        pd.DataFrame(
            {"scheme": curve.scheme, "baseline": curve.baseline, found.test.axis: found.conditions.axis_values}
            | curve.columns
        )
        for curve in found.curves
    ]
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class Drawing:
    """The figures of one test under the conditions of a result."""

    test: StressTest
    conditions: str

    CONDITIONS = "Bytes as the format allows, full blocks shared, cold L2."

    def caption(self, frame: pd.DataFrame) -> str:
        """What the figure shows."""
        drawn = self.test.plot.label
        bands = f" {self.test.bands}." if set(self.test.plot.band) <= set(frame) else ""
        return f"{drawn[:1].upper()}{drawn[1:]} over {self.test.axis_label}: {self.conditions}.{bands}"

    def paper(self, frame: pd.DataFrame, title: str = "", width: float = 7.0):
        """A Matplotlib figure of the table."""
        from matplotlib.lines import Line2D
        from matplotlib.ticker import LogLocator, NullFormatter

        figure, axis = canvas(width, max(0.55 * width, 2.4))
        handles = []
        for scheme, x, low, middle, high in self._lines(frame):
            looks = palette.look(scheme)
            if low is not None:
                axis.fill_between(x, low, high, color=looks.colour, alpha=0.12, linewidth=0)
            style = {"color": looks.colour, "linestyle": looks.dash, "marker": looks.marker if len(x) <= FEW else ""}
            axis.plot(x, middle, **style)
            handles.append(Line2D([], [], label=scheme, **style))
        drawn = self.test.plot
        if drawn.has_unity_line:
            axis.axhline(1, color=palette.QUIET, linewidth=0.7, zorder=0)
        if drawn.log:
            axis.set_yscale("log")
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axis.yaxis.set_minor_formatter(NullFormatter())
        else:
            axis.set_ylim(bottom=0)
        if self.test.log:
            log2_axis(axis.xaxis, frame[self.test.axis], self.test.axis_label, page.short)
        else:
            axis.set_xlabel(self.test.axis_label)
            axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axis.set_ylabel(drawn.label)
        axis.grid()
        axis.set_title(title, loc="left")
        legend_below(figure, handles)
        return figure

    def figure(self, frame: pd.DataFrame, title: str = ""):
        """A Plotly figure of the table."""
        drawn, traces = self.test.plot, []
        for scheme, x, low, middle, high in self._lines(frame):
            looks = palette.look(scheme)
            if low is not None:
                shade = palette.shade(looks.colour, 0.12)
                edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip",
                        "showlegend": False, "legendgroup": scheme}  # fmt: skip
                traces += [edge | {"y": low}, edge | {"y": high, "fill": "tonexty", "fillcolor": shade}]
            traces.append({
                "type": "scatter", "mode": "lines+markers" if len(x) <= FEW else "lines", "x": x, "y": middle,
                "name": scheme, "legendgroup": scheme, "line": {"color": looks.colour, "width": 2, "dash": looks.stroke},
                "marker": {"symbol": looks.symbol, "size": 8, "color": looks.colour},
                "customdata": np.exp2(x) if self.test.log else x,
                "hovertemplate": f"{scheme}: %{{customdata:,.0f}}, %{{y:,.4g}}<extra></extra>",
            })  # fmt: skip
        across = page.log2_ticks(frame[self.test.axis], page.short) if self.test.log else {}
        upright = {"type": "log", "dtick": "D2"} if drawn.log else {"rangemode": "tozero"}
        one = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": 1, "y1": 1}
        one |= {"line": {"color": palette.QUIET, "dash": "dot", "width": 1}}
        return page.new(
            traces,
            title,
            xaxis={"title": {"text": self.test.axis_label}} | across,
            yaxis={"title": {"text": drawn.label}} | upright,
            shapes=[one] if drawn.has_unity_line else [],
        )

    def _lines(self, frame: pd.DataFrame):
        """Of every scheme: places on the axis, and the quantity with both ends of its interval where it has one."""
        factor, (first, last) = self.test.plot.factor, self.test.plot.band
        for scheme, part in frame.groupby("scheme", sort=False):
            x = part[self.test.axis].to_numpy(dtype=float)
            names = (first, self.test.plot.column, last)
            low, middle, high = (part[name].to_numpy() * factor if name in part else None for name in names)
            yield scheme, np.log2(x) if self.test.log else x, low, middle, high


FEW = 20  # points that have room for a mark each
