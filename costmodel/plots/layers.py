"""Every kind of layer under every scheme: the bytes that one layer caches, and the time that it takes, over the layers.

The width of a step is the number of layers of that kind; kinds stand beside each other, schedules in order of depth.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.layers import Layers
from costmodel.plots import page, palette
from costmodel.plots.paper import canvas, legend_below

CAPTION = (
    "Cache of a sequence in one layer, and time of one layer in a decode step (attention, codec and matrix products), over "
    "the layers of the model; layers of one kind side by side."
)
PANELS = {"megabytes": "cache of a sequence (MB)", "microseconds": "time of a layer (µs)"}


def table(found: list[Layers]) -> pd.DataFrame:
    """One row a kind and scheme: layers, first place, tokens kept and read, megabytes and microseconds of one layer."""
    rows = []
    for one in found:
        row = {"scheme": one.scheme, "kind": one.kind, "layers": one.count, "place": one.place}
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
            end = str(place + 1) if place else ""
            traces.append({"type": "scatter", "mode": "lines", "x": x, "y": y, "name": scheme, "legendgroup": scheme,
                           "showlegend": not place, "line": {"color": looks.colour, "width": 2, "dash": looks.stroke},
                           "xaxis": f"x{end}", "yaxis": f"y{end}",
                           "hovertemplate": f"{scheme}: %{{y:.4g}}<extra></extra>"})  # fmt: skip
    axes = {"xaxis": {"domain": [0, 0.45]}, "xaxis2": {"domain": [0.57, 1], "anchor": "y2"}, "yaxis2": {"anchor": "x2"}}
    made = page.new(traces, title, **axes)
    for end, label in zip(("", "2"), PANELS.values(), strict=True):
        made.update_layout({f"yaxis{end}": {"title": label, "rangemode": "tozero"}})
        made.update_layout({f"xaxis{end}": {"title": "layers, by kind", "showgrid": False}})
        for place, (start, _, word) in enumerate(kinds(frame)):
            made.add_annotation(x=start, y=1.06 - 0.06 * (place % 2), text=word, showarrow=False, xanchor="left",
                                yanchor="bottom", xref=f"x{end}", yref=f"y{end} domain", font={"size": 11})  # fmt: skip
    return made
