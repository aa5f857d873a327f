"""Where a scheme wins, loses, or cannot be told from its baseline, over batch × context, and which term decides.

Three comparisons are fair, and none stands for another: the same batch (latency), each at its own largest batch
(capacity), each at the largest batch that meets an objective (goodput, static). A cell is told only where the 90 %
interval of the ratio lies on one side of 1.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.errors import FactError, UnknownName
from costmodel.evaluation import library
from costmodel.evaluation.outputs import binding, flat, held, interval, outputs, passes, throughput_ratio
from costmodel.facts.deployment import Deployment

COMPARISONS = {
    "same-batch": "same batch: step time of baseline over step time of scheme (latency)",
    "own-batch": "each at its own largest batch: throughput over throughput (capacity)",
    "objective": "each at the largest batch that meets the objective: throughput over throughput (goodput, static)",
}
WINS, LOSES, UNSURE, ABSENT = "wins", "loses", "cannot tell", "does not fit"


@dataclass(frozen=True)
class Objective:
    """Most seconds that an output token and a first token may take; None where it does not matter."""

    tpot: float | None = None
    ttft: float | None = None


@dataclass(frozen=True)
class Regime:
    """Ratio with its interval and verdict, and the binding term of the scheme; arrays over batch × context.

    For ``own-batch`` and ``objective`` the batch axis has one entry and ``scheme_batch``, ``baseline_batch`` say which.
    """

    comparison: str
    scheme: str
    baseline: str
    batch: np.ndarray
    context: np.ndarray
    ratio: np.ndarray
    low: np.ndarray
    high: np.ndarray
    verdict: np.ndarray
    binding: np.ndarray
    scheme_batch: np.ndarray
    baseline_batch: np.ndarray

    def counts(self) -> dict[str, int]:
        """Cells by verdict."""
        return {word: int((self.verdict == word).sum()) for word in (WINS, LOSES, UNSURE, ABSENT)}


def regime(
    where: Deployment,
    scheme: str | library.Scheme,
    batch: np.ndarray,
    context: np.ndarray,
    comparison: str = "same-batch",
    objective: Objective | None = None,
    baseline: str | None = None,
) -> Regime:
    """The regime of a scheme against its baseline (or another one) on a deployment.

    ``batch`` in sequences, ``context`` in tokens. Raises UnknownName for no such comparison, FactError for an objective
    that is missing or not positive.
    """
    scheme = library.scheme(scheme) if isinstance(scheme, str) else scheme
    against = library.scheme(baseline or scheme.baseline)
    if comparison not in COMPARISONS:
        raise UnknownName("comparison", comparison, COMPARISONS)
    if comparison == "same-batch":
        return _same(where, scheme, against, np.asarray(batch, float), np.asarray(context, float))
    if comparison == "own-batch":
        pair = [_largest(where, each, context) for each in (scheme, against)]
        return _own(where, scheme, against, context, comparison, *pair)
    if objective is None or (objective.tpot is None and objective.ttft is None):
        raise FactError("comparison 'objective' needs --tpot or --ttft")
    for name in ("tpot", "ttft"):
        if (value := getattr(objective, name)) is not None and not value > 0:
            raise FactError(f"{name}: found {value:g} s, due a time above 0")
    pair = [within(where, each, context, objective) for each in (scheme, against)]
    return _own(where, scheme, against, context, comparison, *pair)


def _same(where, scheme, against, batch, context) -> Regime:
    axes = (batch[:, None], context[None, :])
    ours = passes(where, scheme, *axes)
    theirs = ours if against.id == scheme.id else passes(where, against, *axes)
    found = outputs(ours, where, theirs)
    shape = (len(batch), len(context))
    ratio, low, high, binds = (
        np.broadcast_to(found[name], shape) for name in ("speedup", "speedup_lo", "speedup_hi", "binding_term")
    )
    fits = np.broadcast_to(found["fits"], shape)
    size = np.broadcast_to(batch[:, None], shape)
    verdict = np.where(fits, told(low, high), ABSENT)
    return Regime("same-batch", scheme.id, against.id, batch, context, ratio, low, high, verdict, binds, size, size)


def told(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Wins where even the low end is above 1, loses where even the high end is below."""
    return np.where(low > 1, WINS, np.where(high < 1, LOSES, UNSURE))


def _largest(where, scheme, context) -> np.ndarray:
    return flat(passes(where, scheme, 1.0, np.asarray(context, float)[None, :]).pool["max_batch"])


def within(where: Deployment, scheme: library.Scheme, context, objective: Objective) -> np.ndarray:
    """The largest batch at every context that fits and meets the objective; 0 where none does. Shape (1, contexts)."""
    context = np.asarray(context, float)
    most = int(where.engine.numbers["max_sequences"])
    batch = np.arange(1.0, most + 1)
    made = passes(where, scheme, batch[:, None], context[None, :])
    fine = batch[:, None] <= np.broadcast_to(flat(made.pool["max_batch"]), (1, len(context)))
    if objective.tpot is not None:
        fine = fine & (flat(made.step["step_time"]) <= objective.tpot)
    if objective.ttft is not None:
        fine = fine & (flat(made.prompt["prefill_time"]) <= objective.ttft)
    return np.where(fine, batch[:, None], 0.0).max(axis=0, keepdims=True)


def _own(where, scheme, against, context, comparison, ours, theirs) -> Regime:
    context = np.asarray(context, float)
    ours, theirs = (np.broadcast_to(b, (1, len(context))) for b in (ours, theirs))
    step = passes(where, scheme, np.maximum(ours, 1), context[None, :]).step
    table = held(step, passes(where, against, np.maximum(theirs, 1), context[None, :]).step)
    spread = flat(table["speedup_spread"]) * (0.0 if scheme.id == against.id else 1.0)
    ratio = throughput_ratio(table, ours > 0, theirs > 0)
    low, high = interval(ratio, spread)
    verdict = np.where((ours == 0) & (theirs == 0), ABSENT, np.where((ours == 0), LOSES, told(low, high)))
    binds = np.broadcast_to(binding(step), ratio.shape)
    return Regime(
        comparison, scheme.id, against.id, np.array([np.nan]), context, ratio, low, high, verdict, binds, ours, theirs
    )
