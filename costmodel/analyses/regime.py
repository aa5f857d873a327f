"""Where a scheme wins, loses, or cannot be distinguished from its baseline, over batch × context, and which term decides.

Three comparisons are fair, and none stands for another: the same batch (latency), each at its own largest batch
(capacity), each at the largest batch that meets an objective (goodput, static). A verdict needs the 90 % interval of the
ratio on one side of 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.analyses.largest_batch import EvaluatorCache, Objective
from costmodel.errors import UnknownName
from costmodel.evaluation.ask.intervals import interval
from costmodel.evaluation.ask.step import binding_term, compare_steps, throughput_ratio
from costmodel.evaluation.ask.verdicts import ABSENT, LOSES, UNSURE, WINS, classify
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.deployment import Deployment

COMPARISONS = {
    "same-batch": "same batch: step time of baseline over step time of scheme (latency)",
    "own-batch": "each at its own largest batch: throughput over throughput (capacity)",
    "objective": "each at the largest batch that meets the objective: throughput over throughput (goodput, static)",
}


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
        return {verdict: int((self.verdict == verdict).sum()) for verdict in (WINS, LOSES, UNSURE, ABSENT)}


def regime(
    deployment: Deployment,
    scheme: str | Scheme,
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
    return regimes(deployment, [scheme], batch, context, comparison, objective, baseline)[0]


def regimes(
    deployment: Deployment,
    schemes: Sequence[str | Scheme],
    batch: np.ndarray,
    context: np.ndarray,
    comparison: str = "same-batch",
    objective: Objective | None = None,
    baseline: str | None = None,
) -> list[Regime]:
    """As ``regime``, for several schemes, in their order; a baseline that they share is computed once."""
    return compute_regimes(deployment, schemes, batch, context, [comparison], objective, baseline)[comparison]


def compute_regimes(
    deployment: Deployment,
    schemes: Sequence[str | Scheme],
    batch: np.ndarray,
    context: np.ndarray,
    comparisons: Sequence[str] = tuple(COMPARISONS),
    objective: Objective | None = None,
    baseline: str | None = None,
    with_binding: bool = True,
) -> dict[str, list[Regime]]:
    """Several comparisons of several schemes, by comparison; what they share is computed once.

    ``batch`` in sequences, ``context`` in tokens; ``objective`` is for the comparison of that name; ``baseline`` is every
    scheme's own where it is None. Raises UnknownName for no such comparison or scheme, InputError for an objective that is
    missing or not positive.

    Without ``with_binding`` the binding term is left empty in all maps but the first scheme's.
    """
    loaded = [load_scheme(scheme) if isinstance(scheme, str) else scheme for scheme in schemes]
    pairs = [(scheme, load_scheme(baseline or scheme.baseline)) for scheme in loaded]
    for comparison in comparisons:
        if comparison not in COMPARISONS:
            raise UnknownName("comparison", comparison, COMPARISONS)
        if comparison == "objective":
            (objective or Objective()).check()
    evaluators, regimes_by_comparison = EvaluatorCache(deployment, batch, context), {}
    for comparison in comparisons:
        by_pair = {}
        for index, pair in enumerate(dict.fromkeys(pairs)):
            if comparison == "same-batch":
                by_pair[pair] = _same_batch(evaluators, *pair, with_binding or index == 0)
            else:
                target = objective if comparison == "objective" else None
                by_pair[pair] = _own_batch(evaluators, *pair, comparison, target)
        regimes_by_comparison[comparison] = [by_pair[pair] for pair in pairs]
    return regimes_by_comparison


def _same_batch(evaluators: EvaluatorCache, scheme: Scheme, baseline: Scheme, with_binding: bool) -> Regime:
    step = evaluators.step(scheme)
    comparison = compare_steps(step, evaluators.step(baseline))
    shape = (len(evaluators.batch), len(evaluators.context))
    ratio = np.broadcast_to(drop_model_axes(comparison["speedup"]), shape)
    spread = 0.0 if scheme.id == baseline.id else drop_model_axes(comparison["speedup_spread"])
    low, high = (np.broadcast_to(end, shape) for end in interval(ratio, spread))
    batch = np.broadcast_to(evaluators.batch[:, None], shape)
    fits = batch <= drop_model_axes(evaluators.pool(scheme)["max_batch_memory"])
    binding = np.broadcast_to(binding_term(step) if with_binding else "", shape)
    return Regime(
        "same-batch",
        scheme.id,
        baseline.id,
        evaluators.batch,
        evaluators.context,
        ratio,
        low,
        high,
        verdict=classify(low, high, fits),
        binding=binding,
        scheme_batch=batch,
        baseline_batch=batch,
    )


def _own_batch(
    evaluators: EvaluatorCache, scheme: Scheme, baseline: Scheme, comparison: str, objective: Objective | None
) -> Regime:
    scheme_batch, baseline_batch = (evaluators.largest(side, objective) for side in (scheme, baseline))
    step = evaluators.full(scheme, objective)
    steps = compare_steps(step, evaluators.full(baseline, objective))
    spread = 0.0 if scheme.id == baseline.id else drop_model_axes(steps["speedup_spread"])
    ratio = throughput_ratio(steps, scheme_batch > 0, baseline_batch > 0)
    low, high = interval(ratio, spread)
    verdict = np.where(scheme_batch == 0, LOSES, classify(low, high))
    verdict = np.where((scheme_batch == 0) & (baseline_batch == 0), ABSENT, verdict)
    binding = np.broadcast_to(binding_term(step), ratio.shape)
    return Regime(
        comparison,
        scheme.id,
        baseline.id,
        np.array([np.nan]),
        evaluators.context,
        ratio,
        np.broadcast_to(low, ratio.shape),
        np.broadcast_to(high, ratio.shape),
        verdict=verdict,
        binding=binding,
        scheme_batch=scheme_batch,
        baseline_batch=baseline_batch,
    )
