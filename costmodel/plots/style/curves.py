"""Lines with 90 % bands over a log2 axis, one line per scheme: what figures over a batch or a load have in common."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from costmodel.plots.style import names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import new_axes, set_log2_axis

ENDS = ("_lo", "", "_hi")


@dataclass(frozen=True)
class CurveStyle:
    """The column drawn, its label and the factor to the label's unit; the column of the x axis and its label."""

    column: str
    label: str
    x_column: str = "batch"
    x_label: str = "batch (sequences)"
    factor: float = 1.0

    def draw_matplotlib(self, frame: pd.DataFrame, title: str = "", width: float = 7.0):
        """A Matplotlib figure of the table, ``width`` inches wide; a mark ends each line."""
        from matplotlib.lines import Line2D

        figure, axis = new_axes(width, max(0.55 * width, 2.4))
        handles, labels, styles = [], names.scheme_names(frame), palette.styles_of(frame["scheme"].unique())
        for scheme, part in frame.groupby("scheme", sort=False):
            style, x = styles[scheme], np.log2(part[self.x_column])
            low, middle, high = (self.factor * part[f"{self.column}{end}"] for end in ENDS)
            axis.fill_between(x, low, high, color=style.colour, alpha=0.1, linewidth=0)
            axis.plot(x, middle, color=style.colour, linestyle=style.dash)
            axis.plot(x.iloc[-1:], middle.iloc[-1:], color=style.colour, marker=style.marker, linestyle="")
            line = {"color": style.colour, "linestyle": style.dash, "marker": style.marker}
            handles.append(Line2D([], [], label=labels[scheme], **line))
        set_log2_axis(axis.xaxis, frame[self.x_column], self.x_label)
        axis.set_ylabel(self.label)
        axis.set_ylim(bottom=0)
        axis.grid()
        finish(figure, title, handles)
        return figure

    def draw_plotly(self, frame: pd.DataFrame, title: str = ""):
        """A Plotly figure of the table; a mark ends each line."""
        traces, labels, styles = [], names.scheme_names(frame), palette.styles_of(frame["scheme"].unique())
        for scheme, part in frame.groupby("scheme", sort=False):
            style, x = styles[scheme], np.log2(part[self.x_column].to_numpy())
            low, middle, high = (self.factor * part[f"{self.column}{end}"].to_numpy() for end in ENDS)
            band = {"fill": "tonexty", "fillcolor": palette.translucent(style.colour, 0.1)}
            edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip",
                    "showlegend": False, "legendgroup": scheme}  # fmt: skip
            traces += [edge | {"y": low}, edge | {"y": high} | band]
            sizes = np.where(np.arange(len(part)) == len(part) - 1, 9, 0)
            traces.append({
                "type": "scatter", "mode": "lines+markers", "x": x, "y": middle, "name": labels[scheme], "legendgroup": scheme,
                "line": {"color": style.colour, "width": 2, "dash": style.plotly_dash},
                "marker": {"symbol": style.symbol, "size": sizes, "color": style.colour, "opacity": 1},
                "customdata": part[self.x_column].to_numpy(),
                "hovertemplate": f"{labels[scheme]}: {self.x_column} %{{customdata:,.0f}}, %{{y:,.4g}}<extra></extra>",
            })  # fmt: skip
        x_axis = {"title": {"text": self.x_label}} | page.log2_ticks(frame[self.x_column])
        return page.build_figure(
            traces, title, xaxis=x_axis, yaxis={"title": {"text": self.label}, "rangemode": "tozero"}
        )
