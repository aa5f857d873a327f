"""A regime table as a Plotly figure: blue wins, red loses, hatched cannot be told, grey and empty does not fit.

Axes and colour run over log2 (``scale``). Every mark carries the row of its table for the hover text; ``nearest``
finds it again from a click.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.regime import ABSENT, LOSES, UNSURE, WINS
from costmodel.plots import scale
from costmodel.plots.regime import short

CARRIED = ["batch", "context", "ratio", "low", "high", "verdict", "binding"]
HOVER = (
    "batch %{customdata[0]:,.0f}, context %{customdata[1]:,.0f}<br>ratio %{customdata[2]:.3f}×, "
    "90 %: %{customdata[3]:.3f} to %{customdata[4]:.3f}<br>%{customdata[5]}; %{customdata[6]} binds"
)
BLUE, RED, INK = "#3b82c4", "#c8503c", "#6b7280"
NUMBERED = 150  # cells that still have room for their number


def heat(frame: pd.DataFrame, title: str = ""):
    """The map over batch × context."""
    import plotly.graph_objects as go
    from plotly.colors import diverging

    order = {"index": "batch", "columns": "context"}
    ratio, verdict = (frame.pivot(**order, values=name) for name in ("ratio", "verdict"))
    shown = np.where(verdict.to_numpy() == ABSENT, np.nan, ratio.to_numpy(dtype=float))
    span = scale.span(shown)
    x, y = (np.log2(axis.to_numpy(dtype=float)) for axis in (ratio.columns, ratio.index))
    carried = np.stack([frame.pivot(**order, values=name).to_numpy() for name in CARRIED[2:]], axis=-1)
    grid = np.stack(np.meshgrid(ratio.index, ratio.columns, indexing="ij"), axis=-1)
    text = [[f"{value:.2f}" if np.isfinite(value) else "" for value in row] for row in shown]
    cells = go.Heatmap(
        x=scale.edges(x),
        y=scale.edges(y),
        z=np.log2(shown),
        zmin=-span,
        zmax=span,
        colorscale=diverging.RdBu,
        customdata=np.concatenate([grid.astype(object), carried.astype(object)], axis=-1),
        hovertemplate=HOVER + "<extra></extra>",
        hoverongaps=False,
        text=text if shown.size <= NUMBERED else None,
        texttemplate="%{text}" if shown.size <= NUMBERED else None,
        textfont={"size": 11},
        xgap=1,
        ygap=1,
        colorbar=scale.bar(span),
    )
    made = go.Figure([cells, go.Scatter(**_hatching(verdict.to_numpy() == UNSURE, scale.edges(x), scale.edges(y)))])
    _layout(made, title, x, ratio.columns)
    steps = y if len(y) <= 20 else y[:: len(y) // 10]
    made.update_yaxes(title="batch (sequences)", tickvals=steps, ticktext=[f"{2**v:,.0f}" for v in steps])
    made.update_xaxes(range=scale.edges(x)[[0, -1]])
    made.update_yaxes(range=scale.edges(y)[[0, -1]])
    made.update_layout(plot_bgcolor="rgba(128,128,128,0.22)", showlegend=False)
    return made


def line(frame: pd.DataFrame, title: str = ""):
    """The ratio over context with the band of its 90 % interval; what has no ratio is said in words at its place."""
    import plotly.graph_objects as go

    x = np.log2(frame["context"].to_numpy(dtype=float))
    usable = (np.isfinite(frame["ratio"]) & (frame["ratio"] > 0) & (frame["verdict"] != ABSENT)).to_numpy()
    low, middle, high = (_log(frame[name], usable) for name in ("low", "ratio", "high"))
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    made = go.Figure([go.Scatter(x=x, y=low, **edge)])
    band = edge | {"showlegend": True, "name": "90 % interval", "fill": "tonexty", "fillcolor": "rgba(59,130,196,0.25)"}
    made.add_scatter(x=x, y=high, **band)
    marks = {WINS: ("circle", BLUE), LOSES: ("x", RED), UNSURE: ("circle-open", INK), ABSENT: ("line-ew", INK)}
    made.add_scatter(
        x=x, y=middle, mode="lines+markers", name="ratio", line={"color": BLUE, "width": 2}, customdata=frame[CARRIED],
        hovertemplate=HOVER + "<extra></extra>", showlegend=False,
        marker={"size": 10, "symbol": [marks[v][0] for v in frame["verdict"]],
                "color": [marks[v][1] for v in frame["verdict"]]},
    )  # fmt: skip
    for word in dict.fromkeys(frame["verdict"][usable]):
        made.add_scatter(
            x=[None], y=[None], mode="markers", name=word, marker={"symbol": marks[word][0], "color": marks[word][1]}
        )
    for place, row in zip(x[~usable], frame[~usable].itertuples(), strict=True):
        words = ABSENT if row.verdict == ABSENT else f"holds none: {'baseline' if row.ratio else 'scheme'}"
        made.add_annotation(x=place, y=0.5, yref="paper", text=words, textangle=-90, showarrow=False)
    _layout(made, title, x, frame["context"])
    span = scale.span(np.where(usable, frame["high"], np.nan), np.where(usable, frame["low"], np.nan))
    bar = scale.bar(span)
    reach = [min(np.nanmin(low, initial=0), 0) - 0.05 * span, max(np.nanmax(high, initial=0), 0) + 0.05 * span]
    made.update_yaxes(
        title="throughput over baseline's", tickvals=bar["tickvals"], ticktext=bar["ticktext"], range=reach
    )
    made.add_hline(y=0, line={"color": INK, "dash": "dot", "width": 1})
    made.update_layout(
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, plot_bgcolor="rgba(0,0,0,0)"
    )
    return made


def nearest(frame: pd.DataFrame, x: float, y: float) -> tuple[float, float]:
    """Batch and context of the row whose cell or point lies at a place of its figure, as a click tells it."""
    found = frame.assign(across=(np.log2(frame["context"]) - x).abs(), up=0.0)
    if "baseline_batch" not in frame:
        found["up"] = (np.log2(frame["batch"]) - y).abs()
    row = found.sort_values(["across", "up"], kind="stable").iloc[0]
    return row["batch"], row["context"]


def _layout(made, title, x, context) -> None:
    steps = slice(None) if len(x) <= 12 else slice(None, None, len(x) // 8)
    made.update_layout(
        template="none", title=title or None, paper_bgcolor="rgba(0,0,0,0)", font={"size": 12, "color": INK},
        margin={"l": 64, "r": 16, "t": 64 if not title else 110, "b": 60}, height=460, dragmode=False,
    )  # fmt: skip
    made.update_xaxes(title="context (tokens)", tickvals=x[steps], ticktext=[short(c) for c in context][steps])
    made.update_xaxes(showgrid=False, zeroline=False)
    made.update_yaxes(showgrid=False, zeroline=False)


def _log(column, usable) -> np.ndarray:
    return np.log2(np.where(usable, column.to_numpy(dtype=float), np.nan))


def _hatching(unsure: np.ndarray, x: np.ndarray, y: np.ndarray) -> dict:
    """Three diagonals in every cell that cannot be told, as one trace that takes no hover and no click."""
    lines = ((0, 0.5, 0.5, 1), (0, 0, 1, 1), (0.5, 0, 1, 0.5))
    across, up = [], []
    for i, j in np.argwhere(unsure):
        width, height = x[j + 1] - x[j], y[i + 1] - y[i]
        for x0, y0, x1, y1 in lines:
            across += [x[j] + x0 * width, x[j] + x1 * width, None]
            up += [y[i] + y0 * height, y[i] + y1 * height, None]
    return {"x": across, "y": up, "mode": "lines", "line": {"color": "rgba(60,60,60,0.45)", "width": 1},
            "hoverinfo": "skip", "name": UNSURE}  # fmt: skip
