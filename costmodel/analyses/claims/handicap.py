"""What a claim's own baseline was worth against a paged 16-bit engine: above 1, the claim is larger than it would be there.

A scheme in the same engine is priced; a way to serve outside it is known from published steps, each over the paged
engine's step at the very point at which it was measured.
"""

import math
from statistics import median

import numpy as np

from costmodel.analyses.claims.compare import MEMORY, TTFT, compare, evidence
from costmodel.analyses.claims.factors import EXACT, Factor, single
from costmodel.evaluation.ask.passes import Passes, build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.baselines import Baseline, BaselineStep

NAME = "baseline"


def of_paged() -> Factor:
    """The paged 16-bit engine itself."""
    return Factor(NAME, 1.0, 1.0, 1.0, EXACT, "its baseline is the paged 16-bit cache")


def of_scheme(metric: str, baseline: Passes, paged: Passes) -> Factor:
    """Another scheme in the same engine: the inverse of what that scheme gains over 16 bit."""
    value, low, high = single(compare(metric, baseline, paged))
    known = EXACT if metric == MEMORY else evidence(metric, baseline, paged)
    return Factor(NAME, 1 / value, 1 / high, 1 / low, known, f"its baseline is {baseline.scheme.id}, against 16 bit")


def of_published(
    metric: str, baseline: Baseline, claim_model: str, claim_gpu: str, tokens: float, engine: str
) -> Factor:
    """A way to serve outside the engine: its published steps over the paged engine's, with their range.

    Of the claim's own model and GPU the step nearest in ``tokens`` in flight (sequences × context) is taken, else the median
    of all. Raises InputError where the engine cannot serve what was measured.
    """
    if metric in (MEMORY, TTFT):
        text = f"{baseline.name}: no published {'bytes' if metric == MEMORY else 'first tokens'}; taken as 1"
        return Factor(NAME, 1.0, 1.0, 1.0, "assumed", text)
    own = [s for s in baseline.steps if (s.model, s.gpu) == (claim_model, claim_gpu)]
    steps = own or list(baseline.steps)
    worth = [_worth(step, engine) for step in steps]
    if own:
        nearest = min(range(len(own)), key=lambda index: abs(math.log(own[index].batch * own[index].context / tokens)))
        value, at = worth[nearest], f"batch {own[nearest].batch:,.0f} × {own[nearest].context:,.0f} tokens"
    else:
        measured = sorted({f"{s.model} on {s.gpu}" for s in steps})
        value, at = median(worth), f"measured for {', '.join(measured)} at batch {_span([s.batch for s in steps])}"
    text = f"{baseline.name}: published steps over those of {engine} with a 16-bit cache; {at}"
    return Factor(NAME, value, min(worth), max(worth), "published", text)


def _worth(step: BaselineStep, engine: str) -> float:
    deployment = resolve_deployment(step.model, step.gpu, ranks=1, engine=engine)
    paged = build_passes(deployment, load_scheme("none"), step.batch, step.context)
    return 1e-3 * step.step_ms / float(np.ravel(drop_model_axes(paged.step["step_time"]))[0])


def _span(numbers: list[float]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
