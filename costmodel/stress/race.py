"""Race: can the eviction policy decide as fast as the codec encodes, and both as fast as tokens come?

In a step both stand on the critical path and add up. On a stream of their own each is a queue: it keeps up while its load stays
below 1, and a burst of flushes waits.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest

COLUMNS = (
    "deciding_rate", "encoding_rate", "deciding_load", "encoding_load", "deciding_step_time", "encode_step_time",
    "flush_step_time", "encoding_wait", "step_time",
)  # fmt: skip
SCHEMES = ("fp8", "kivi-2bit", "gear-4bit", "h2o", "quest", "h2o+kivi-4bit", "scissorhands")


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Rates (tokens a second; NaN where there is nothing to do), loads, seconds a step; vectors over the axis (batch)."""
    context = conditions["context"]
    evaluator = build_evaluator(conditions.deployment, scheme, conditions.axis_values, context, prompt=context)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            name: np.broadcast_to(drop_model_axes(evaluator[name]), conditions.axis_values.shape) for name in COLUMNS
        }
    return {name: np.where(np.isfinite(values), values, np.nan) for name, values in columns.items()}


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """Which of the two is slower at the largest batch, whether it keeps up, and what a flush costs its step."""
    last = {name: float(values[-1]) for name, values in curve.columns.items()}
    deciding, encoding = last["deciding_step_time"], last["encode_step_time"]
    if not deciding and not encoding:
        return "nothing to decide and nothing to encode beside the cache write"
    batch = f"batch {conditions.axis_values[-1]:,.0f}"
    if not encoding:
        return f"nothing to encode; deciding takes {_share(last, 'deciding_load')} of the bare step at {batch}"
    burst = last["flush_step_time"] / last["step_time"]
    flush = (
        f"; the step that flushes is {1 + burst:.2f} × as long" if burst > 1.05 * encoding / last["step_time"] else ""
    )
    if not deciding:
        return f"nothing to decide; encoding takes {_share(last, 'encoding_load')} of the bare step at {batch}{flush}"
    slower, load = ("deciding", "deciding_load") if deciding > encoding else ("encoding", "encoding_load")
    factor = max(deciding, encoding) / min(deciding, encoding)
    keeps = "keeps up" if last[load] < 1 else "falls behind"
    return f"{slower} is {factor:,.1f} × slower and {keeps}: {_share(last, load)} of the bare step at {batch}{flush}"


def _share(last: dict[str, float], load: str) -> str:
    return f"{last[load]:.1%}"


TEST = StressTest(
    id="race",
    order=2.5,
    question="Can the eviction policy decide faster than the codec runs?",
    conditions_template="a decode step at {context} tokens; loads are those of work beside the step, on a stream of its own",
    axis="batch",
    axis_label="sequences decoded together",
    default_values=(1, 4, 16, 64, 256),
    conditions={"context": Condition(8192, "token/sequence", "Tokens of every sequence", 1)},
    plot=PlotSpec("deciding_load", "time to decide over the bare step (%)", 100),
    compute=compute,
    summarize=summarize,
    schemes=SCHEMES,
)
