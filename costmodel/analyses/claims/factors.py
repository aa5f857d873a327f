"""The factors of a claim, which multiply to it: baseline, bytes, batch, kernel, and a residual that nothing here explains."""

from dataclasses import dataclass

import numpy as np

from costmodel.analyses.claims.compare import MEMORY, THROUGHPUT, TTFT, Sides, batches, compare
from costmodel.evaluation.ask.compare import Ratio
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator

EXACT = "bytes"  # follows from the formats alone: no kernel, no time
RESIDUAL = "residual"


@dataclass(frozen=True)
class Factor:
    """One factor of a claim with the ends of its 90 % interval (or published range), its evidence, and why, in words."""

    name: str
    value: float
    low: float
    high: float
    evidence: str
    text: str


def scheme_factors(metric: str, sides: Sides) -> list[Factor]:
    """What the scheme gains over a paged 16-bit cache, by cause; the factors multiply to the predicted ratio."""
    whole = single(compare(metric, sides.scheme, sides.paged))
    if metric == MEMORY:
        return [Factor("bytes", *whole, EXACT, "bytes of one sequence, tables and 16-bit zones included")]
    if metric == TTFT:
        return [Factor("prompt", *whole, sides.evidence, "time of the prompt with the scheme's passes over it")]
    ideal = _ideal(metric, sides)
    text = "this kernel against one that streams as 16 bit does"
    kernel = Factor("kernel", *_over(whole, ideal[0]), sides.evidence, text)
    if metric != THROUGHPUT:
        return [Factor("bytes", *ideal, "ideal", "fewer bytes at one batch, at the speed of the 16-bit kernel"), kernel]
    own, baseline_batch = batches(sides.scheme), batches(sides.paged)
    same = _ideal_step_gain(sides, baseline_batch)
    batch = ideal[0] / same
    grown = "weights are read for more sequences" if own > baseline_batch else "the scheduler's limit, or no more room"
    return [
        Factor(
            "bytes",
            *_over(ideal, batch),
            "ideal",
            f"fewer bytes at the baseline's largest batch, {baseline_batch:,.0f}",
        ),
        Factor("batch", batch, batch, batch, "ideal", f"batch {own:,.0f} against {baseline_batch:,.0f}: {grown}"),
        kernel,
    ]


def _ideal(metric: str, sides: Sides) -> tuple[float, float, float]:
    """The ratio with an ideal kernel and the ends of its own interval, without the slow end of shipped kernels."""
    ratio = compare(metric, sides.scheme.ideal, sides.paged)
    value, low, high = single(ratio)
    return value, low if ratio.ideal_low is None else float(np.ravel(ratio.ideal_low)[0]), high


def _ideal_step_gain(sides: Sides, batch: float) -> float:
    """Baseline's step over an ideal scheme's, both at the baseline's largest batch."""
    ideal = sides.scheme.ideal
    step = build_evaluator(ideal.deployment, ideal.scheme, batch, ideal.context, prompt=ideal.prompt_length)
    baseline, own = (float(np.ravel(drop_model_axes(e["step_time"]))[0]) for e in (sides.paged.full, step))
    return baseline / own


def _over(ends: tuple[float, float, float], divisor: float) -> tuple[float, float, float]:
    return ends[0] / divisor, ends[1] / divisor, ends[2] / divisor


def residual(claimed: float, worth: Factor, predicted: tuple[float, float, float]) -> Factor:
    """What is left of a claim over its baseline's worth and the predicted ratio: the measurement against this model."""
    value, high, low = (
        claimed / (end * ratio) for end, ratio in zip((worth.value, worth.low, worth.high), predicted, strict=True)
    )
    return Factor(RESIDUAL, value, low, high, "assumed", "not explained here: other work, lengths or code of the claim")


def single(ratio: Ratio) -> tuple[float, float, float]:
    """A ratio at one point as plain numbers: value, low, high."""
    value, low, high = (float(np.ravel(part)[0]) for part in (ratio.value, ratio.low, ratio.high))
    return value, low, high
