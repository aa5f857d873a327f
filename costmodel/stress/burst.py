"""Burst: running requests of random length in one pool; how often they need more blocks than the pool has.

A small cache moves the number of requests at which that happens. A budget that is full removes the risk, because what is kept
no longer grows with the length. An overflow preempts a request, whose tokens so far must then be prefilled again.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Overflow probability; the requests that keep it below the risk; those of mean length that fit; a preemption's time.

    All are vectors over the axis (requests that run at once) or single numbers; times are in seconds.
    """
    deployment, prompt = conditions.deployment, conditions["context"]
    lengths = {"prompt": prompt, "generated": conditions["output"], "generated_cv": conditions["output_cv"]}
    mean_context = build_evaluator(deployment, scheme, 1.0, prompt, **lengths)["running_context"]
    pool = build_evaluator(
        deployment, scheme, 1.0, mean_context, exact_lengths=0.0, concurrent_requests=conditions.axis_values,
        prompt_cv=conditions["prompt_cv"], risk_quantile=-ndtri(conditions["risk"]), **lengths,
    )  # fmt: skip
    recomputed_prefill = build_prefill_evaluator(deployment, scheme, drop_model_axes(mean_context))
    return {
        "overflow_probability": ndtr(-np.nan_to_num(drop_model_axes(pool["overflow_margin"]), nan=0.0)),
        "max_safe_requests": np.floor(drop_model_axes(pool["max_safe_requests"])),
        "max_batch_memory": drop_model_axes(pool["max_batch_memory"]),
        "prefill_time": drop_model_axes(recomputed_prefill["prefill_time"]),
    }


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """How many requests can run at the risk, how many of those that fit on average that is, and what an overflow costs."""
    safe, mean = (float(curve.columns[name][0]) for name in ("max_safe_requests", "max_batch_memory"))
    milliseconds = 1e3 * float(curve.columns["prefill_time"][0])
    text = f"{safe:,.0f} of the {mean:,.0f} requests that fit on average can run at a {conditions['risk']:.1%} overflow risk"
    if safe >= mean:
        return f"{text}: the budget is full, so lengths no longer matter"
    baseline = float(curve.baseline_columns["max_safe_requests"][0])
    ratio = f"{safe / baseline:.1f}× the baseline's" if baseline else "where the baseline can run none"
    compared = "" if curve.scheme == curve.baseline else f", {ratio}"
    return f"{text}{compared}; a preemption costs {milliseconds:,.0f} ms of recomputed prefill"


TEST = StressTest(
    id="burst",
    order=2,
    question="How many requests of random length can run before they overflow the pool?",
    conditions_template=(
        "prompts of {context} tokens (coefficient of variation {prompt_cv}), outputs of {output} ({output_cv}); in steady state"
    ),
    axis="concurrent_requests",
    axis_label="requests that run at once",
    default_values=tuple(float(n) for n in np.unique(np.geomspace(8, 512, 97).round())),
    conditions={
        "context": Condition(8192, "token/sequence", "Mean tokens of a prompt", 1),
        "output": Condition(1024, "token/sequence", "Mean tokens of an output", 1),
        "output_cv": Condition(1.0, "", "Coefficient of variation of the output length", 0, 10, aliases=("cv",)),
        "prompt_cv": Condition(0.5, "", "Coefficient of variation of the prompt length", 0, 10),
        "risk": Condition(0.01, "", "Fraction of time during which the pool may overflow", 1e-9, 0.5),
    },
    plot=PlotSpec("overflow_probability", "probability that the pool overflows (%)", 100),
    compute=compute,
    summarize=summarize,
)
