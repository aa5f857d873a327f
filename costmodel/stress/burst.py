"""Burst: requests of random length in one pool, all running; how often they need more blocks than there are.

A narrow cache moves the number at which that happens; a budget that is full removes the chance, since what is kept no longer
grows with the length. An overflow preempts a request, whose tokens so far must then be computed again.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest


def find(asked: StressConditions, made: Scheme) -> dict[str, np.ndarray]:
    """Probability of an overflow, the requests at which it is as rare as asked, those of mean length, a preemption's time."""
    lengths = {"prompt": asked["context"], "generated": asked["output"], "generated_cv": asked["cv"]}
    mean = build_evaluator(asked.where, made, 1.0, asked["context"], **lengths)["running_context"]
    table = build_evaluator(
        asked.where, made, 1.0, mean, exact_lengths=0.0, concurrent_requests=asked.over, prompt_cv=asked["prompt_cv"],
        risk_quantile=-ndtri(asked["risk"]), **lengths,
    )  # fmt: skip
    again = build_prefill_evaluator(asked.where, made, drop_model_axes(mean))
    return {
        "overflow_probability": ndtr(-np.nan_to_num(drop_model_axes(table["overflow_margin"]), nan=0.0)),
        "max_safe_requests": np.floor(drop_model_axes(table["max_safe_requests"])),
        "max_batch_memory": drop_model_axes(table["max_batch_memory"]),
        "prefill_time": drop_model_axes(again["prefill_time"]),
    }


def tell(asked: StressConditions, curve: StressCurve) -> str:
    """How many may run, how many of those that fit on average that gives up, and what an overflow costs."""
    safe, mean = (float(curve.columns[name][0]) for name in ("max_safe_requests", "max_batch_memory"))
    cost = 1e3 * float(curve.columns["prefill_time"][0])
    given = f"{safe:,.0f} may run at a risk of {asked['risk']:.1%}, of {mean:,.0f} that fit on average"
    if safe >= mean:
        return f"{given}: its budget is full, so that lengths no longer matter"
    more = (
        ""
        if curve.scheme == curve.baseline
        else f", {safe / curve.against['max_safe_requests'][0]:.1f}× the baseline's"
    )
    return f"{given}{more}; a preemption computes {cost:,.0f} ms again"


TEST = StressTest(
    id="burst",
    place=2,
    question="How many requests of random length may run before they overflow the pool?",
    conditions="prompts of {context} tokens (coefficient of variation {prompt_cv}), outputs of {output} ({cv}); in steady state",
    axis="concurrent_requests",
    axis_label="requests that run at once",
    over=tuple(float(n) for n in np.unique(np.geomspace(8, 512, 97).round())),
    knobs={
        "context": Condition(8192, "token/sequence", "Mean tokens of a prompt", 1),
        "output": Condition(1024, "token/sequence", "Mean tokens of an output", 1),
        "cv": Condition(1.0, "", "Coefficient of variation of the output length", 0, 10),
        "prompt_cv": Condition(0.5, "", "Coefficient of variation of the prompt length", 0, 10),
        "risk": Condition(0.01, "", "Share of moments in which the pool may overflow", 1e-9, 0.5),
    },
    drawn=PlotSpec("overflow_probability", "probability that the pool overflows (%)", 100),
    find=find,
    tell=tell,
)
