"""Every stress test as a figure: the test's quantity over its axis, one line per scheme, with intervals where it has any.

Where 1 divides winning from losing it is drawn. Labels and scales are the test's own.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from costmodel import stress
from costmodel.plots.base import Figure, Option, Request
from costmodel.plots.style import names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes, set_log2_axis, set_log_axis
from costmodel.stress import StressResult, StressTest

MAX_MARKED_POINTS = 20  # of a line that has room for a mark at each
CONDITIONS = "Bytes as the format specifies, full blocks shared, cold L2."
OPTIONS = (
    Option(
        "with", "conditions", None, "Conditions of a stress test, e.g. 'context=64K private=1K' (costmodel stress)."
    ),
    Option("over", "axis", None, "Axis of a stress test: 1,8,64, 1:128 or 1:1K:40."),
)


def to_frame(result: StressResult) -> pd.DataFrame:
    """One row per scheme and value of the axis: the scheme's baseline, then the test's quantities in SI units.

    ``attrs["conditions"]`` are the conditions that the test was run under, in words.
    """
    parts = [
        pd.DataFrame(
            {"scheme": curve.scheme, "baseline": curve.baseline, result.test.axis: result.conditions.axis_values}
            | curve.columns
        )
        for curve in result.curves
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["conditions"] = result.conditions_text
    return frame


@dataclass(frozen=True)
class StressFigure:
    """The figure of one stress test."""

    test: StressTest

    def compute(self, request: Request) -> tuple[pd.DataFrame, str]:
        """The table of the test's curves, and its title."""
        conditions = request["with"] or {}
        result = stress.run_test(self.test, request.deployment, request.schemes, request["over"], **conditions)
        return to_frame(result), names.describe(request.deployment)

    def format_caption(self, frame: pd.DataFrame) -> str:
        """What the figure shows."""
        label = self.test.plot.label
        bands = f" {self.test.bands}." if set(self.test.plot.band) <= set(frame) else ""
        return f"{label[:1].upper()}{label[1:]} over {self.test.axis_label}: {frame.attrs['conditions']}.{bands}"

    def draw_matplotlib(self, frame: pd.DataFrame, title: str = "", width: float = 7.0):
        """A Matplotlib figure of the table, ``width`` inches wide."""
        from matplotlib.lines import Line2D

        test = self.test
        figure, axis = new_axes(width, max(0.55 * width, 2.4))
        handles, labels = [], names.scheme_names(frame)
        for scheme, style, x, low, middle, high in self._lines(frame):
            if low is not None:
                axis.fill_between(x, low, high, color=style.colour, alpha=0.12, linewidth=0)
            marker = style.marker if len(x) <= MAX_MARKED_POINTS else ""
            line = {"color": style.colour, "linestyle": style.dash, "marker": marker}
            axis.plot(x, middle, **line)
            handles.append(Line2D([], [], label=labels[scheme], **line))
        if test.plot.has_unity_line:
            axis.axhline(1, color=palette.MUTED, linewidth=0.7, zorder=0)
        if test.plot.log:
            set_log_axis(axis.yaxis)
        else:
            axis.set_ylim(bottom=0)
        if test.log:
            set_log2_axis(axis.xaxis, frame[test.axis], test.axis_label)
        else:
            axis.set_xlabel(test.axis_label)
            axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 10 else f"{value:g}")
        axis.set_ylabel(test.plot.label)
        axis.grid()
        finish(figure, title, handles)
        return figure

    def draw_plotly(self, frame: pd.DataFrame, title: str = ""):
        """A Plotly figure of the table."""
        test, traces, labels = self.test, [], names.scheme_names(frame)
        for scheme, style, x, low, middle, high in self._lines(frame):
            if low is not None:
                band = {"fill": "tonexty", "fillcolor": palette.translucent(style.colour, 0.12)}
                edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip",
                        "showlegend": False, "legendgroup": scheme}  # fmt: skip
                traces += [edge | {"y": low}, edge | {"y": high} | band]
            traces.append({
                "type": "scatter", "mode": "lines+markers" if len(x) <= MAX_MARKED_POINTS else "lines", "x": x, "y": middle,
                "name": labels[scheme], "legendgroup": scheme,
                "line": {"color": style.colour, "width": 2, "dash": style.plotly_dash},
                "marker": {"symbol": style.symbol, "size": 8, "color": style.colour},
                "customdata": np.exp2(x) if test.log else x,
                "hovertemplate": f"{labels[scheme]}: %{{customdata:,.6~g}}, %{{y:,.4g}}<extra></extra>",
            })  # fmt: skip
        across = page.log2_ticks(frame[test.axis]) if test.log else {}
        heights = [height for trace in traces for height in trace["y"]]
        upright = page.decade_ticks(heights) if test.plot.log else {"rangemode": "tozero"}
        unity = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": 1, "y1": 1}
        unity |= {"line": {"color": palette.MUTED, "dash": "dot", "width": 1}}
        axes = {
            "xaxis": {"title": {"text": test.axis_label}} | across,
            "yaxis": {"title": {"text": test.plot.label}} | upright,
        }
        return page.build_figure(traces, title, shapes=[unity] if test.plot.has_unity_line else [], **axes)

    def _lines(self, frame: pd.DataFrame):
        """For each scheme: its style, x, and the quantity with both ends of its interval, or None where it has none."""
        plot = self.test.plot
        low_name, high_name = plot.band
        styles = palette.styles_of(frame["scheme"].unique())
        for scheme, part in frame.groupby("scheme", sort=False):
            x = part[self.test.axis].to_numpy(dtype=float)
            names = (low_name, plot.column, high_name)
            low, middle, high = (part[name].to_numpy() * plot.factor if name in part else None for name in names)
            yield scheme, styles[scheme], np.log2(x) if self.test.log else x, low, middle, high


def build_figure(test: StressTest) -> Figure:
    """The figure of a stress test."""
    figure = StressFigure(test)
    return Figure(
        id=f"stress-{test.id}",
        order=100 + test.order,
        summary=f"stress test {test.id}",
        compute=figure.compute,
        draw_matplotlib=figure.draw_matplotlib,
        draw_plotly=figure.draw_plotly,
        format_caption=figure.format_caption,
        options=OPTIONS,
        schemes=test.schemes,
        conditions=CONDITIONS,
    )


FIGURES = tuple(build_figure(test) for test in stress.load_tests().values())
