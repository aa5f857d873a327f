"""Where a scheme wins, loses, or cannot be told from its baseline, over batch × context, and which term decides.

Three comparisons are fair, and none stands for another: the same batch (latency), each at its own largest batch
(capacity), each at the largest batch that meets an objective (goodput, static). A cell is told only where the 90 %
interval of the ratio lies on one side of 1.
"""

import functools
from dataclasses import dataclass

import numpy as np

from costmodel.errors import FactError, UnknownName
from costmodel.evaluation import library, setting, sharing
from costmodel.evaluation.evaluate import Evaluator
from costmodel.evaluation.outputs import binding, flat, held, interval, throughput_ratio
from costmodel.facts.deployment import Deployment

COMPARISONS = {
    "same-batch": "same batch: step time of baseline over step time of scheme (latency)",
    "own-batch": "each at its own largest batch: throughput over throughput (capacity)",
    "objective": "each at the largest batch that meets the objective: throughput over throughput (goodput, static)",
}
STRIDE = 8  # batches; the rows of the smallest tile
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
    return regimes(where, [scheme], batch, context, comparison, objective, baseline)[0]


def regimes(
    where: Deployment,
    schemes: list,
    batch: np.ndarray,
    context: np.ndarray,
    comparison: str = "same-batch",
    objective: Objective | None = None,
    baseline: str | None = None,
    named: bool = True,
) -> list[Regime]:
    """As ``regime``, for several schemes; a baseline that they share is computed once.

    Without ``named`` nothing is said of what binds in any cell but those of the first scheme.
    """
    known = [library.scheme(each) if isinstance(each, str) else each for each in schemes]
    batch, context = np.asarray(batch, float), np.asarray(context, float)
    if comparison not in COMPARISONS:
        raise UnknownName("comparison", comparison, COMPARISONS)
    if comparison == "objective":
        _check(objective)
    at = _At(where, batch, context, objective if comparison == "objective" else None)
    pairs = [(scheme, library.scheme(baseline or scheme.baseline)) for scheme in known]
    words = [named or not place for place in range(len(pairs))]
    if comparison == "same-batch":
        return [_same(at, *pair, told_of) for pair, told_of in zip(pairs, words, strict=True)]
    return [_own(at, *pair, comparison) for pair in pairs]


def _check(objective: Objective | None) -> None:
    if objective is None or (objective.tpot is None and objective.ttft is None):
        raise FactError("comparison 'objective' needs --tpot or --ttft")
    for name in ("tpot", "ttft"):
        if (value := getattr(objective, name)) is not None and not value > 0:
            raise FactError(f"{name}: found {value:g} s, due a time above 0")


class _At:
    """Tables over one batch × context, each computed when it is first asked for; every prompt is as long as its context."""

    def __init__(self, where: Deployment, batch: np.ndarray, context: np.ndarray, objective: Objective | None):
        self.where, self.batch, self.context, self.objective = where, batch, context, objective
        self.shared = functools.cache(lambda: sharing.terms(where, batch[:, None], context[None, :]))
        self.step = functools.cache(
            lambda scheme: sharing.table(where, scheme, batch[:, None], context[None, :], self.shared())
        )
        self.pool = functools.cache(lambda scheme: _pool(where, scheme, context[None, :]))
        self.largest = functools.cache(self._largest)
        self.full = functools.cache(self._full)
        self.by_batch = functools.cache(lambda: _by_batch(where, context))

    def _full(self, scheme: library.Scheme) -> Evaluator:
        batch = np.maximum(self.largest(scheme), 1.0)[0]
        return sharing.table(
            self.where, scheme, batch[None, :], self.context[None, :], _rows(self.by_batch(), batch[None, :])
        )

    def _largest(self, scheme: library.Scheme) -> np.ndarray:
        if self.objective is not None:
            return within(self.where, scheme, self.context, self.objective, self.by_batch())
        return np.broadcast_to(flat(self.pool(scheme)["max_batch"]), (1, len(self.context)))


def _by_batch(where: Deployment, context: np.ndarray) -> dict[str, np.ndarray]:
    """Terms that schemes share and that do not vary with the context, for every batch that the scheduler runs."""
    batch = np.arange(1.0, where.engine.numbers["max_sequences"] + 1)
    found = sharing.terms(where, batch[:, None], context[None, :])
    return {name: value for name, value in found.items() if value.shape[1:2] == (1,) or value.ndim <= 2}


def _rows(by_batch: dict[str, np.ndarray], batch: np.ndarray) -> dict[str, np.ndarray]:
    """Terms of every batch, picked for an array of batches."""
    return {name: v[:, 0][batch.astype(int) - 1] if v.ndim > 2 else v for name, v in by_batch.items()}


def _pool(where, scheme, context) -> Evaluator:
    """The pool at the resident length, every sequence holding exactly its context."""
    return setting.table(
        where, scheme, 1.0, context, prompt=context, generated=0.0, generated_cv=0.0, exact_lengths=1.0
    )


def _same(at: _At, scheme: library.Scheme, against: library.Scheme, named: bool) -> Regime:
    step = at.step(scheme)
    table = held(step, at.step(against))
    shape = (len(at.batch), len(at.context))
    ratio = np.broadcast_to(flat(table["speedup"]), shape)
    low, high = interval(ratio, flat(table["speedup_spread"]) * (scheme.id != against.id))
    size = np.broadcast_to(at.batch[:, None], shape)
    fits = size <= flat(at.pool(scheme)["max_batch_memory"])
    verdict = np.where(fits, told(low, high), ABSENT)
    binds = np.broadcast_to(binding(step) if named else "", shape)
    ends = (np.broadcast_to(end, shape) for end in (low, high))
    return Regime("same-batch", scheme.id, against.id, at.batch, at.context, ratio, *ends, verdict, binds, size, size)


def told(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Wins where even the low end is above 1, loses where even the high end is below."""
    return np.where(low > 1, WINS, np.where(high < 1, LOSES, UNSURE))


def within(
    where: Deployment, scheme: library.Scheme, context, objective: Objective, by_batch: dict | None = None
) -> np.ndarray:
    """The largest batch at every context that fits and meets the objective; 0 where none does. Shape (1, contexts).

    Batches are looked at in strides, then one by one above the last that is fine: within a stride a step may be shorter
    for more sequences (whole tiles), over a stride it grows. ``by_batch`` are the terms that schemes share, where several
    are asked for.
    """
    context = np.asarray(context, float)
    most = np.broadcast_to(flat(_pool(where, scheme, context[None, :])["max_batch"]), (1, len(context)))[0].astype(int)
    fast = np.ones(len(context), dtype=bool)
    if objective.ttft is not None:
        fast = _first_token(where, scheme, context) <= objective.ttft
    if objective.tpot is None:
        return np.where(fast, most, 0.0)[None, :]
    known = _by_batch(where, context) if by_batch is None else by_batch

    def largest(batch):
        """Of batches × contexts, the largest that fits and is in time; 0 where none is."""
        size = np.clip(batch, 1.0, None)
        step = sharing.table(where, scheme, size, np.broadcast_to(context, size.shape), _rows(known, size))
        fine = (flat(step["step_time"]) <= objective.tpot) & (batch >= 1) & (batch <= most)
        return np.where(fine, batch, 0.0).max(axis=0)

    strides = np.minimum(np.arange(1.0, most.max(initial=1) + STRIDE, STRIDE)[:, None], np.maximum(most, 1))
    coarse = largest(strides)
    fine = largest(np.minimum(coarse + np.arange(STRIDE)[:, None], np.maximum(most, 1)))
    return np.where(fast & (most > 0), np.maximum(coarse, fine), 0.0)[None, :]


def _first_token(where: Deployment, scheme: library.Scheme, context: np.ndarray) -> np.ndarray:
    """Seconds of the prefill of a lone prompt of every context."""
    chunk = np.minimum(context, where.engine.numbers["max_batched_tokens"])
    prompt = setting.table(where, scheme, 1.0, context, prompt=context, forward_tokens=chunk, head_rows=1.0)
    return np.broadcast_to(flat(prompt["prefill_time"]), len(context))


def _own(at: _At, scheme: library.Scheme, against: library.Scheme, comparison: str) -> Regime:
    ours, theirs = at.largest(scheme), at.largest(against)
    step = at.full(scheme)
    table = held(step, at.full(against))
    spread = flat(table["speedup_spread"]) * (scheme.id != against.id)
    ratio = throughput_ratio(table, ours > 0, theirs > 0)
    low, high = interval(ratio, spread)
    verdict = np.where((ours == 0) & (theirs == 0), ABSENT, np.where((ours == 0), LOSES, told(low, high)))
    binds = np.broadcast_to(binding(step), ratio.shape)
    none = np.array([np.nan])
    return Regime(comparison, scheme.id, against.id, none, at.context, ratio, low, high, verdict, binds, ours, theirs)
