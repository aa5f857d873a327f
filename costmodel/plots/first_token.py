"""Time to first token over the number of concurrent requests, one line per scheme: the table of ``load``, another column."""

from dataclasses import replace

import pandas as pd

from costmodel.plots import load

CAPTION = (
    "Time to first token over the number of identical requests in flight, in steady state: waiting for room, for earlier "
    "prompts, and its own passes. Bands: 90 % intervals of the kernels."
)
STYLE = replace(load.STYLE, column="ttft_ms", label="time to first token under load (s)", factor=1e-3)
draw_matplotlib, draw_plotly = STYLE.draw_matplotlib, STYLE.draw_plotly


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


FIGURE = replace(
    load.FIGURE,
    id="first-token",
    order=11,
    summary="time to first token over concurrent requests",
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
)
