"""Where a scheme wins, loses, or cannot be told from its baseline, over batch × context, and which term decides.

Three comparisons are fair, and none stands for another: the same batch (latency), each at its own largest batch
(capacity), each at the largest batch that meets an objective (goodput, static). A cell is told only where the 90 %
interval of the ratio lies on one side of 1.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.analyses.largest_batch import EvaluatorCache, Objective
from costmodel.errors import UnknownName
from costmodel.evaluation.ask.outputs import binding_term, compare_steps, interval, throughput_ratio
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment

COMPARISONS = {
    "same-batch": "same batch: step time of baseline over step time of scheme (latency)",
    "own-batch": "each at its own largest batch: throughput over throughput (capacity)",
    "objective": "each at the largest batch that meets the objective: throughput over throughput (goodput, static)",
}
WINS, LOSES, UNSURE, ABSENT = "wins", "loses", "cannot tell", "does not fit"
TOLD = np.array([LOSES, UNSURE, WINS, ABSENT])  # by 1 and the sign of what is told; wide enough for every word


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
    scheme: str | compiled.Scheme,
    batch: np.ndarray,
    context: np.ndarray,
    comparison: str = "same-batch",
    objective: Objective | None = None,
    baseline: str | None = None,
) -> Regime:
    """The regime of a scheme against its baseline (or another one) on a deployment.

    ``batch`` in sequences, ``context`` in tokens. Raises UnknownName for no such comparison, InputError for an objective
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
) -> list[Regime]:
    """As ``regime``, for several schemes; a baseline that they share is computed once."""
    return compute_regimes(where, schemes, batch, context, [comparison], objective, baseline)[comparison]


def compute_regimes(
    where: Deployment,
    schemes: list,
    batch: np.ndarray,
    context: np.ndarray,
    wanted=tuple(COMPARISONS),
    objective: Objective | None = None,
    baseline: str | None = None,
    named: bool = True,
) -> dict[str, list[Regime]]:
    """Several comparisons of several schemes, by comparison; what they share is computed once.

    Without ``named`` nothing is said of what binds in the cells of any map but the first scheme's.
    """
    known = [compiled.load_scheme(each) if isinstance(each, str) else each for each in schemes]
    pairs = [(scheme, compiled.load_scheme(baseline or scheme.baseline)) for scheme in known]
    for comparison in wanted:
        if comparison not in COMPARISONS:
            raise UnknownName("comparison", comparison, COMPARISONS)
        if comparison == "objective":
            (objective or Objective()).check()
    tables, found = EvaluatorCache(where, batch, context), {}
    for comparison in wanted:
        aim = objective if comparison == "objective" else None
        made = {
            pair: _same(tables, *pair, named or not place)
            if comparison == "same-batch"
            else _own(tables, *pair, comparison, aim)
            for place, pair in enumerate(dict.fromkeys(pairs))
        }
        found[comparison] = [made[pair] for pair in pairs]
    return found


def _same(tables: EvaluatorCache, scheme: compiled.Scheme, against: compiled.Scheme, named: bool) -> Regime:
    step = tables.step(scheme)
    table = compare_steps(step, tables.step(against))
    shape = (len(tables.batch), len(tables.context))
    ratio = np.broadcast_to(drop_model_axes(table["speedup"]), shape)
    low, high = interval(ratio, drop_model_axes(table["speedup_spread"]) * (scheme.id != against.id))
    size = np.broadcast_to(tables.batch[:, None], shape)
    fits = size <= drop_model_axes(tables.pool(scheme)["max_batch_memory"])
    verdict = classify(low, high)
    verdict[~fits] = ABSENT
    binds = np.broadcast_to(binding_term(step) if named else "", shape)
    ends = (np.broadcast_to(end, shape) for end in (low, high))
    axes = (tables.batch, tables.context)
    return Regime("same-batch", scheme.id, against.id, *axes, ratio, *ends, verdict, binds, size, size)


def classify(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Wins where even the low end is above 1, loses where even the high end is below."""
    return TOLD[1 + (low > 1).astype(np.int8) - (high < 1)]


def _own(tables: EvaluatorCache, scheme, against, comparison: str, aim: Objective | None) -> Regime:
    ours, theirs = tables.largest(scheme, aim), tables.largest(against, aim)
    step = tables.full(scheme, aim)
    table = compare_steps(step, tables.full(against, aim))
    spread = drop_model_axes(table["speedup_spread"]) * (scheme.id != against.id)
    ratio = throughput_ratio(table, ours > 0, theirs > 0)
    low, high = interval(ratio, spread)
    verdict = np.where((ours == 0) & (theirs == 0), ABSENT, np.where((ours == 0), LOSES, classify(low, high)))
    binds = np.broadcast_to(binding_term(step), ratio.shape)
    axes = (np.array([np.nan]), tables.context)
    return Regime(comparison, scheme.id, against.id, *axes, ratio, low, high, verdict, binds, ours, theirs)
