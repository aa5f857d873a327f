"""Tokens per second over the batch, one line per scheme; a mark ends it where memory or the scheduler ends the batch."""

import pandas as pd

from costmodel.analyses.batches import COLUMNS, BatchCurve, curves
from costmodel.plots.base import BATCHES, CONTEXT, Figure, Request
from costmodel.plots.style import names
from costmodel.plots.style.curves import CurveStyle

CAPTION = (
    "Throughput over the batch at one context; each line ends in a mark at the largest batch that fits and that the scheduler "
    "runs. Bands: 90 % intervals."
)
STYLE = CurveStyle("throughput_tok_s", "throughput (tokens/s)")
draw_matplotlib, draw_plotly = STYLE.draw_matplotlib, STYLE.draw_plotly


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the schemes over the batch, and its title."""
    batch_curves = curves(request.deployment, request.schemes, *request.point)
    return to_frame(batch_curves), f"{names.describe(request.deployment)}; context {request['context']:,.0f}"


def to_frame(batch_curves: list[BatchCurve]) -> pd.DataFrame:
    """One row per scheme and batch that fits: milliseconds per token, tokens per second, their intervals, largest batch."""
    parts = []
    for curve in batch_curves:
        columns = {name: curve.columns[name] for name in COLUMNS}
        part = pd.DataFrame({"scheme": curve.scheme, "batch": curve.batch, **columns})
        parts.append(part.assign(most=curve.most)[curve.batch <= curve.most])
    return pd.concat(parts, ignore_index=True)


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


FIGURE = Figure(
    id="throughput",
    order=8,
    summary="tokens per second over the batch",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=(BATCHES, CONTEXT),
)
