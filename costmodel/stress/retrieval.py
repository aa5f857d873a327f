"""Retrieval: a fact many tokens back that the next question needs; whether the cache still holds it.

A window loses what it has passed, permanently. A score may have kept it: the model cannot decide between a random and a perfect
score, so it gives both ends, and names published passkey tests of the same setting. Rounding loses no token; its effect on
answers is a matter of quality.
"""

import numpy as np

from costmodel.analyses import quality
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest

COLUMNS = ("needle_retention_low", "needle_retention_high")
PASSKEYS = {2048: "passkey-2k", 4096: "passkey-4k", 8192: "passkey-8k", 16384: "passkey-16k", 32768: "passkey-32k"}


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Fraction of layers that hold the needle at every depth, with a random score and with a perfect one."""
    context = conditions["context"]
    depth = np.minimum(conditions.axis_values, context - 1)
    evaluator = build_evaluator(conditions.deployment, scheme, 1.0, context, prompt=context, needle_depth=depth)
    return {name: drop_model_axes(evaluator[name]) for name in COLUMNS}


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """From which depth on a needle is lost or left to a score, and what was published."""
    low, high = (curve.columns[name] for name in COLUMNS)
    depth = conditions.axis_values
    uncertain, lost = np.flatnonzero(high > low + 1e-9), np.flatnonzero(high < high[0] - 1e-9)
    if len(uncertain):
        start = f"beyond {depth[uncertain[0]]:,.0f} tokens" if uncertain[0] else "at any depth"
        middle = uncertain[len(uncertain) // 2]
        ends = f"{low[middle]:.1%} of layers (random score) to {high[middle]:.0%} (perfect score)"
        text = f"{start}, retention depends on the eviction score: {ends}"
    elif len(lost):
        text = f"loses a needle {depth[lost[0]]:,.0f} tokens back permanently, in {_format_layers(1 - high[lost[0]])}"
    else:
        text = f"holds a needle at any depth in {_format_layers(high[0])}"
    losses = [(size, quality.published(curve.spec, name)) for size, name in PASSKEYS.items()]
    published = [(size, loss) for size, loss in losses if loss and loss.models]
    if not published:
        return text
    size, loss = published[-1]
    return f"{text}; published: {1 - loss.value:.0%} of passkeys found at {size // 1024}K ({', '.join(loss.models)})"


def _format_layers(fraction: float) -> str:
    return "all layers" if np.isclose(fraction, 1) else f"{fraction:.0%} of the layers"


TEST = StressTest(
    id="retrieval",
    order=3,
    question="Does the cache still hold a needle many tokens back when a question needs it?",
    conditions_template="a context of {context} tokens, a question at its end",
    axis="needle_depth",
    axis_label="tokens between the needle and the question",
    default_values=tuple(float(n) for n in np.unique(np.geomspace(16, 65536, 73).round())),
    conditions={"context": Condition(65536, "token/sequence", "Tokens of the context", 16)},
    plot=PlotSpec("needle_retention_low", "fraction of layers that hold the needle (%)", 100, ends=COLUMNS),
    compute=compute,
    summarize=summarize,
    bands="Bands: from a random score to a perfect one",
)
