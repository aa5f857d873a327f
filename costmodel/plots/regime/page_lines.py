"""Ratios over context for a page, with the bands of their 90 % intervals; where there is no ratio a label says why."""

import numpy as np
import pandas as pd

from costmodel.analyses.regime import ABSENT, BEYOND, LOSES, NEEDS_KERNEL, UNSURE, WINS
from costmodel.plots.regime.page import HOVER, SILENT
from costmodel.plots.regime.table import usable
from costmodel.plots.style import names, page, palette, scale

CUSTOM_COLUMNS = ("batch", "context", "ratio", "low", "high")
VERDICT_SYMBOLS = {
    WINS: "circle",
    LOSES: "x",
    UNSURE: "circle-open",
    NEEDS_KERNEL: "circle-cross-open",
    ABSENT: "line-ew",
    BEYOND: "line-ew",
}
MAX_MARKED_POINTS = 20  # of a line that has room for a mark at each


def draw_lines(frame: pd.DataFrame, title: str = ""):
    """A Plotly figure of ratios over context, one line per scheme."""
    parts = dict(list(frame.groupby("scheme", sort=False)))
    styles, labels = palette.styles_of(parts), names.scheme_names(frame)
    is_usable = usable(frame)
    span = scale.log2_span(np.where(is_usable, frame["high"], np.nan), np.where(is_usable, frame["low"], np.nan))
    low, high = (np.log2(np.where(is_usable, frame[name], np.nan).astype(float)) for name in ("low", "high"))
    limits = [min(np.nanmin(low, initial=0), 0) - 0.05 * span, max(np.nanmax(high, initial=0), 0) + 0.05 * span]
    ticks = {name: value for name, value in scale.colour_bar(span).items() if name.startswith("tick")}
    unity = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": 0, "y1": 0}
    unity |= {"line": {"color": palette.MUTED, "dash": "dot", "width": 1}}
    context = page.log2_ticks(frame["context"])
    return page.build_figure(
        [
            trace
            for scheme, part in parts.items()
            for trace in _band(part, styles[scheme], labels[scheme], len(parts) == 1)
        ],
        title,
        yaxis={"title": {"text": "throughput over baseline's"}, "range": limits} | ticks,
        xaxis={"title": {"text": "context (tokens)"}, "showgrid": False} | context,
        shapes=[unity],
        annotations=_label_gaps(frame) if len(parts) == 1 else [],
    )


def _band(part: pd.DataFrame, style: palette.SchemeStyle, label: str, single: bool) -> list[dict]:
    """Three lines of one scheme: low end, ratio, high end; where the scheme is alone its marks show the verdict."""
    scheme = part["scheme"].iloc[0]
    is_usable = usable(part)
    columns = {name: part[name].to_numpy(dtype=float) for name in CUSTOM_COLUMNS}
    with np.errstate(divide="ignore", invalid="ignore"):
        low, middle, high = (np.where(is_usable, np.log2(columns[name]), np.nan) for name in ("low", "ratio", "high"))
    x = np.log2(columns["context"])
    edge = SILENT | {"type": "scatter", "line": {"width": 0}, "x": x, "legendgroup": scheme}
    rows = list(zip(part["verdict"], part["binding"], columns["batch"], part["baseline_batch"], strict=True))
    hover = [
        f"{verdict}; {term} binds; batch {batch:,.0f} against {baseline_batch:,.0f}"
        for verdict, term, batch, baseline_batch in rows
    ]
    ratio = {
        "type": "scatter", "x": x, "y": middle, "name": label, "customdata": np.stack([*columns.values()], axis=-1),
        "hovertext": hover, "mode": "lines+markers" if len(part) <= MAX_MARKED_POINTS else "lines", "legendgroup": scheme,
        "line": {"color": style.colour, "width": 2, "dash": style.plotly_dash},
        "marker": {"size": 8, "symbol": [VERDICT_SYMBOLS[row[0]] for row in rows] if single else style.symbol,
                   "color": style.colour},
        "hovertemplate": HOVER + "<br>%{hovertext}<extra>" + label + "</extra>",
    }  # fmt: skip
    band = {"name": "90 % interval", "fill": "tonexty", "fillcolor": palette.translucent(style.colour, 0.18),
            "showlegend": single}  # fmt: skip
    return [edge | {"y": low, "name": "low"}, edge | {"y": high} | band, ratio]


def _label_gaps(frame: pd.DataFrame) -> list[dict]:
    """Labels where there is no ratio; of many neighbours, where they begin."""
    is_usable, labels = usable(frame), []
    for index in np.flatnonzero(~is_usable):
        if len(frame) > MAX_MARKED_POINTS and index and not is_usable[index - 1]:
            continue
        row = frame.iloc[index]
        text = (
            row["verdict"]
            if row["verdict"] in (ABSENT, BEYOND)
            else f"holds none: {'baseline' if row['ratio'] else 'scheme'}"
        )
        labels.append({"x": np.log2(row["context"]), "y": 0.5, "yref": "paper", "text": text, "textangle": -90,
                       "showarrow": False})  # fmt: skip
    return labels
