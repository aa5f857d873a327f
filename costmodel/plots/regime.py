"""The regime map: speed-up over batch × context, with the band that cannot be told and what does not fit.

``table`` is what the figure shows and nothing more; ``paper`` draws it with Matplotlib, a panel a scheme, and ``figure``
with Plotly, for a page. Where each scheme chooses its batch there is one ratio a context, and the figure is of lines.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.regime import ABSENT, UNSURE, Regime
from costmodel.plots import palette, regions, scale
from costmodel.plots.page import short
from costmodel.plots.paper import canvas, legend_below, log2_axis

NUMBERED = 150  # cells that still have room for their number
CAPTION = (
    "Step time of the baseline over step time of the scheme at the same batch and context; blue above 1: the scheme is "
    "faster. The line is 1. Hatched: the 90 % interval holds 1, so that it cannot be told. Grey: does not fit."
)
CHOSEN = {
    "own-batch": "its own largest batch",
    "objective": "the largest batch that fits and meets the objective (static: no queue)",
}
LINES = (
    "Throughput of the scheme over that of its baseline, each at {}; above 1 the scheme gives more tokens a second. "
    "Bands: 90 % intervals."
)


def table(made: Regime | list[Regime]) -> pd.DataFrame:
    """One row a cell: scheme, batch, context, ratio with its 90 % interval, verdict, binding term.

    Where the comparison chooses the batches, batch is that of the scheme, and that of the baseline stands behind.
    """
    return pd.concat([_rows(one) for one in (made if isinstance(made, list) else [made])], ignore_index=True)


def _rows(made: Regime) -> pd.DataFrame:
    size, length = np.meshgrid(made.batch, made.context, indexing="ij")
    columns = {"scheme": np.full(size.shape, made.scheme, dtype=object), "batch": size, "context": length}
    columns |= {"ratio": made.ratio, "low": made.low, "high": made.high}
    columns |= {"verdict": made.verdict, "binding": made.binding}
    if made.comparison != "same-batch":
        columns |= {"batch": made.scheme_batch, "baseline_batch": made.baseline_batch}
        columns |= {"comparison": np.full(size.shape, made.comparison, dtype=object)}
    return pd.DataFrame({name: np.asarray(values).ravel() for name, values in columns.items()})


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows and how to read it."""
    return LINES.format(CHOSEN[frame["comparison"].iloc[0]]) if "comparison" in frame else CAPTION


def cells(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Borders of the cells in log2 of context and batch, and every column as an array over batch × context."""
    batch, rows = np.unique(frame["batch"].to_numpy(dtype=float), return_inverse=True)
    context, columns = np.unique(frame["context"].to_numpy(dtype=float), return_inverse=True)
    arrays = {}
    for name in (name for name in frame if name not in _AXES):
        values = frame[name].to_numpy(dtype=object if name in WORDS else float)
        arrays[name] = np.full((len(batch), len(context)), "" if name in WORDS else np.nan, dtype=values.dtype)
        arrays[name][rows, columns] = values
    arrays["shown"] = np.where(arrays["verdict"] == ABSENT, np.nan, arrays["ratio"])
    x, y = (scale.edges(np.log2(axis)) for axis in (context, batch))
    return x, y, arrays


WORDS = ("verdict", "binding")
_AXES = ("batch", "context", "scheme", "baseline_batch")


def paper(frame: pd.DataFrame, title: str = "", width: float = 7.0, overlay: bool = False):
    """A Matplotlib figure of a regime table; ``overlay`` names the term that binds, region by region."""
    if "baseline_batch" in frame:
        return _paper_lines(frame, title, width)
    schemes = list(dict.fromkeys(frame["scheme"]))
    columns = min(len(schemes), max(1, round(width / 1.7)))
    rows = -(-len(schemes) // columns)
    single = len(schemes) == 1
    height = 0.52 * width if single else rows * 0.82 * width / columns + 0.55
    figure, axes = canvas(width, height, rows, columns, squeeze=False, sharex=True, sharey=True)
    ratios = np.where(frame["verdict"] == ABSENT, np.nan, frame["ratio"].astype(float))
    span, clip = scale.clipped(ratios), scale.span(ratios) > scale.DEEPEST
    for place, axis in enumerate(axes.ravel()):
        if place >= len(schemes):
            axis.set_axis_off()
            continue
        part = frame[frame["scheme"] == schemes[place]]
        mesh = _panel(axis, part, span, overlay, single)
        axis.set_title(title if single else schemes[place], loc="left")
        if not single:
            axis.label_outer()
    if not single:
        figure.suptitle(title, x=0.01, ha="left", fontsize=8.5)
    bar = figure.colorbar(
        mesh, ax=axes.ravel().tolist(), shrink=0.9, aspect=30, pad=0.015, extend="both" if clip else "neither"
    )
    marks = scale.bar(span)
    bar.set_ticks(marks["tickvals"], labels=marks["ticktext"])
    bar.set_label("step time, baseline over scheme")
    bar.outline.set_visible(False)
    return figure


def _panel(axis, part: pd.DataFrame, span: float, overlay: bool, single: bool):
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patheffects import withStroke

    x, y, made = cells(part)
    colours = LinearSegmentedColormap.from_list("ratios", palette.RATIOS)
    axis.set_facecolor(palette.ABSENT)
    fine = made["shown"].size > NUMBERED
    mesh = axis.pcolormesh(x, y, np.log2(made["shown"]), cmap=colours, vmin=-span, vmax=span, rasterized=fine)
    stripes = regions.hatching(made["verdict"] == UNSURE, x, y)
    axis.add_collection(LineCollection(stripes, colors="0.35", linewidths=0.35, alpha=0.8))
    if fine:
        centres = [(edge[1:] + edge[:-1]) / 2 for edge in (x, y)]
        if np.nanmin(made["shown"]) < 1 < np.nanmax(made["shown"]):
            axis.contour(*centres, np.log2(made["shown"]), levels=[0.0], colors=palette.INK, linewidths=0.9)
    frontier = regions.outlines(made["verdict"] == ABSENT, x, y)
    axis.add_collection(LineCollection(frontier, colors=palette.INK, linewidths=0.9, linestyles="--"))
    if overlay:
        words = np.where(made["verdict"] == ABSENT, "", made["binding"].astype(str))
        axis.add_collection(
            LineCollection(regions.outlines(words, x, y), colors="0.25", linewidths=0.5, linestyles=":")
        )
        for across, up, word in regions.names(words, x, y):
            axis.text(across, up, word, ha="center", va="center", fontsize=6.5, style="italic",
                      path_effects=[withStroke(linewidth=1.6, foreground="white")])  # fmt: skip
    elif not fine and single:
        _numbers(axis, x, y, made["shown"], span)
    most = 9 if single else 4
    log2_axis(axis.xaxis, part["context"], "context (tokens)", short, most)
    log2_axis(axis.yaxis, part["batch"], "batch (sequences)", short, most + 1)
    axis.set(xlim=x[[0, -1]], ylim=y[[0, -1]])
    axis.spines[:].set_visible(False)
    return mesh


def _numbers(axis, x, y, shown, span) -> None:
    for (i, j), value in np.ndenumerate(shown):
        if np.isfinite(value):
            deep = abs(np.log2(value)) > 0.6 * span
            place = (x[j] + x[j + 1]) / 2, (y[i] + y[i + 1]) / 2
            axis.text(
                *place, f"{value:.2f}", ha="center", va="center", fontsize=6.5, color="white" if deep else "black"
            )


def _paper_lines(frame: pd.DataFrame, title: str, width: float):
    from matplotlib.lines import Line2D

    figure, axis = canvas(width, max(0.55 * width, 2.0))
    handles = []
    for scheme, part in frame.groupby("scheme", sort=False):
        looks = palette.look(scheme)
        x = np.log2(part["context"].astype(float))
        low, middle, high = (_log2(part[name], part["verdict"]) for name in ("low", "ratio", "high"))
        axis.fill_between(x, low, high, color=looks.colour, alpha=0.15, linewidth=0)
        style = {"color": looks.colour, "marker": looks.marker if len(part) <= 20 else "", "linestyle": looks.dash}
        axis.plot(x, middle, **style)
        handles.append(Line2D([], [], label=scheme, **style))
    axis.axhline(0, color=palette.QUIET, linewidth=0.7, zorder=0)
    log2_axis(axis.xaxis, frame["context"], "context (tokens)", short)
    bar = scale.bar(scale.span(frame["ratio"].where(frame["ratio"] > 0).replace(np.inf, np.nan)))
    reach = axis.get_ylim()
    axis.set_yticks(bar["tickvals"], bar["ticktext"])
    axis.set_ylim(reach)
    axis.set_ylabel("throughput, scheme over baseline")
    axis.set_title(title, loc="left")
    axis.grid(axis="y")
    if len(handles) > 1:
        legend_below(figure, handles)
    return figure


def _log2(column, verdict) -> np.ndarray:
    usable = np.isfinite(column) & (column > 0) & (verdict != ABSENT)
    return np.log2(np.where(usable, column, np.nan).astype(float))


def figure(frame: pd.DataFrame, title: str = "", overlay: bool = False):
    """A Plotly figure of the same table: a map over batch × context, or lines with their intervals over context."""
    from costmodel.plots import interactive

    return interactive.line(frame, title) if "baseline_batch" in frame else interactive.heat(frame, title, overlay)
