"""Time of an output token over the batch, a line a scheme: the table and the drawing of ``throughput``, another column."""

from functools import partial

from costmodel.plots import throughput

CAPTION = (
    "Time of an output token over the batch at one context; each line ends in a mark at the largest batch that fits and that "
    "the scheduler runs. Bands: 90 % intervals."
)
_DRAWN = {"column": "tpot_ms", "label": "time of an output token (ms)"}

table = throughput.table
paper = partial(throughput.paper, **_DRAWN)
figure = partial(throughput.figure, **_DRAWN)


def caption(frame) -> str:
    """What the figure shows."""
    return CAPTION
