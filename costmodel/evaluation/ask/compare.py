"""A scheme compared with its baseline: the ratio of their steps, its interval, and what its evidence allows to conclude.

Measured kernels have an interval of their errors. A kernel that nobody measured lies between an ideal one and the slow end
of those that are shipped; the estimate from compiled code stands in between.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.intervals import Z90, interval
from costmodel.evaluation.ask.passes import Passes
from costmodel.evaluation.ask.step import compare_steps
from costmodel.evaluation.ask.verdicts import verdict_codes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.facts.evidence import EVIDENCE, WEAKEST_DECISIVE, is_decisive, weakest

StepOf = Callable[[Passes], Evaluator]
NEITHER_FITS, BASELINE_FITS, SCHEME_FITS, BOTH_FIT = WHO_FITS = (
    "neither fits", "only the baseline fits", "only the scheme fits", "both fit",
)  # fmt: skip
MIN_CODEC_SHARE = 0.02  # of the step: a smaller codec kernel does not decide what a time is known from


def same_step(passes: Passes) -> Evaluator:
    """The step at the batch of the passes."""
    return passes.step


def full_step(passes: Passes) -> Evaluator:
    """The step at the largest batch that fits."""
    return passes.full


@dataclass(frozen=True)
class Ratio:
    """Baseline's step time over the scheme's with the ends of its 90 % interval.

    ``ideal_low`` is the low end with an ideal kernel where nobody measured the scheme's; None (or NaN) for measured ones.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    ideal_low: np.ndarray | None = None

    def scaled(self, factor: np.ndarray) -> "Ratio":
        """The same ratio times a factor, such as that of two batches."""
        ideal_low = None if self.ideal_low is None else self.ideal_low * factor
        return Ratio(self.value * factor, self.low * factor, self.high * factor, ideal_low)

    def where(self, mask: np.ndarray, other: "Ratio") -> "Ratio":
        """This ratio where the mask holds, the other one elsewhere."""
        value, low, high = (
            np.where(mask, *ends)
            for ends in ((self.value, other.value), (self.low, other.low), (self.high, other.high))
        )
        if self.ideal_low is None and other.ideal_low is None:
            return Ratio(value, low, high)
        ideal_lows = (np.nan if one.ideal_low is None else one.ideal_low for one in (self, other))
        return Ratio(value, low, high, np.where(mask, *ideal_lows))

    def codes(self, fits: np.ndarray | None = None) -> np.ndarray:
        """Indices into ``VERDICTS``."""
        return verdict_codes(self.low, self.high, fits, self.ideal_low)


def step_ratio(passes: Passes, baseline: Passes, step_of: StepOf = same_step) -> Ratio:
    """The ratio of the steps that ``step_of`` picks of both sides' passes."""
    comparison = compare_steps(step_of(passes), step_of(baseline))
    value = drop_model_axes(comparison["speedup"])
    if passes.scheme.id == baseline.scheme.id:
        return Ratio(value, value, value)
    if passes.is_decisive and baseline.is_decisive:
        low, high = interval(value, drop_model_axes(comparison["speedup_spread"]))
        decisive = step_evidence(passes, step_of) <= EVIDENCE.index(WEAKEST_DECISIVE)
        return Ratio(value, low, high, None if decisive.all() else np.where(decisive, np.nan, low))
    if passes.assembly.choice.kind == "same":
        low, high = interval(value, drop_model_axes(comparison["speedup_spread"]))
        return Ratio(value, low, high, ideal_low=low)
    fastest = compare_steps(step_of(passes.ideal), step_of(baseline))
    ideal = drop_model_axes(fastest["speedup"])
    ideal_low, high = interval(ideal, drop_model_axes(fastest["speedup_spread"]))
    slowest = drop_model_axes(fastest["baseline_step_time"] / fastest["slow_step_time"])
    low = slowest * ideal_low / ideal
    return Ratio(np.clip(value, slowest, ideal), low, high, ideal_low)


def step_interval(passes: Passes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The step time in seconds with the ends of its 90 % interval."""
    time = drop_model_axes(passes.step["step_time"])
    if passes.is_decisive or passes.assembly.choice.kind == "same":
        return time, *interval(time, drop_model_axes(passes.step["step_spread"]))
    ideal = passes.ideal.step
    factor = np.exp(Z90 * drop_model_axes(ideal["step_spread"]))
    fastest, slowest = drop_model_axes(ideal["step_time"]), drop_model_axes(ideal["slow_step_time"])
    return np.clip(time, fastest, slowest), fastest / factor, slowest * factor


def step_evidence(passes: Passes, step_of: StepOf = same_step) -> np.ndarray:
    """Index into ``EVIDENCE`` of the step's time: that of its attention, and of codec kernels that take over 2 % of it."""
    evidence = passes.assembly.evidence
    index = EVIDENCE.index(evidence)
    choice = passes.assembly.choice
    if choice.kind == "same" or choice.file is not None or not is_decisive(evidence):
        return np.asarray(index)
    step = step_of(passes)
    share = drop_model_axes(step["codec_step_time"] / step["step_time"])
    return np.where(share > MIN_CODEC_SHARE, EVIDENCE.index(weakest([evidence, "compiled"])), index)


def ratio_evidence(passes: Passes, baseline: Passes, step_of: StepOf = same_step) -> np.ndarray:
    """Evidence of the ratio, words out of ``EVIDENCE``: the weaker of the two sides."""
    index = np.maximum(step_evidence(passes, step_of), step_evidence(baseline, step_of))
    return np.asarray(np.array(EVIDENCE, dtype=object)[index], dtype=object)


def throughput_ratio(passes: Passes, baseline: Passes) -> Ratio:
    """Throughput over throughput, each side at its own largest batch; see ``fitting_ratio``."""
    ratio = step_ratio(passes, baseline, full_step)
    batches = (drop_model_axes(side.full["batch_of_groups"]) for side in (passes, baseline))
    return fitting_ratio(ratio.scaled(np.divide(*batches)), *both_fit(passes, baseline))


def both_fit(passes: Passes, baseline: Passes) -> tuple[np.ndarray, np.ndarray]:
    """Whether the pool of the scheme, and that of its baseline, holds at least one sequence."""
    scheme_fits, baseline_fits = (drop_model_axes(side.pool["max_batch"]) >= 1 for side in (passes, baseline))
    return scheme_fits, baseline_fits


def who_fits(scheme_fits: np.ndarray, baseline_fits: np.ndarray) -> np.ndarray:
    """Why a ratio at own batches is a number, infinite, 0 or NaN, in words out of ``WHO_FITS``; see ``fitting_ratio``."""
    code = 2 * np.asarray(scheme_fits, dtype=np.int8) + np.asarray(baseline_fits, dtype=np.int8)
    return np.asarray(np.array(WHO_FITS, dtype=object)[code], dtype=object)


def fitting_ratio(ratio: Ratio, scheme_fits, baseline_fits) -> Ratio:
    """The ratio where both fit: 0 where the scheme does not, infinite where only it does, NaN where neither does."""

    def where_both_fit(value):
        value = np.where(baseline_fits, value, np.inf)
        return np.where(scheme_fits, value, np.where(baseline_fits, 0.0, np.nan))

    value, low, high = (where_both_fit(value) for value in (ratio.value, ratio.low, ratio.high))
    ideal_low = ratio.ideal_low
    if ideal_low is not None:
        ideal_low = np.where(np.isnan(ideal_low), np.nan, where_both_fit(ideal_low))
    return Ratio(value, low, high, ideal_low)
