"""Burst: requests of random length in one pool, a fixed number or as they arrive; how often they need more blocks than it has.

A small cache moves the number of requests at which that happens. A budget that is full removes the risk, because what is kept
no longer grows with the length. An overflow preempts a request, whose tokens are computed again, or copied to the host and back.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.evidence import times_evidence
from costmodel.stress.overflow.answer import predict_overflow
from costmodel.stress.overflow.conditions import failing_conditions
from costmodel.stress.overflow.load import Load
from costmodel.stress.times import duration, read_interval, with_interval
from costmodel.text.counted import counted

# Of `costmodel validate --burst`, as docs/howto/burst.md prints it.
CERTAIN = 1e-9  # probability below which an overflow is none
SEEN = 1e-3  # share of the time that replays can tell from none
ACCURACY = (
    "where replays wait for more than 2 % of the time, half are within 0.8 points of it and nine in ten within 2.1"
)


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Overflow probability of a fixed number; the requests that keep it below the risk; those of mean length that fit.

    With them, for the load that arrives: share of the time in overflow, times that a request is sent back, requests that run and
    wait, the load of a full pool; seconds that sending one back costs, computed again or swapped. All are vectors over the axis
    (requests that run at once) or single numbers.
    """
    deployment, prompt = conditions.deployment, conditions["context"]
    load = _load(conditions)
    lengths = {name: load.lengths[name] for name in ("prompt", "generated", "generated_cv")}
    mean_context = build_evaluator(deployment, scheme, 1.0, prompt, **lengths)["running_context"]
    pool = build_evaluator(
        deployment, scheme, 1.0, mean_context, exact_lengths=0.0, concurrent_requests=conditions.axis_values,
        prompt_cv=conditions["prompt_cv"], risk_quantile=-ndtri(conditions["risk"]), **lengths,
    )  # fmt: skip
    recomputed_prefill = build_prefill_evaluator(deployment, scheme, drop_model_axes(mean_context))
    arriving = predict_overflow(deployment, scheme, load)
    return {
        "overflow_probability": ndtr(-np.nan_to_num(drop_model_axes(pool["overflow_margin"]), nan=0.0)),
        "max_safe_requests": np.floor(drop_model_axes(pool["max_safe_requests"])),
        "max_batch_memory": drop_model_axes(pool["max_batch_memory"]),
        **with_interval(recomputed_prefill, "prefill_time", "prefill_time_spread"),
        **with_interval(pool, "swap_time", "host_link_spread"),
        "arriving_overflow": np.float64(arriving.probability),
        "arriving_preemptions": np.float64(arriving.preemptions),
        "arriving_running": np.float64(arriving.running),
        "arriving_waiting": np.float64(arriving.waiting),
        "arriving_load": np.float64(arriving.load),
        "arriving_prompt_share": np.float64(arriving.prompt_share),
    }


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """How many requests can run at the risk, what sending one back costs, and how often the load that arrives overflows."""
    first = {name: float(column[0]) for name, column in curve.columns.items()}
    text = (
        f"{first['max_safe_requests']:,.0f} of the {counted(first['max_batch_memory'], 'request')} that fit on average can run "
        f"at a {conditions['risk']:.1%} overflow risk"
    )
    arriving = _arriving(conditions, first, times_evidence(conditions, curve))
    if first["max_safe_requests"] >= first["max_batch_memory"] and _is_alike(conditions, curve):
        return f"{text}: the budget is full, so lengths no longer matter; {arriving}"
    baseline = float(curve.baseline_columns["max_safe_requests"][0])
    ratio = (
        f"{first['max_safe_requests'] / baseline:.1f}× the baseline's"
        if baseline
        else "where the baseline can run none"
    )
    compared = "" if curve.scheme == curve.baseline else f", {ratio}"
    return f"{text}{compared}; {_cost(curve)}; {arriving}"


def _is_alike(conditions: StressConditions, curve: StressCurve) -> bool:
    """Whether as many requests as fit overflow the pool in no case: whatever their lengths, they take the same."""
    fitting = conditions.axis_values <= curve.columns["max_batch_memory"]
    return not (curve.columns["overflow_probability"][fitting] > CERTAIN).any()


def _cost(curve: StressCurve) -> str:
    """What sending a request back costs either way, and which of them is cheaper, where their intervals tell."""
    recompute, swap = (duration(curve.columns, name, 0) for name in ("prefill_time", "swap_time"))
    ways = {"computing it again": "prefill_time", "swapping": "swap_time"}
    ends = {way: read_interval(curve.columns, name, 0) for way, name in ways.items()}
    cheaper, dearer = sorted(ends, key=lambda way: ends[way][0])
    verdict = f"so {cheaper} is cheaper"
    if ends[cheaper][2] >= ends[dearer][1]:
        verdict = f"and which is cheaper cannot be told: {cheaper} by the middle of the intervals"
    return f"a preemption costs {recompute} of recomputed prefill or {swap} of swapping (the link's rate assumed), {verdict}"


def _arriving(conditions: StressConditions, first: dict[str, float], evidence: str) -> str:
    """What the load that arrives does, or the condition that fails."""
    rate = f"at {conditions['rate']:g} a second"
    if failing := failing_of(conditions, first):
        return f"{rate} the closed form does not hold, as {failing[0]} (costmodel replay answers)"
    share, preempted = first["arriving_overflow"], first["arriving_preemptions"]
    law = f"a stationary law, its times {evidence}: {ACCURACY}"
    policy = conditions.deployment.engine.admissions[0].name
    if share < SEEN:
        return f"{rate} requests wait for blocks less than {SEEN:.1%} of the time under {policy} ({law})"
    often = f"{share:.1%} of the time and are preempted {preempted:.2g} times each"
    return f"{rate} requests wait for blocks {often} under {policy} ({law})"


def failing_of(conditions: StressConditions, first: dict[str, float]) -> tuple[str, ...]:
    """The conditions of the law of arrivals that do not hold, in words; ``first`` holds the numbers of a curve."""
    return failing_conditions(
        first["arriving_load"], first["arriving_prompt_share"], first["max_batch_memory"],
        conditions.deployment.engine.numbers["max_sequences"],
    )  # fmt: skip


def _load(conditions: StressConditions) -> Load:
    names = ("rate", "dispersion", "context", "prompt_cv", "output", "output_cv")
    return Load(*(conditions[name] for name in names))


TEST = StressTest(
    id="burst",
    order=2,
    question="How many requests of random length can run before they overflow the pool?",
    conditions_template=(
        "prompts of {context:token} (coefficient of variation {prompt_cv}), outputs of {output} ({output_cv}); in steady state, "
        "and, as they arrive, {rate} a second (dispersion {dispersion})"
    ),
    axis="concurrent_requests",
    whole_axis=True,
    axis_label="requests that run at once",
    default_values=tuple(float(n) for n in np.unique(np.geomspace(8, 512, 97).round())),
    conditions={
        "context": Condition(8192, "token/sequence", "Mean tokens of a prompt", 1),
        "output": Condition(1024, "token/sequence", "Mean tokens of an output", 1),
        "output_cv": Condition(1.0, "", "Coefficient of variation of the output length", 0, 10, aliases=("cv",)),
        "prompt_cv": Condition(0.5, "", "Coefficient of variation of the prompt length", 0, 10),
        "rate": Condition(1.0, "sequence/second", "Requests that arrive in a second", 1e-6, 1e6),
        "dispersion": Condition(1.0, "", "Variance of counts of arrivals over their mean (1: Poisson)", 0.05, 100),
        "risk": Condition(0.01, "", "Fraction of time during which the pool may overflow", 1e-9, 0.5),
    },
    plot=PlotSpec("overflow_probability", "probability that the pool overflows (%)", 100),
    compute=compute,
    summarize=summarize,
)
