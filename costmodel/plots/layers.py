"""Every kind of layer under every scheme: the bytes that one layer caches, and the time that it takes, over the layers.

The width of a step is the number of layers of that kind; kinds stand beside each other, schedules in order of depth.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.layers import LayerGroup
from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below

CAPTION = (
    "Cache of a sequence in one layer, and time of one layer in a decode step (attention, codec and matrix products), over "
    "the layers of the model; layers of one kind side by side."
)
LINE = 16  # pixels of a line of words
PANELS = {"megabytes": "cache of a sequence (MB)", "microseconds": "time of a layer (µs)"}


def table(found: list[LayerGroup]) -> pd.DataFrame:
    """One row a kind and scheme: layers, first place, tokens kept and read, megabytes and microseconds of one layer."""
    rows = []
    for one in found:
        row = {"scheme": one.scheme, "kind": one.kind, "layers": one.count, "place": one.first_index}
        row |= {"kept_tokens": one.kept_tokens, "read_tokens": one.read_tokens, "megabytes": one.sequence_bytes / 1e6}
        row |= {f"{word}_us": 1e6 * seconds / one.count for word, seconds in one.seconds.items()}
        rows.append(row | {"microseconds": 1e6 * sum(one.seconds.values()) / one.count})
    return (
        pd.DataFrame(rows)
        .sort_values(["scheme", "kind", "place"], kind="stable", key=_in_order(rows))
        .reset_index(drop=True)
    )


def _in_order(rows):
    first = {name: place for place, name in enumerate(dict.fromkeys(row["scheme"] for row in rows))}
    return lambda column: column.map(first) if column.name == "scheme" else column


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


def steps(part: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the steps of one scheme over its layers."""
    edges = np.concatenate([[0], part["layers"].cumsum()])
    return np.repeat(edges, 2)[1:-1], np.repeat(part[name].to_numpy(dtype=float), 2)


def kinds(frame: pd.DataFrame) -> list[tuple[float, float, str]]:
    """Where each kind begins and ends over the layers, and what it is called."""
    part = frame[frame["scheme"] == frame["scheme"].iloc[0]]
    found, start = [], 0
    for kind, rows in part.groupby("kind", sort=True):
        end = start + int(rows["layers"].sum())
        found.append((start, end, f"{end - start} × {kind}"))
        start = end
    return found


def paper(frame: pd.DataFrame, title: str = "", width: float = 7.0):
    """A Matplotlib figure of the table."""
    from matplotlib.lines import Line2D

    figure, panels = canvas(width, max(0.42 * width, 2.4), 1, 2)
    handles = []
    for scheme, part in frame.groupby("scheme", sort=False):
        looks = palette.look(scheme)
        style = {"color": looks.colour, "linestyle": looks.dash}
        for axis, name in zip(panels, PANELS, strict=True):
            axis.plot(*steps(part, name), **style)
        handles.append(Line2D([], [], label=scheme, **style))
    for axis, (name, label) in zip(panels, PANELS.items(), strict=True):
        axis.set(
            ylabel=label, ylim=(0, 1.25 * frame[name].max()), xlim=(0, kinds(frame)[-1][1]), xlabel="layers, by kind"
        )
        for place, (start, _, word) in enumerate(kinds(frame)):
            axis.axvline(start, color=palette.GRID, linewidth=0.6, zorder=0)
            axis.annotate(word, (start, 1), xycoords=("data", "axes fraction"), xytext=(2, -2 - 8 * (place % 2)),
                          textcoords="offset points", va="top", fontsize=6.5, color=palette.QUIET)  # fmt: skip
        axis.grid(axis="y")
    figure.suptitle(title, x=0.01, ha="left", fontsize=8.5)
    legend_below(figure, handles)
    return figure


def figure(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of the table."""
    traces = []
    for scheme, part in frame.groupby("scheme", sort=False):
        looks = palette.look(scheme)
        for place, name in enumerate(PANELS):
            x, y = steps(part, name)
            end = "2" if place else ""
            traces.append({"type": "scatter", "mode": "lines", "x": x, "y": y, "name": scheme, "legendgroup": scheme,
                           "showlegend": not place, "line": {"color": looks.colour, "width": 2, "dash": looks.stroke},
                           "xaxis": f"x{end}", "yaxis": f"y{end}",
                           "hovertemplate": f"{scheme}: %{{y:.4g}}<extra></extra>"})  # fmt: skip
    told = kinds(frame)
    last = told[-1][1]
    across = {"showgrid": False, "range": [0, last]}
    axes = {
        "yaxis": {"title": {"text": PANELS["megabytes"]}, "rangemode": "tozero", "domain": [0.54, 1]},
        "yaxis2": {
            "title": {"text": PANELS["microseconds"]},
            "rangemode": "tozero",
            "domain": [0, 0.46],
            "anchor": "x2",
        },
        "xaxis": across | {"showticklabels": False},
        "xaxis2": across | {"title": {"text": "layers, by kind"}, "anchor": "y2"},
    }
    made = page.new(traces, title, axes=460, above=16 + LINE * len(told), **axes)
    for place, (start, end, word) in enumerate(told):
        # A line each, and from its kind's end where that is nearer: so no two meet, and none leaves the figure.
        side = {"x": start, "xanchor": "left"} if start + end <= last else {"x": end, "xanchor": "right"}
        made.add_annotation(**side, y=1, yref="paper", yanchor="bottom", yshift=LINE * (len(told) - 1 - place), text=word,
                            showarrow=False, font={"size": 11})  # fmt: skip
        if place:
            made.add_vline(x=start, line={"color": page.LINE, "width": 1, "dash": "dot"})
    return made
