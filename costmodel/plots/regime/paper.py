"""A regime table as a Matplotlib figure: maps side by side, one panel per scheme, or lines over context."""

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.verdicts import is_absent
from costmodel.plots.regime.panel import Panel
from costmodel.plots.regime.table import usable
from costmodel.plots.style import palette, scale
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.names import scheme_names
from costmodel.plots.style.paper import add_panels, new_axes, set_log2_axis

X_LABEL, Y_LABEL = "context (tokens)", "batch (sequences)"


def draw_maps(frame: pd.DataFrame, title: str, width: float, binding: bool):
    """Maps over batch × context, one panel per scheme; ``binding`` labels the binding term, region by region."""
    names_of = scheme_names(frame)
    single = len(names_of) == 1
    figure, axes = _new_maps(width, list(names_of.values()))
    ratios = np.where(is_absent(frame["verdict"]), np.nan, frame["ratio"].astype(float))
    span, is_capped = scale.colour_span(ratios), scale.log2_span(ratios) > scale.MAX_COLOUR_SPAN
    panels = [Panel(axis, frame[frame["scheme"] == scheme], span) for axis, scheme in zip(axes, names_of, strict=True)]
    for panel in panels:
        mesh = panel.draw(max_ticks=9 if single else 4)
        if binding:
            panel.write_terms()
        elif single:
            panel.write_numbers()
    extend = "both" if is_capped else "neither"
    bar = figure.colorbar(mesh, ax=axes, shrink=0.9, aspect=30, pad=0.015, extend=extend)
    ticks = scale.colour_bar(span)
    bar.set_ticks(ticks["tickvals"], labels=ticks["ticktext"])
    bar.set_label("step time, baseline over scheme")
    bar.outline.set_visible(False)
    finish(figure, title, place_texts=lambda: [panel.place_texts() for panel in panels])
    return figure


def _new_maps(width: float, titles: list[str]):
    """A figure and the axes of its maps: a single one needs no title."""
    if len(titles) > 1:
        return add_panels(width, 0.82, titles, X_LABEL, Y_LABEL)
    figure, axis = new_axes(width, max(0.52 * width, 2.2))
    axis.set(xlabel=X_LABEL, ylabel=Y_LABEL)
    return figure, [axis]


def draw_lines(frame: pd.DataFrame, title: str, width: float):
    """Ratios over context, one line per scheme with the band of its 90 % interval."""
    from matplotlib.lines import Line2D

    figure, axis = new_axes(width, max(0.55 * width, 2.0))
    handles, labels, styles = [], scheme_names(frame), palette.styles_of(frame["scheme"].unique())
    for scheme, part in frame.groupby("scheme", sort=False):
        style, is_usable = styles[scheme], usable(part)
        x = np.log2(part["context"].astype(float))
        ends = [np.where(is_usable, part[name], np.nan).astype(float) for name in ("low", "ratio", "high")]
        low, middle, high = (np.log2(np.where(np.isfinite(end) & (end > 0), end, np.nan)) for end in ends)
        axis.fill_between(x, low, high, color=style.colour, alpha=0.15, linewidth=0)
        line = {"color": style.colour, "marker": style.marker if len(part) <= 20 else "", "linestyle": style.dash}
        axis.plot(x, middle, **line)
        handles.append(Line2D([], [], label=labels[scheme], **line))
    axis.axhline(0, color=palette.MUTED, linewidth=0.7, zorder=0)
    set_log2_axis(axis.xaxis, frame["context"], X_LABEL)
    limits = axis.get_ylim()
    ticks = scale.colour_bar(max(map(abs, limits)))
    inside = [
        (x, text) for x, text in zip(ticks["tickvals"], ticks["ticktext"], strict=True) if limits[0] <= x <= limits[1]
    ]
    axis.set_yticks(*(list(column) for column in zip(*inside, strict=True)))
    axis.set_ylim(limits)
    axis.set_ylabel("throughput ratio")
    axis.grid(axis="y")
    finish(figure, title, handles if len(handles) > 1 else ())
    return figure
