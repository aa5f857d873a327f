"""A regime table as a map for a page: blue wins, red loses, hatched cannot tell, cross-hatched needs a kernel, grey does not fit.

Axes and colour run over log2 (``scale``). The hover text of a cell comes from its own row. The dashed line is where memory
ends, the solid one is 1.
"""

import numpy as np
import pandas as pd

from costmodel.analyses.regime import NEEDS_KERNEL, UNSURE
from costmodel.evaluation.ask.verdicts import is_absent
from costmodel.plots.regime.table import MAX_NUMBERED_CELLS, cells, centres
from costmodel.plots.style import page, palette, regions, scale

HOVER = (
    "batch %{customdata[0]:,.0f}, context %{customdata[1]:,.0f}<br>ratio %{customdata[2]:.3f}×, "
    "90 %: %{customdata[3]:.3f} to %{customdata[4]:.3f}"
)
COLOURS = [[index / (len(palette.RATIOS) - 1), colour] for index, colour in enumerate(palette.RATIOS)]
SILENT = {"hoverinfo": "skip", "mode": "lines", "showlegend": False}


def draw_map(frame: pd.DataFrame, title: str = "", binding: bool = False):
    """The map over batch × context of one scheme; ``binding`` labels the binding term, region by region."""
    x, y, arrays = cells(frame)
    shown, verdict = arrays["shown"], arrays["verdict"]
    is_coarse = shown.size <= MAX_NUMBERED_CELLS
    with np.errstate(invalid="ignore"):
        log = np.log2(shown).astype(np.float32)
    traces = [
        _tiles(x, y, log, arrays, _format_ratios(shown) if is_coarse and not binding else None),
        _lines("cannot tell", regions.hatching(verdict == UNSURE, x, y), "rgba(60,60,60,0.45)", 1),
        _lines("needs kernel", regions.cross_hatching(verdict == NEEDS_KERNEL, x, y), "rgba(60,60,60,0.4)", 1),
        _lines("memory ends", regions.outlines(is_absent(verdict), x, y), palette.INK, 2, "dash"),
    ]
    if not is_coarse and (log < 0).any() and (log > 0).any():
        unity = {"start": 0, "end": 0, "size": 1, "coloring": "none", "showlabels": False}
        traces.append({"type": "contour", "x": centres(x), "y": centres(y), "z": log, "contours": unity, "showscale": False,
                       "hoverinfo": "skip", "line": {"color": palette.INK, "width": 2}, "name": "1"})  # fmt: skip
    annotations = []
    if binding:
        terms = np.where(is_absent(verdict), "", arrays["binding"].astype(str))
        traces.append(_lines("binding", regions.outlines(terms, x, y), palette.INK, 1, "dot"))
        annotations = [{"x": across, "y": up, "text": term, "showarrow": False, "font": {"size": 11, "color": palette.INK},
                        "bgcolor": "rgba(255,255,255,0.75)", "borderpad": 2, "name": "on-cell"}
                       for across, up, term in regions.region_labels(terms, x, y)]  # fmt: skip
    axes = {
        f"{letter}axis": {"title": {"text": label}, "range": edges[[0, -1]], "showgrid": False} | page.log2_ticks(frame[column])
        for letter, label, edges, column in (
            ("x", "context (tokens)", x, "context"), ("y", "batch (sequences)", y, "batch")
        )
    }  # fmt: skip
    layout = {"plot_bgcolor": "rgba(128,128,128,0.28)", "showlegend": False, "annotations": annotations}
    return page.build_figure(traces, title, above=48, **axes, **layout)  # the colour bar stands above


def _tiles(x, y, log: np.ndarray, arrays: dict, numbers: list[list[str]] | None) -> dict:
    """The cells; the hover text of each comes from its own row."""
    span = scale.colour_span(arrays["shown"])
    grid = np.broadcast_arrays(np.exp2(centres(y))[:, None], np.exp2(centres(x))[None, :])
    ratios = [arrays[name].astype(float) for name in ("ratio", "low", "high")]
    verdicts, terms = arrays["verdict"].astype(str), arrays["binding"].astype(str)
    tiles = {
        "type": "heatmap", "x": x, "y": y, "z": log, "zmin": -span, "zmax": span, "colorscale": COLOURS,
        "customdata": np.stack([*(np.round(axis) for axis in grid), *ratios], axis=-1).astype(np.float32),
        "hovertext": _hover_texts(verdicts, terms, arrays),
        "hovertemplate": HOVER + "<br>%{hovertext}<extra></extra>", "hoverongaps": False,
        "colorbar": scale.thin_ticks(scale.colour_bar(span)), "name": "ratio",
    }  # fmt: skip
    labels = {"text": numbers, "texttemplate": "%{text}", "textfont": {"size": 11}, "xgap": 1, "ygap": 1}
    return tiles | (labels if numbers else {})


def _hover_texts(verdicts: np.ndarray, terms: np.ndarray, arrays: dict) -> np.ndarray:
    """Verdict with its evidence, what binds, and what the kernel takes beside its budget."""
    columns = (verdicts, terms, arrays["kernel_ns"], arrays["kernel_budget_ns"], arrays["evidence"])
    texts = [
        f"{verdict}; {term} binds"
        + (f"<br>kernel {taken:.3g} ns a token and head ({evidence}), budget {budget:.3g}" if budget == budget else "")
        for verdict, term, taken, budget, evidence in zip(*(column.ravel().tolist() for column in columns), strict=True)
    ]
    return np.array(texts, dtype=object).reshape(verdicts.shape)


def _format_ratios(shown: np.ndarray) -> list[list[str]]:
    return [[f"{value:.2f}" if np.isfinite(value) else "" for value in row] for row in shown]


def _lines(name: str, segments: np.ndarray, colour: str, width: float, dash: str = "solid") -> dict:
    """Segments as one trace that takes no hover and no click."""
    x, y = regions.join_segments(segments)
    return SILENT | {
        "type": "scatter",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": colour, "width": width, "dash": dash},
    }
