"""Two schemes at the point of a claim, compared by the claim's own metric."""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.compare import (
    Ratio,
    full_step,
    ratio_evidence,
    same_step,
    step_ratio,
    throughput_ratio,
)
from costmodel.evaluation.ask.intervals import interval
from costmodel.evaluation.ask.passes import Passes
from costmodel.evaluation.assemble.axes import drop_model_axes

TPOT, THROUGHPUT, TTFT, MEMORY = "tpot", "throughput", "ttft", "memory"


@dataclass(frozen=True)
class Sides:
    """The passes of the scheme and of the paged 16-bit cache at one claim's point, and what their ratio is known from."""

    scheme: Passes
    paged: Passes
    metric: str

    @property
    def evidence(self) -> str:
        """Evidence of the ratio of the two."""
        return evidence(self.metric, self.scheme, self.paged)


def evidence(metric: str, passes: Passes, baseline: Passes) -> str:
    """What the ratio of two sides is known from, at the step that the metric looks at."""
    step_of = full_step if metric == THROUGHPUT else same_step
    return str(np.ravel(ratio_evidence(passes, baseline, step_of))[0])


def compare(metric: str, passes: Passes, baseline: Passes) -> Ratio:
    """How many times better the scheme is than the baseline by a metric, with its 90 % interval."""
    if metric == THROUGHPUT:
        return throughput_ratio(passes, baseline)
    if metric == MEMORY:
        value = np.divide(*(drop_model_axes(side.step["local_sequence_size"]) for side in (baseline, passes)))
        return Ratio(value, value, value)
    if metric == TTFT:
        times = [drop_model_axes(side.prompt["prefill_time"]) for side in (baseline, passes)]
        spreads = [drop_model_axes(side.prompt["prefill_time_spread"]) for side in (baseline, passes)]
        value = times[0] / times[1]
        if passes.scheme.id == baseline.scheme.id:
            return Ratio(value, value, value)
        return Ratio(value, *interval(value, np.maximum(*spreads)))
    return step_ratio(passes, baseline)


def batches(passes: Passes) -> float:
    """The largest batch that pool and scheduler allow at the claim's lengths."""
    return float(np.ravel(drop_model_axes(passes.pool["max_batch"]))[0])
