"""The twist: moves that could make the proposal work, each evaluated by the tool, ranked by what it predicts."""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.compare import Ratio, full_step, ratio_evidence, step_ratio, throughput_ratio
from costmodel.evaluation.ask.passes import Passes, build_passes
from costmodel.evaluation.ask.verdicts import VERDICTS
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.report.sections.moves import moves
from costmodel.report.subject import OperatingPoint, Subject

CAPACITY = "each at its own largest batch"
CAPACITY_CONTEXT = 16384.0
NOTHING = 0.01  # a relative gain below which a move is none


@dataclass(frozen=True)
class PointGain:
    """The ratio to the baseline at one point before and after a move, with the 90 % ends, verdict and evidence after it."""

    point: str
    before: float
    after: float
    low: float
    high: float
    verdict: str
    evidence: str


@dataclass(frozen=True)
class MoveResult:
    """A move, what changes, its gain (geometric mean of after over before over all points), bytes after over before."""

    name: str
    change: str
    gain: float
    bytes_ratio: float
    points: tuple[PointGain, ...]


@dataclass(frozen=True)
class Twist:
    """Moves from the largest gain to the least; what an ideal kernel for the unchanged sentence would give, as the bound."""

    points: tuple[OperatingPoint, ...]
    capacity_context: float
    moves: tuple[MoveResult, ...]
    useless: tuple[str, ...]
    ideal: tuple[PointGain, ...]
    ideal_gain: float


def compute(subject: Subject, earlier: dict) -> Twist:
    """Evaluate every move at the subject's operating points and at the largest batches."""
    before = _evaluate(subject, subject.scheme)
    size = _bytes(subject, subject.scheme)
    results = []
    for move in moves(subject.scheme, subject.deployment.engine.numbers["block_size"]):
        after = _evaluate(subject, move.scheme)
        points = tuple(
            PointGain(a.point, b.after, a.after, a.low, a.high, a.verdict, a.evidence)
            for b, a in zip(before, after, strict=True)
        )
        bytes_ratio = _bytes(subject, move.scheme) / size
        results.append(MoveResult(move.name, move.change, _mean_gain(points), bytes_ratio, points))
    ranked = sorted(results, key=lambda r: -r.gain)
    ideal = tuple(
        PointGain(i.point, b.after, i.after, i.low, i.high, i.verdict, i.evidence)
        for b, i in zip(before, _evaluate(subject, subject.scheme, ideal=True), strict=True)
    )
    useful = tuple(r for r in ranked if r.gain > 1 + NOTHING)
    useless = tuple(f"{r.change} ({r.gain:.2f} ×)" for r in ranked if r.gain <= 1 + NOTHING)
    return Twist(subject.points, _capacity_context(subject), useful, useless, ideal, _mean_gain(ideal))


def _mean_gain(points: tuple[PointGain, ...]) -> float:
    """Geometric mean of after over before, over the points at which both sides fit; 1 where there is none."""
    ratios = [p.after / p.before for p in points if 0 < p.before < np.inf and 0 < p.after < np.inf]
    return float(np.exp(np.mean(np.log(ratios)))) if ratios else 1.0


def _capacity_context(subject: Subject) -> float:
    return min(CAPACITY_CONTEXT, float(subject.deployment.model.max_context))


def _evaluate(subject: Subject, scheme: Scheme, ideal: bool = False) -> list[PointGain]:
    """The ratios of a scheme at every point, NaN where one side does not fit; ``before`` and ``after`` are the same here."""
    batch, context = (np.array([getattr(p, axis) for p in subject.points]) for axis in ("batch", "context"))
    passes, baseline = _sides(subject, scheme, batch, context, ideal)
    fits = np.logical_and(*(batch <= drop_model_axes(side.pool["max_batch_memory"]) for side in (passes, baseline)))
    steps = _gains(
        [p.name for p in subject.points], step_ratio(passes, baseline), fits, ratio_evidence(passes, baseline)
    )
    passes, baseline = _sides(subject, scheme, 1.0, _capacity_context(subject), ideal)
    evidence = ratio_evidence(passes, baseline, full_step)
    return steps + _gains([CAPACITY], throughput_ratio(passes, baseline), np.array([True]), evidence)


def _sides(subject: Subject, scheme: Scheme, batch, context, ideal: bool) -> tuple[Passes, Passes]:
    passes, baseline = (build_passes(subject.deployment, side, batch, context) for side in (scheme, subject.baseline))
    return passes.ideal if ideal else passes, baseline


def _gains(names: list[str], ratio: Ratio, fits: np.ndarray, evidence: np.ndarray) -> list[PointGain]:
    low = ratio.low if ratio.ideal_low is None or not _is_ideal(evidence) else ratio.ideal_low
    ends = (np.where(fits, np.broadcast_to(part, fits.shape), np.nan) for part in (ratio.value, low, ratio.high))
    words = (np.broadcast_to(part, fits.shape) for part in (VERDICTS[ratio.codes(fits)], evidence))
    return [
        PointGain(name, float(value), float(value), float(below), float(above), str(verdict), str(known))
        for name, value, below, above, verdict, known in zip(names, *ends, *words, strict=True)
    ]


def _is_ideal(evidence: np.ndarray) -> bool:
    return bool(np.all(evidence == "ideal"))


def _bytes(subject: Subject, scheme: Scheme) -> float:
    step = build_passes(subject.deployment, scheme, 1.0, _capacity_context(subject)).step
    return float(np.ravel(drop_model_axes(step["local_sequence_size"]))[0])
