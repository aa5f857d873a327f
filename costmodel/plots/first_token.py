"""Time to the first token over the requests in flight, a line a scheme: the table of ``load``, another column."""

from functools import partial

from costmodel.plots import load, throughput

CAPTION = (
    "Time to the first token over the requests in flight, all alike, in a steady state: wait for room, for prompts before it, "
    "and its own passes. Bands: 90 % intervals of the kernels."
)
CONDITIONS = load.CONDITIONS
_DRAWN = load.OVER | {"column": "ttft_ms", "label": "time to the first token under load (s)", "factor": 1e-3}

table = load.table
paper = partial(throughput.paper, **_DRAWN)
figure = partial(throughput.figure, **_DRAWN)


def caption(frame) -> str:
    """What the figure shows."""
    return CAPTION
