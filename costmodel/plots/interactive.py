"""A regime table as a Plotly figure: blue wins, red loses, hatched cannot be told, grey and empty does not fit.

Axes and colour run over log2 (``scale``). Hover text is of the cell's own row; ``nearest`` finds that row again from a
click. The dashed line is where memory ends, the solid one is 1.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.regime import ABSENT, LOSES, UNSURE, WINS
from costmodel.plots import page, palette, regions, scale
from costmodel.plots.regime import NUMBERED, cells

HOVER = (
    "batch %{customdata[0]:,.0f}, context %{customdata[1]:,.0f}<br>ratio %{customdata[2]:.3f}×, "
    "90 %: %{customdata[3]:.3f} to %{customdata[4]:.3f}"
)
COLOURS = [[place / (len(palette.RATIOS) - 1), colour] for place, colour in enumerate(palette.RATIOS)]
CARRIED = ("batch", "context", "ratio", "low", "high")
QUIET = {"hoverinfo": "skip", "mode": "lines", "showlegend": False}


def heat(frame: pd.DataFrame, title: str = "", overlay: bool = False):
    """The map over batch × context of one scheme; ``overlay`` names the term that binds, region by region."""
    x, y, made = cells(frame)
    shown, verdict = made["shown"], made["verdict"]
    few = shown.size <= NUMBERED
    centres = [(edge[1:] + edge[:-1]) / 2 for edge in (x, y)]
    with np.errstate(invalid="ignore"):
        log = np.log2(shown).astype(np.float32)
    traces = [
        _tiles(x, y, log, centres, made, _numbers(shown) if few and not overlay else None),
        _lines("cannot tell", regions.hatching(verdict == UNSURE, x, y), "rgba(60,60,60,0.45)", 1),
        _lines("memory ends", regions.outlines(verdict == ABSENT, x, y), palette.INK, 2, "dash"),
    ]
    if not few and (log < 0).any() and (log > 0).any():
        even = {"start": 0, "end": 0, "size": 1, "coloring": "none", "showlabels": False}
        traces.append({"type": "contour", "x": centres[0], "y": centres[1], "z": log, "contours": even, "showscale": False,
                       "hoverinfo": "skip", "line": {"color": palette.INK, "width": 2}, "name": "1"})  # fmt: skip
    said = []
    if overlay:
        words = np.where(verdict == ABSENT, "", made["binding"].astype(str))
        traces.append(_lines("binding", regions.outlines(words, x, y), palette.INK, 1, "dot"))
        said = [{"x": across, "y": up, "text": word, "showarrow": False, "font": {"size": 11, "color": palette.INK},
                 "bgcolor": "rgba(255,255,255,0.75)", "borderpad": 2, "name": "on-cell"}
                for across, up, word in regions.names(words, x, y)]  # fmt: skip
    axes = {
        f"{letter}axis": {"title": {"text": words}, "range": edge[[0, -1]], "showgrid": False}
        | page.log2_ticks(frame[column], page.short)
        for letter, words, edge, column in (
            ("x", "context (tokens)", x, "context"), ("y", "batch (sequences)", y, "batch")
        )
    }  # fmt: skip
    ground = {"plot_bgcolor": "rgba(128,128,128,0.28)", "showlegend": False, "annotations": said}
    return page.new(traces, title, above=48, **axes, **ground)  # the bar of colours stands above


def _tiles(x, y, log: np.ndarray, centres, made: dict, numbers) -> dict:
    """The cells; what a cell says is of its own row."""
    span = scale.clipped(made["shown"])
    grid = np.broadcast_arrays(np.exp2(centres[1])[:, None], np.exp2(centres[0])[None, :])
    ratios = [made[name].astype(float) for name in ("ratio", "low", "high")]
    verdicts, binding = made["verdict"].astype(str), made["binding"].astype(str)
    tiles = {
        "type": "heatmap", "x": x, "y": y, "z": log, "zmin": -span, "zmax": span, "colorscale": COLOURS,
        "customdata": np.stack([*(np.round(axis) for axis in grid), *ratios], axis=-1).astype(np.float32),
        "hovertext": np.char.add(np.char.add(verdicts, "; "), np.char.add(binding, " binds")),
        "hovertemplate": HOVER + "<br>%{hovertext}<extra></extra>", "hoverongaps": False,
        "colorbar": scale.sparse(scale.bar(span)), "name": "ratio",
    }  # fmt: skip
    apart = {"text": numbers, "texttemplate": "%{text}", "textfont": {"size": 11}, "xgap": 1, "ygap": 1}
    return tiles | (apart if numbers else {})


def _numbers(shown: np.ndarray) -> list[list[str]]:
    return [[f"{value:.2f}" if np.isfinite(value) else "" for value in row] for row in shown]


def _lines(name: str, segments: np.ndarray, colour: str, width: float, dash: str = "solid") -> dict:
    """Segments as one trace that takes no hover and no click."""
    x, y = regions.joined(segments)
    return QUIET | {
        "type": "scatter",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": colour, "width": width, "dash": dash},
    }


def line(frame: pd.DataFrame, title: str = ""):
    """Ratios over context with the bands of their 90 % intervals; what has no ratio is said in words at its place."""
    parts = [part for _, part in frame.groupby("scheme", sort=False)]
    usable = _usable(frame)
    span = scale.span(np.where(usable, frame["high"], np.nan), np.where(usable, frame["low"], np.nan))
    low, high = (np.log2(np.where(usable, frame[name], np.nan).astype(float)) for name in ("low", "high"))
    reach = [min(np.nanmin(low, initial=0), 0) - 0.05 * span, max(np.nanmax(high, initial=0), 0) + 0.05 * span]
    ticks = {name: value for name, value in scale.bar(span).items() if name.startswith("tick")}
    even = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": 0, "y1": 0}
    even |= {"line": {"color": palette.QUIET, "dash": "dot", "width": 1}}
    return page.new(
        [trace for part in parts for trace in _band(part, len(parts) == 1)],
        title,
        yaxis={"title": {"text": "throughput over baseline's"}, "range": reach} | ticks,
        xaxis={"title": {"text": "context (tokens)"}, "showgrid": False}
        | page.log2_ticks(frame["context"], page.short),
        shapes=[even],
        annotations=_absences(frame) if len(parts) == 1 else [],
    )


def _usable(frame: pd.DataFrame) -> np.ndarray:
    ratio = frame["ratio"].to_numpy(dtype=float)
    return np.isfinite(ratio) & (ratio > 0) & (frame["verdict"].to_numpy(dtype=object) != ABSENT)


def _band(part: pd.DataFrame, single: bool) -> list[dict]:
    """Three lines of one scheme: low end, ratio, high end; marks tell the verdict where the scheme is alone."""
    scheme = part["scheme"].iloc[0]
    look, usable = palette.look(scheme), _usable(part)
    columns = {name: part[name].to_numpy(dtype=float) for name in CARRIED}
    with np.errstate(divide="ignore", invalid="ignore"):
        low, middle, high = (np.where(usable, np.log2(columns[name]), np.nan) for name in ("low", "ratio", "high"))
    x = np.log2(columns["context"])
    shade = palette.shade(look.colour, 0.18)
    edge = QUIET | {"type": "scatter", "line": {"width": 0}, "x": x, "legendgroup": scheme}
    marks = {WINS: "circle", LOSES: "x", UNSURE: "circle-open", ABSENT: "line-ew"}
    verdicts, binding = part["verdict"].tolist(), part["binding"].tolist()
    symbols = [marks[verdict] for verdict in verdicts] if single else look.symbol
    pairs = zip(verdicts, binding, columns["batch"], part["baseline_batch"], strict=True)
    told = [
        f"{verdict}; {word} binds; batch {ours:,.0f} against {theirs:,.0f}" for verdict, word, ours, theirs in pairs
    ]
    ratio = {
        "type": "scatter", "x": x, "y": middle, "name": scheme, "customdata": np.stack([*columns.values()], axis=-1),
        "hovertext": told, "mode": "lines+markers" if len(part) <= 20 else "lines", "legendgroup": scheme,
        "line": {"color": look.colour, "width": 2, "dash": look.stroke},
        "marker": {"size": 8, "symbol": symbols, "color": look.colour},
        "hovertemplate": HOVER + "<br>%{hovertext}<extra>" + scheme + "</extra>",
    }  # fmt: skip
    band = {"name": "90 % interval", "fill": "tonexty", "fillcolor": shade, "showlegend": single}
    return [edge | {"y": low, "name": "low"}, edge | {"y": high} | band, ratio]


def _absences(frame: pd.DataFrame) -> list[dict]:
    """Words where there is no ratio; of many neighbours, where they begin."""
    usable, found = _usable(frame), []
    for place in np.flatnonzero(~usable):
        if len(frame) > 20 and place and not usable[place - 1]:
            continue
        row = frame.iloc[place]
        words = ABSENT if row["verdict"] == ABSENT else f"holds none: {'baseline' if row['ratio'] else 'scheme'}"
        at = {"x": np.log2(row["context"]), "y": 0.5, "yref": "paper"}
        found.append(at | {"text": words, "textangle": -90, "showarrow": False})
    return found


def nearest(frame: pd.DataFrame, x: float, y: float) -> tuple[float, float]:
    """Batch and context of the row whose cell or point lies at a place of its figure, as a click tells it."""
    found = frame.assign(across=(np.log2(frame["context"].astype(float)) - x).abs(), up=0.0)
    if "baseline_batch" not in frame:
        found["up"] = (np.log2(frame["batch"].astype(float)) - y).abs()
    row = found.sort_values(["across", "up"], kind="stable").iloc[0]
    return row["batch"], row["context"]
