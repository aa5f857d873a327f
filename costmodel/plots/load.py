"""Time per output token over the number of concurrent requests, one line per scheme."""

import pandas as pd

from costmodel.analyses.load_curves import LoadCurve, curves
from costmodel.plots.base import BATCHES, CONTEXT, Figure, Option, Request
from costmodel.plots.style import names
from costmodel.plots.style.curves import CurveStyle

CAPTION = (
    "Time per output token over the number of identical requests in flight under continuous batching: it includes the prompts "
    "of other requests, and what the pool cannot hold waits. Bands: 90 % intervals of the kernels."
)
CONDITIONS = "Continuous batching in steady state: a closed loop of identical requests, cold L2; 90 % intervals."
STYLE = CurveStyle("tpot_ms", "time per output token under load (ms)", "concurrency", "requests in flight")
OPTIONS = (BATCHES, CONTEXT, Option("generated", "count", "256", "output tokens; --context is the prompt."))
draw_matplotlib, draw_plotly = STYLE.draw_matplotlib, STYLE.draw_plotly


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the schemes under load, and its title."""
    concurrency, prompt, generated = (request[name] for name in ("batch", "context", "generated"))
    load_curves = curves(request.deployment, request.schemes, concurrency, prompt, generated)
    title = f"{names.describe(request.deployment)}; prompts of {prompt:,.0f} tokens, outputs of {generated:,.0f}"
    return to_frame(load_curves), title


def to_frame(load_curves: list[LoadCurve]) -> pd.DataFrame:
    """One row per scheme and concurrency: milliseconds per token and to the first, tokens per second, their intervals."""
    parts = [
        pd.DataFrame({"scheme": curve.scheme, "concurrency": curve.concurrency} | curve.columns).assign(
            most=curve.max_batch
        )
        for curve in load_curves
    ]
    return pd.concat(parts, ignore_index=True)


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows."""
    return CAPTION


FIGURE = Figure(
    id="load",
    order=10,
    summary="time per output token over concurrent requests",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=OPTIONS,
    conditions=CONDITIONS,
)
