"""Retrieval: a fact many tokens back that the next question needs; whether the cache still holds it.

A window loses what it has passed, permanently. A score keeps a needle with odds that were measured on a real decoder, for the
question in the prompt and for one that comes later; where nobody measured a score, both ends are given and called unknown.
Rounding loses no token; what it does to answers is ``drift``.
"""

import numpy as np

from costmodel.analyses.passkeys import describe, published_keys, worst_of
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.decoders import UNMEASURED, load_decoder_facts
from costmodel.facts.schemes import SchemeSpec
from costmodel.facts.score_signals import score_signal
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.text.counted import counted

SIGNALS = {
    "attention_sum": "the sum of attention", "attention_last": "the last query's attention",
    "attention_window": "the last queries' attention", "keys": "the size of its key", "page_bounds": "the bound of a page's keys",
    "reconstruction": "reconstruction", "learned": "a learned score", "position": "position",
}  # fmt: skip


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Fraction of heads that hold the needle at every depth, with its 90 % interval, and of layers where some head does."""
    context = conditions["context"]
    depth = np.minimum(conditions.axis_values, context - 1)
    salience = load_decoder_facts().salience_of(score_signal(scheme.spec.parts), bool(conditions["question_after"]))
    columns = {}
    for suffix, odds in zip(("", "_lo", "_hi"), vars(salience or UNMEASURED).values(), strict=True):
        evaluator = build_evaluator(
            conditions.deployment, scheme, 1.0, context, prompt=context, needle_depth=depth, salience_odds=odds,
            needles=conditions["needles"],
        )  # fmt: skip
        for name in ("needle_retention", "needle_layer_retention"):
            columns[name + suffix] = drop_model_axes(evaluator[name])
    return columns


def knows_score(spec: SchemeSpec) -> bool:
    """Whether the salience of a scheme's score was measured."""
    return load_decoder_facts().salience_of(score_signal(spec.parts), False) is not None


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """From which depth on a needle is lost or left to a score, how often that keeps it, and what was published."""
    value, low, high = (curve.columns[f"needle_retention{suffix}"] for suffix in ("", "_lo", "_hi"))
    depth = conditions.axis_values
    uncertain, lost = np.flatnonzero(high > low + 1e-9), np.flatnonzero(high < high[0] - 1e-9)
    if len(uncertain):
        start = f"beyond {counted(depth[uncertain[0]], 'token')}" if uncertain[0] else "at any depth"
        middle = uncertain[len(uncertain) // 2]
        signal = SIGNALS.get(score_signal(curve.spec.parts) or "", "a score")
        if knows_score(curve.spec):
            layers = curve.columns["needle_layer_retention"][middle]
            every = (
                "at least one head in"
                if conditions["needles"] == 1
                else f"each of {conditions['needles']:.0f} by some head in"
            )
            text = (
                f"{start}, {signal} keeps a needle in {value[middle]:.1%} ({low[middle]:.1%}–{high[middle]:.1%}) of the heads, "
                f"{every} {layers:.0%} of the layers ({_evidence(conditions)})"
            )
        else:
            text = (
                f"{start}, {signal} decides, and nobody measured what it knows of a needle: a blind one would keep "
                f"{low[middle]:.1%}"
            )
    elif len(lost):
        text = f"loses a needle {counted(depth[lost[0]], 'token')} back permanently, in {_format_layers(1 - high[lost[0]])}"
    else:
        text = f"holds a needle at any depth in {_format_layers(high[0])}"
    run = worst_of(published_keys(curve.spec, conditions["context"], conditions.deployment.model.id))
    if run is None:
        return text
    return f"{text}; {'published' if run.finds else 'yet published'}: {describe(run)}"


def _evidence(conditions: StressConditions) -> str:
    """Where the odds are from, and whether they are carried further than they were measured."""
    name, longest = load_decoder_facts().name, load_decoder_facts().longest_haystack
    beyond = f", extrapolated from {counted(longest, 'token')}" if conditions["context"] > longest else ""
    return f"odds measured on {name}{beyond}; other models may differ"


def _format_layers(fraction: float) -> str:
    return "all layers" if np.isclose(fraction, 1) else f"{fraction:.0%} of the layers"


TEST = StressTest(
    id="retrieval",
    order=3,
    question="Does the cache still hold a needle many tokens back when a question needs it?",
    conditions_template=(
        "a context of {context:token}, needles {needles}; the question comes after tokens were dropped (question_after 1) or is "
        "in the prompt (0): {question_after}"
    ),
    axis="needle_depth",
    axis_label="tokens between the needle and the question",
    default_values=tuple(float(n) for n in np.unique(np.geomspace(16, 65536, 73).round())),
    conditions={
        "context": Condition(65536, "token/sequence", "Tokens of the context", 16),
        "question_after": Condition(
            0, "", "Whether the question comes after the cut (1) or is in the prompt (0)", 0, 1, whole=True
        ),
        "needles": Condition(1, "", "Needles that are all needed", 1, 1000, whole=True),
    },
    plot=PlotSpec("needle_retention", "fraction of heads that hold the needle (%)", 100),
    compute=compute,
    summarize=summarize,
    bands="Bands: 90 % over haystacks, of the odds measured on a decoder; from a blind to a perfect score where unmeasured",
)
