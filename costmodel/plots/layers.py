"""Every kind of layer under every scheme: the bytes that one layer caches, and the time that it takes, over the layers.

The width of a step is the number of layers of that kind; kinds stand side by side, schedules in order of depth.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.layers import LayerGroup, layers
from costmodel.plots.base import POINT, Figure, Request
from costmodel.plots.style import names, page, palette
from costmodel.plots.style.fitting import finish
from costmodel.plots.style.paper import PANEL_WIDTH, new_axes

CAPTION = (
    "Cache of a sequence in one layer, and time of one layer in a decode step (attention, codec and matrix products), over "
    "the layers of the model; layers of one kind side by side."
)
LABEL_HEIGHT = 16  # pixels of a line of text
PANELS = {"megabytes": "cache of a sequence (MB)", "microseconds": "time of a layer (µs)"}


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the layers under each scheme, and its title."""
    return to_frame(layers(request.deployment, request.schemes, *request.point)), request.point_title


def to_frame(groups: list[LayerGroup]) -> pd.DataFrame:
    """One row per kind and scheme: layers, first index, tokens kept and read, megabytes and microseconds of one layer."""
    rows = []
    for group in groups:
        row = {"scheme": group.scheme, "kind": group.kind, "layers": group.count, "place": group.first_index}
        row |= {
            "kept_tokens": group.kept_tokens,
            "read_tokens": group.read_tokens,
            "megabytes": group.sequence_bytes / 1e6,
        }
        row |= {f"{part}_us": 1e6 * seconds / group.count for part, seconds in group.seconds.items()}
        rows.append(row | {"microseconds": 1e6 * sum(group.seconds.values()) / group.count})
    order = {name: index for index, name in enumerate(dict.fromkeys(row["scheme"] for row in rows))}
    return (
        pd.DataFrame(rows)
        .sort_values(["scheme", "kind", "place"], kind="stable",
                     key=lambda column: column.map(order) if column.name == "scheme" else column)
        .reset_index(drop=True)
    )  # fmt: skip


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def steps(part: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Corners (x, y) of the steps of one scheme's column over its layers."""
    edges = np.concatenate([[0], part["layers"].cumsum()])
    return np.repeat(edges, 2)[1:-1], np.repeat(part[name].to_numpy(dtype=float), 2)


def kinds(frame: pd.DataFrame) -> list[tuple[float, float, str]]:
    """For each kind: where it begins and ends over the layers, and its label."""
    part = frame[frame["scheme"] == frame["scheme"].iloc[0]]
    spans, start = [], 0
    for kind, rows in part.groupby("kind", sort=True):
        end = start + int(rows["layers"].sum())
        spans.append((start, end, f"{end - start} × {kind}"))
        start = end
    return spans


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table, ``width`` inches wide."""
    from matplotlib.lines import Line2D

    rows, columns = (1, 2) if width >= 2 * PANEL_WIDTH else (2, 1)
    figure, panels = new_axes(width, rows * max(0.42 * width, 2.4), rows, columns)
    handles, labels, styles = [], names.scheme_names(frame), palette.styles_of(frame["scheme"].unique())
    for scheme, part in frame.groupby("scheme", sort=False):
        style = styles[scheme]
        line = {"color": style.colour, "linestyle": style.dash}
        for axis, name in zip(panels, PANELS, strict=True):
            axis.plot(*steps(part, name), **line)
        handles.append(Line2D([], [], label=labels[scheme], **line))
    spans = kinds(frame)
    for axis, (name, label) in zip(panels, PANELS.items(), strict=True):
        axis.set(ylabel=label, ylim=(0, 1.05 * frame[name].max()), xlim=(0, spans[-1][1]), xlabel="layers, by kind")
        for line, (start, end, kind) in enumerate(reversed(spans)):
            axis.axvline(start, color=palette.GRID, linewidth=0.6, zorder=0)
            x, side = _label_side(start, end, spans[-1][1])
            axis.annotate(kind, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 2 + 8 * line), ha=side,
                          textcoords="offset points", va="bottom", fontsize=6.5, color=palette.MUTED)  # fmt: skip
        axis.grid(axis="y")
    finish(figure, title, handles)
    return figure


def draw_plotly(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    traces, labels, styles = [], names.scheme_names(frame), palette.styles_of(frame["scheme"].unique())
    for scheme, part in frame.groupby("scheme", sort=False):
        style, label = styles[scheme], labels[scheme]
        for name, suffix in zip(PANELS, ("", "2"), strict=True):
            x, y = steps(part, name)
            traces.append({"type": "scatter", "mode": "lines", "x": x, "y": y, "name": label, "legendgroup": scheme,
                           "showlegend": not suffix, "line": {"color": style.colour, "width": 2, "dash": style.plotly_dash},
                           "xaxis": f"x{suffix}", "yaxis": f"y{suffix}",
                           "hovertemplate": f"{label}: %{{y:.4g}}<extra></extra>"})  # fmt: skip
    spans = kinds(frame)
    last = spans[-1][1]
    across = {"showgrid": False, "range": [0, last]}
    cache, time = ({"title": {"text": label}} for label in PANELS.values())
    axes = {
        "yaxis": cache | {"rangemode": "tozero", "domain": [0.54, 1]},
        "yaxis2": time | {"rangemode": "tozero", "domain": [0, 0.46], "anchor": "x2"},
        "xaxis": across | {"showticklabels": False},
        "xaxis2": across | {"title": {"text": "layers, by kind"}, "anchor": "y2"},
    }
    figure = page.build_figure(traces, title, axes=460, above=16 + LABEL_HEIGHT * len(spans), **axes)
    for index, (start, end, kind) in enumerate(spans):
        x, side = _label_side(start, end, last)
        shift = LABEL_HEIGHT * (len(spans) - 1 - index)
        figure.add_annotation(x=x, xanchor=side, y=1, yref="paper", yanchor="bottom", yshift=shift, text=kind,
                              showarrow=False, font={"size": 11})  # fmt: skip
        if index:
            figure.add_vline(x=start, line={"color": page.GRID, "width": 1, "dash": "dot"})
    return figure


def _label_side(start: float, end: float, last: float) -> tuple[float, str]:
    """Where the label of a kind stands and which side of it: a line each, and from the kind's end where that is nearer.

    So no two meet, and none leaves the figure.
    """
    return (start, "left") if start + end <= last else (end, "right")


FIGURE = Figure(
    id="layers",
    order=7,
    summary="cache and time of every kind of layer",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=POINT,
    schemes=("none", "fp8", "h2o", "pyramidkv"),
)
