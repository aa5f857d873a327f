"""Two schemes at the point of a claim, compared by the claim's own metric."""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.compare import (
    MIN_CODEC_SHARE,
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
from costmodel.facts.evidence import OF_ORIGIN, is_decisive, weakest

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
    """What the ratio of two sides is known from: of the step that the metric looks at, or of the prompt's kernels."""
    if metric == TTFT:
        return weakest(map(_prompt_evidence, (passes, baseline)))
    step_of = full_step if metric == THROUGHPUT else same_step
    return str(np.ravel(ratio_evidence(passes, baseline, step_of))[0])


def _prompt_evidence(passes: Passes) -> str:
    """That of the prefill's profile; passes over the prompt that no table times are estimates, where they matter."""
    profile = passes.deployment.profile
    known = OF_ORIGIN[profile.origin] if profile.prefill_file is not None else "ideal"
    share = drop_model_axes(passes.prompt["prefill_codec_total"] / passes.prompt["prefill_time"])
    return weakest([known, "compiled"]) if float(np.max(share)) > MIN_CODEC_SHARE else known


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
        low, high = interval(value, np.maximum(*spreads))
        return Ratio(value, low, high, None if is_decisive(evidence(TTFT, passes, baseline)) else low)
    return step_ratio(passes, baseline)


def batches(passes: Passes) -> float:
    """The largest batch that pool and scheduler allow at the claim's lengths."""
    return float(np.ravel(drop_model_axes(passes.pool["max_batch"]))[0])
