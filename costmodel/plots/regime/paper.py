"""A regime table as a Matplotlib figure: maps side by side, one panel per scheme, or lines over context."""

import numpy as np
import pandas as pd

from costmodel.analyses.regime import NEEDS_KERNEL, UNSURE
from costmodel.evaluation.ask.verdicts import is_absent
from costmodel.plots.regime.table import MAX_NUMBERED_CELLS, cells, centres, usable
from costmodel.plots.style import palette, regions, scale
from costmodel.plots.style.paper import add_legend_below, add_title, new_axes, set_log2_axis


def draw_maps(frame: pd.DataFrame, title: str, width: float, binding: bool):
    """Maps over batch × context, one panel per scheme; ``binding`` labels the binding term, region by region."""
    schemes = list(dict.fromkeys(frame["scheme"]))
    columns = min(len(schemes), max(1, round(width / 1.7)))
    rows = -(-len(schemes) // columns)
    single = len(schemes) == 1
    height = max(0.52 * width, 2.2) if single else rows * 0.82 * width / columns + 0.55
    figure, axes = new_axes(width, height, rows, columns, squeeze=False, sharex=True, sharey=True)
    ratios = np.where(is_absent(frame["verdict"]), np.nan, frame["ratio"].astype(float))
    span, is_capped = scale.colour_span(ratios), scale.log2_span(ratios) > scale.MAX_COLOUR_SPAN
    for index, axis in enumerate(axes.ravel()):
        if index >= len(schemes):
            axis.set_axis_off()
            continue
        mesh = _draw_panel(axis, frame[frame["scheme"] == schemes[index]], span, binding, single)
        if not single:
            axis.set_title(schemes[index], loc="left")
            axis.label_outer()
    add_title(figure, title)
    extend = "both" if is_capped else "neither"
    bar = figure.colorbar(mesh, ax=axes.ravel().tolist(), shrink=0.9, aspect=30, pad=0.015, extend=extend)
    ticks = scale.colour_bar(span)
    bar.set_ticks(ticks["tickvals"], labels=ticks["ticktext"])
    bar.set_label("step time, baseline over scheme")
    bar.outline.set_visible(False)
    return figure


def _draw_panel(axis, part: pd.DataFrame, span: float, binding: bool, single: bool):
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patheffects import withStroke

    x, y, arrays = cells(part)
    shown, verdict = arrays["shown"], arrays["verdict"]
    colours = LinearSegmentedColormap.from_list("ratios", palette.RATIOS)
    axis.set_facecolor(palette.NO_FIT)
    is_fine = shown.size > MAX_NUMBERED_CELLS
    mesh = axis.pcolormesh(x, y, np.log2(shown), cmap=colours, vmin=-span, vmax=span, rasterized=is_fine)
    stripes = regions.hatching(verdict == UNSURE, x, y)
    axis.add_collection(LineCollection(stripes, colors="0.35", linewidths=0.35, alpha=0.8))
    if is_fine and np.nanmin(shown) < 1 < np.nanmax(shown):
        axis.contour(centres(x), centres(y), np.log2(shown), levels=[0.0], colors=palette.INK, linewidths=0.9)
    crosses = regions.cross_hatching(verdict == NEEDS_KERNEL, x, y)
    axis.add_collection(LineCollection(crosses, colors="0.35", linewidths=0.35, alpha=0.7))
    frontier = regions.outlines(is_absent(verdict), x, y)
    axis.add_collection(LineCollection(frontier, colors=palette.INK, linewidths=0.9, linestyles="--"))
    if binding:
        terms = np.where(is_absent(verdict), "", arrays["binding"].astype(str))
        borders = LineCollection(regions.outlines(terms, x, y), colors="0.25", linewidths=0.5, linestyles=":")
        axis.add_collection(borders)
        for across, up, term in regions.region_labels(terms, x, y):
            axis.text(across, up, term, ha="center", va="center", fontsize=6.5, style="italic",
                      path_effects=[withStroke(linewidth=1.6, foreground="white")])  # fmt: skip
    elif not is_fine and single:
        _print_numbers(axis, x, y, shown, span)
    max_ticks = 9 if single else 4
    set_log2_axis(axis.xaxis, part["context"], "context (tokens)", max_ticks)
    set_log2_axis(axis.yaxis, part["batch"], "batch (sequences)", max_ticks + 1)
    axis.set(xlim=x[[0, -1]], ylim=y[[0, -1]])
    axis.spines[:].set_visible(False)
    return mesh


def _print_numbers(axis, x, y, shown, span) -> None:
    for (i, j), value in np.ndenumerate(shown):
        if np.isfinite(value):
            colour = "white" if abs(np.log2(value)) > 0.6 * span else "black"
            centre = (x[j] + x[j + 1]) / 2, (y[i] + y[i + 1]) / 2
            axis.text(*centre, f"{value:.2f}", ha="center", va="center", fontsize=6.5, color=colour)


def draw_lines(frame: pd.DataFrame, title: str, width: float):
    """Ratios over context, one line per scheme with the band of its 90 % interval."""
    from matplotlib.lines import Line2D

    figure, axis = new_axes(width, max(0.55 * width, 2.0))
    handles = []
    for scheme, part in frame.groupby("scheme", sort=False):
        style, is_usable = palette.style_of(scheme), usable(part)
        x = np.log2(part["context"].astype(float))
        ends = [np.where(is_usable, part[name], np.nan).astype(float) for name in ("low", "ratio", "high")]
        low, middle, high = (np.log2(np.where(np.isfinite(end) & (end > 0), end, np.nan)) for end in ends)
        axis.fill_between(x, low, high, color=style.colour, alpha=0.15, linewidth=0)
        line = {"color": style.colour, "marker": style.marker if len(part) <= 20 else "", "linestyle": style.dash}
        axis.plot(x, middle, **line)
        handles.append(Line2D([], [], label=scheme, **line))
    axis.axhline(0, color=palette.MUTED, linewidth=0.7, zorder=0)
    set_log2_axis(axis.xaxis, frame["context"], "context (tokens)")
    limits = axis.get_ylim()
    ticks = scale.thin_ticks(scale.colour_bar(max(map(abs, limits))))
    inside = [
        (x, text) for x, text in zip(ticks["tickvals"], ticks["ticktext"], strict=True) if limits[0] <= x <= limits[1]
    ]
    axis.set_yticks(*(list(column) for column in zip(*inside, strict=True)))
    axis.set_ylim(limits)
    axis.set_ylabel("throughput ratio")
    add_title(figure, title)
    axis.grid(axis="y")
    if len(handles) > 1:
        add_legend_below(figure, handles)
    return figure
