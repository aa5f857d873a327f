"""Time per output token over the batch, one line per scheme: the table of ``throughput``, another column."""

import pandas as pd

from costmodel.plots import throughput
from costmodel.plots.base import BATCHES, CONTEXT, Figure
from costmodel.plots.style.curves import CurveStyle

CAPTION = (
    "Time per output token over the batch at one context; each line ends in a mark at the largest batch that fits and that the "
    "scheduler runs. Bands: 90 % intervals."
)
STYLE = CurveStyle("tpot_ms", "time per output token (ms)")
draw_matplotlib, draw_plotly = STYLE.draw_matplotlib, STYLE.draw_plotly


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


FIGURE = Figure(
    id="latency",
    order=9,
    summary="time per output token over the batch",
    compute=throughput.compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=(BATCHES, CONTEXT),
)
