"""Time of an output token over the requests in flight, a line a scheme: the drawing of ``throughput``, another table.

``first_token`` draws the same table's time to the first token.
"""

from functools import partial

import pandas as pd

from costmodel.analyses.load_curves import LoadCurve
from costmodel.plots import throughput

CAPTION = (
    "Time of an output token over the requests in flight, all alike, under continuous batching: the prompts of others are in "
    "it, and what the pool cannot hold waits. Bands: 90 % intervals of the kernels."
)
CONDITIONS = "Continuous batching in steady state: a closed loop of requests that are alike, cold L2; 90 % intervals."
OVER = {"over": "concurrency", "across": "requests in flight"}
_DRAWN = OVER | {"column": "tpot_ms", "label": "time of an output token under load (ms)"}

paper = partial(throughput.paper, **_DRAWN)
figure = partial(throughput.figure, **_DRAWN)


def table(found: list[LoadCurve]) -> pd.DataFrame:
    """One row a scheme and number of requests: milliseconds of a token and of the first, tokens a second, both ends each."""
    parts = [
        pd.DataFrame({"scheme": curve.scheme, "concurrency": curve.concurrency} | curve.columns).assign(
            most=curve.max_batch
        )
        for curve in found
    ]
    return pd.concat(parts, ignore_index=True)


def caption(frame) -> str:
    """What the figure shows."""
    return CAPTION
