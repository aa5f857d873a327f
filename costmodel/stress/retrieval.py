"""Retrieval: a fact so many tokens back that the next question needs; whether the cache still holds it.

A window loses what it has passed, for good. A score may have kept it: between chance and a perfect score nothing here can
tell, and published passkey tests of that very setting are named. Rounding loses no token; what it does to answers is quality.
"""

import numpy as np

from costmodel.analyses import quality
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest

COLUMNS = ("needle_retention_low", "needle_retention_high")
PASSKEYS = {2048: "passkey-2k", 4096: "passkey-4k", 8192: "passkey-8k", 16384: "passkey-16k", 32768: "passkey-32k"}


def find(asked: StressConditions, made: Scheme) -> dict[str, np.ndarray]:
    """Share of layers that hold a needle at every depth, where scores are blind and where they know of it."""
    length = asked["context"]
    depth = np.minimum(asked.over, length - 1)
    table = build_evaluator(asked.where, made, 1.0, length, prompt=length, needle_depth=depth)
    return {name: drop_model_axes(table[name]) for name in COLUMNS}


def tell(asked: StressConditions, curve: StressCurve) -> str:
    """From which depth on a needle is lost, or left to a score; what somebody measured."""
    low, high = (curve.columns[name] for name in COLUMNS)
    unsure = np.flatnonzero(high > low + 1e-9)
    lost = np.flatnonzero(high < high[0] - 1e-9)
    told = f"holds a needle at any depth in {_layers(high[0])}"
    if len(unsure):
        where = f"from {asked.over[unsure[0]]:,.0f} tokens back" if unsure[0] else "at any depth"
        middle = unsure[len(unsure) // 2]
        told = f"{where} a score decides: in {low[middle]:.1%} of the layers (blind) to {high[middle]:.0%} (perfect)"
    elif len(lost):
        told = f"loses a needle {asked.over[lost[0]]:,.0f} tokens back for good, in {_layers(1 - high[lost[0]])}"
    known = [
        (size, lost)
        for size, name in PASSKEYS.items()
        if (lost := quality.published(curve.scheme, name)) and lost.models
    ]
    if not known:
        return told
    size, loss = known[-1]
    return f"{told}; published: {1 - loss.value:.0%} of passkeys found at {size // 1024}K ({', '.join(loss.models)})"


def _layers(share: float) -> str:
    return "all layers" if np.isclose(share, 1) else f"{share:.0%} of the layers"


TEST = StressTest(
    id="retrieval",
    place=3,
    question="Does the cache still hold a needle so many tokens back when it is asked for?",
    conditions="a context of {context} tokens, a question at its end",
    axis="needle_depth",
    axis_label="tokens between the needle and the question",
    over=tuple(float(n) for n in np.unique(np.geomspace(16, 65536, 73).round())),
    knobs={"context": Condition(65536, "token/sequence", "Tokens of the context", 16)},
    drawn=PlotSpec("needle_retention_low", "share of layers that hold the needle (%)", 100, ends=COLUMNS),
    find=find,
    tell=tell,
    bands="Bands: from a score that is blind to one that knows",
)
