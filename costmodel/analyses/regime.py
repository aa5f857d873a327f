"""Where a scheme wins, loses, or cannot be distinguished from its baseline, over batch × context, and which term decides.

Three comparisons are fair, and none stands for another: the same batch (latency), each at its own largest batch
(capacity), each at the largest batch that meets an objective (goodput). The last two mean a load in steady state, prompts
included, unless static. A verdict needs the 90 % interval of the ratio on one side of 1, and kernels that somebody measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.analyses.largest_batch import EvaluatorCache, Objective, RegimePasses
from costmodel.analyses.largest_load import OUTPUT, Loads, has_prompt, loaded_ratio, loads_at
from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.compare import (
    Ratio,
    StepOf,
    fitting_ratio,
    full_step,
    ratio_evidence,
    same_step,
    step_ratio,
)
from costmodel.evaluation.ask.passes import Passes
from costmodel.evaluation.ask.step import binding_term, compare_steps
from costmodel.evaluation.ask.verdicts import (
    ABSENT,
    BEYOND,
    LOSES,
    NEEDS_KERNEL,
    NO_ROOM,
    UNSURE,
    VERDICTS,
    WINS,
    within_limit,
)
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.deployment import Deployment

LOSING = 0  # the code of LOSES
COUNTED = (WINS, LOSES, UNSURE, NEEDS_KERNEL, ABSENT, BEYOND)

COMPARISONS = {
    "same-batch": "same batch: step time of baseline over step time of scheme (latency)",
    "own-batch": "each at its own largest batch: throughput over throughput (capacity)",
    "objective": "each at the largest batch that meets the objective: throughput over throughput (goodput)",
}


@dataclass(frozen=True)
class Regime:
    """Ratio with its interval and verdict, and the binding term of the scheme; arrays over batch × context.

    For ``own-batch`` and ``objective`` the batch axis has one entry and ``scheme_batch``, ``baseline_batch`` say which;
    ``output`` is the tokens that a request of their load generates, None for a static comparison, and contexts that leave no
    prompt beside half of them are left out.
    ``implementation`` is whose kernels run the scheme, ``evidence`` what the ratio is known from; ``kernel_time`` and
    ``kernel_budget`` are seconds a token and head of the baseline's cache; ``ttft_ratio`` is the baseline's time to first
    token over the scheme's.
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
    implementation: str
    evidence: np.ndarray
    kernel_time: np.ndarray
    kernel_budget: np.ndarray
    ttft_ratio: np.ndarray
    output: float | None = None

    def counts(self) -> dict[str, int]:
        """Cells by verdict."""
        return {verdict: int((self.verdict == verdict).sum()) for verdict in COUNTED}


def regime(
    deployment: Deployment,
    scheme: str | Scheme,
    batch: np.ndarray,
    context: np.ndarray,
    comparison: str = "same-batch",
    objective: Objective | None = None,
    baseline: str | None = None,
    output: float | None = OUTPUT,
) -> Regime:
    """The regime of a scheme against its baseline (or another one) on a deployment.

    ``batch`` in sequences, ``context`` in tokens; ``output`` is the tokens that a request of a load generates, None for a
    static comparison. Raises UnknownName for no such comparison, InputError for an objective that is missing or not positive.
    """
    return regimes(deployment, [scheme], batch, context, comparison, objective, baseline, output)[0]


def regimes(
    deployment: Deployment,
    schemes: Sequence[str | Scheme],
    batch: np.ndarray,
    context: np.ndarray,
    comparison: str = "same-batch",
    objective: Objective | None = None,
    baseline: str | None = None,
    output: float | None = OUTPUT,
) -> list[Regime]:
    """As ``regime``, for several schemes, in their order; a baseline that they share is computed once."""
    return compute_regimes(deployment, schemes, batch, context, [comparison], objective, baseline, output)[comparison]


def compute_regimes(
    deployment: Deployment,
    schemes: Sequence[str | Scheme],
    batch: np.ndarray,
    context: np.ndarray,
    comparisons: Sequence[str] = tuple(COMPARISONS),
    objective: Objective | None = None,
    baseline: str | None = None,
    output: float | None = OUTPUT,
    with_details: bool = True,
) -> dict[str, list[Regime]]:
    """Several comparisons of several schemes, by comparison; what they share is computed once.

    ``batch`` in sequences, ``context`` in tokens; ``objective`` is for the comparison of that name; ``baseline`` is every
    scheme's own where it is None; ``output`` is the tokens that a request of a load generates, half of which are in a context,
    None for static comparisons. Raises UnknownName for no such comparison or scheme, InputError for an objective that is missing
    or not positive.

    Without ``with_details`` binding terms, kernel times and first tokens are left empty in all maps but the first scheme's.
    """
    loaded = [load_scheme(scheme) if isinstance(scheme, str) else scheme for scheme in schemes]
    pairs = [(scheme, load_scheme(baseline or scheme.baseline)) for scheme in loaded]
    for comparison in comparisons:
        if comparison not in COMPARISONS:
            raise UnknownName("comparison", comparison, COMPARISONS)
        if comparison == "objective":
            (objective or Objective()).check()
    evaluators, regimes_by_comparison = EvaluatorCache(deployment, batch, context), {}
    at_own_batch, under_load = evaluators, None
    if output is not None:
        at_own_batch = _with_prompts(evaluators, output, comparisons)
        under_load = loads_at(deployment, at_own_batch.context, output)
    for comparison in comparisons:
        by_pair = {}
        for index, pair in enumerate(dict.fromkeys(pairs)):
            wanted = with_details or index == 0
            if comparison == "same-batch":
                by_pair[pair] = _same_batch(evaluators, *pair, wanted)
            else:
                target = objective if comparison == "objective" else None
                by_pair[pair] = _own_batch(at_own_batch, *pair, comparison, target, under_load, output, wanted)
        regimes_by_comparison[comparison] = [by_pair[pair] for pair in pairs]
    return regimes_by_comparison


def _with_prompts(evaluators: EvaluatorCache, output: float, comparisons: Sequence[str]) -> EvaluatorCache:
    """The contexts of a load that leave a prompt beside half an output; InputError where none does and one is needed."""
    kept = evaluators.context[has_prompt(evaluators.context, output)]
    if not kept.size and set(comparisons) != {"same-batch"}:
        longest = f"{evaluators.context.max():,.0f}"
        raise InputError(
            f"context: expected more than half an output, {output / 2:,.0f} tokens, got at most {longest} (--output, --static)"
        )
    return EvaluatorCache(evaluators.deployment, evaluators.batch, kept)


def _same_batch(evaluators: EvaluatorCache, scheme: Scheme, baseline: Scheme, with_details: bool) -> Regime:
    passes, against = (RegimePasses(evaluators, side) for side in (scheme, baseline))
    shape = (len(evaluators.batch), len(evaluators.context))
    batch = np.broadcast_to(evaluators.batch[:, None], shape)
    fits = batch <= drop_model_axes(passes.pool["max_batch_memory"])
    ratio = step_ratio(passes, against)
    details = _details(passes, against, same_step, shape, with_details)
    return _regime(
        "same-batch", passes, against, evaluators.batch, shape, ratio, ratio.codes(fits), details, (batch, batch)
    )


def _own_batch(
    evaluators: EvaluatorCache,
    scheme: Scheme,
    baseline: Scheme,
    comparison: str,
    objective: Objective | None,
    under_load: Loads | None,
    output: float | None,
    with_details: bool,
) -> Regime:
    """Each side at its own batch: under a load whose requests generate ``output`` tokens, or static without one."""
    if under_load is None:
        passes, against = (RegimePasses(evaluators, side, objective) for side in (scheme, baseline))
        batches = passes.batches, against.batches
        ratio = step_ratio(passes, against, full_step).scaled(np.maximum(batches[0], 1) / np.maximum(batches[1], 1))
        ratio, binding = fitting_ratio(ratio, batches[0] > 0, batches[1] > 0), binding_term(passes.full)
    else:
        loaded = loaded_ratio(under_load, scheme, baseline, objective)
        ratio, batches, binding = loaded.ratio, loaded.batches, loaded.binding
        passes, against = (
            RegimePasses(evaluators, side, at=batch) for side, batch in zip((scheme, baseline), batches, strict=True)
        )
    codes = np.where(batches[0] == 0, LOSING, ratio.codes())
    codes = np.where((batches[0] == 0) & (batches[1] == 0), NO_ROOM, codes)
    shape = np.broadcast_shapes(ratio.value.shape, batches[0].shape)
    details = _details(passes, against, full_step, shape, with_details)
    details["binding"] = np.broadcast_to(binding, shape)
    return _regime(comparison, passes, against, np.array([np.nan]), shape, ratio, codes, details, batches, output)


def _details(
    passes: Passes, against: Passes, step_of: StepOf, shape: tuple, wanted: bool = True
) -> dict[str, np.ndarray]:
    """What binds, what the ratio is known from, kernel times and first tokens; empty where nobody wants them."""
    if not wanted:
        nothing = np.broadcast_to(np.nan, shape)
        empty = np.broadcast_to(np.array("", dtype=object), shape)
        times = dict.fromkeys(("kernel_time", "kernel_budget", "ttft_ratio"), nothing)
        return {"binding": empty, "evidence": empty} | times
    compared = compare_steps(step_of(passes), step_of(against))
    details = {"binding": binding_term(step_of(passes)), "evidence": ratio_evidence(passes, against, step_of)}
    details |= {name: drop_model_axes(compared[name]) for name in ("kernel_time", "kernel_budget")}
    details["ttft_ratio"] = np.divide(*(drop_model_axes(side.prompt["prefill_time"]) for side in (against, passes)))
    return {name: np.broadcast_to(values, shape) for name, values in details.items()}


def _regime(
    comparison, passes: Passes, against: Passes, batch, shape, ratio: Ratio, codes, details, batches, output=None
) -> Regime:
    codes = within_limit(codes, passes.context[0], passes.deployment.model.max_context)
    return Regime(
        comparison,
        passes.scheme.id,
        against.scheme.id,
        batch,
        passes.context[0],
        *(np.broadcast_to(values, shape) for values in (ratio.value, ratio.low, ratio.high)),
        verdict=np.broadcast_to(VERDICTS[codes], shape),
        scheme_batch=np.broadcast_to(batches[0], shape),
        baseline_batch=np.broadcast_to(batches[1], shape),
        implementation=passes.assembly.choice.id,
        output=output,
        **details,
    )
