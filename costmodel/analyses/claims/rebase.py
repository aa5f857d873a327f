"""A claimed speed-up taken apart, and re-based: on the paged 16-bit cache, then on the strongest baseline there.

Two estimates stand side by side: what the claim itself is worth once its baseline is divided out, and what this model
predicts for the scheme. Their quotient is the residual.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.analyses.claims import handicap
from costmodel.analyses.claims.compare import MEMORY, THROUGHPUT, TPOT, TTFT, Sides, batches, compare, evidence
from costmodel.analyses.claims.factors import EXACT, Factor, residual, scheme_factors, single
from costmodel.analyses.claims.place import Place, locate
from costmodel.analyses.claims.resting import resting_remark
from costmodel.errors import CostModelError
from costmodel.evaluation.ask.compare import Ratio
from costmodel.evaluation.ask.passes import Passes, build_passes
from costmodel.evaluation.ask.verdicts import VERDICTS
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts import implementations
from costmodel.facts.claims import Claim
from costmodel.facts.deployment import Deployment
from costmodel.stress.suffix_prefill import compute_suffix_prefill
from costmodel.text.counted import counted

STRONGEST = "fp8"  # what engines ship and the tool prices
PREFILL = "suffix_prefill_time"
NOTHING = (np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Strongest:
    """The strongest baseline: its id, what it gains over 16 bit, and the scheme predicted against it with its verdict."""

    scheme: str
    gain: float
    predicted: tuple[float, float, float]
    claimed: float
    verdict: str
    text: str


@dataclass(frozen=True)
class Rebased:
    """One claim re-based, or the ``reason`` why it cannot be.

    ``factors`` multiply to ``claim.claimed``; ``on_paged`` is the claim over its baseline's worth and ``predicted`` what the
    model says, both against a paged 16-bit cache, each as value, low, high; ``remarks`` say what of the row was not used.
    """

    claim: Claim
    reason: str = ""
    deployment: str = ""
    scheme: str = ""
    factors: tuple[Factor, ...] = ()
    on_paged: tuple[float, float, float] = NOTHING
    predicted: tuple[float, float, float] = NOTHING
    evidence: str = ""
    verdict: str = ""
    strongest: Strongest | None = None
    remarks: tuple[str, ...] = ()


def rebase(claim: Claim, deployment: Deployment | None = None, proposal: Scheme | None = None) -> Rebased:
    """A claim taken apart; what cannot be re-based carries the reason, in words.

    ``deployment`` gives engine where the claim names none; ``proposal`` is the scheme ``self``.
    """
    try:
        return _rebase(claim, locate(claim, deployment, proposal))
    except CostModelError as error:
        return Rebased(claim, str(error))


def _rebase(claim: Claim, place: Place) -> Rebased:
    metric, remarks = claim.metric, list(place.remarks)
    if claim.prompt is None:
        return Rebased(claim, "prompt_len is not stated, so that no context is known")
    if metric == TPOT and claim.batch is None:
        return Rebased(claim, "metric tpot compares both sides at one batch, which is not stated")
    if metric == THROUGHPUT and claim.batch is not None:
        remarks.append(f"batch {claim.batch:,.0f} is not used: throughput is at each side's own largest batch")
    if metric == MEMORY and claim.batch is not None:
        remarks.append("batch is not used: memory is that of one sequence's cache")
    if metric == TTFT:
        remarks.append(_prefix_hit(place.deployment, claim.prompt))
    sides_named = {side.id: side for side in (place.scheme, place.baseline)}.values()
    remarks += filter(None, (resting_remark(place.deployment, side, claim.prompt) for side in sides_named))
    paged = _passes(place.deployment, load_scheme("none"), claim)
    sides = Sides(_passes(place.deployment, place.scheme, claim), paged, metric)
    if metric == THROUGHPUT and (missing := [s for s in (sides.scheme, paged) if batches(s) < 1]):
        return Rebased(claim, f"not one such sequence fits in the pool with {missing[0].scheme.id}: no ratio")
    worth = _baseline_factor(claim, place, paged)
    gains = scheme_factors(metric, sides)
    ratio = compare(metric, sides.scheme, paged)
    known = EXACT if metric == MEMORY else sides.evidence
    return Rebased(
        claim,
        deployment=place.deployment.label,
        scheme=place.scheme.id,
        factors=(worth, *gains, residual(claim.claimed, worth, single(ratio))),
        on_paged=(claim.claimed / worth.value, claim.claimed / worth.high, claim.claimed / worth.low),
        predicted=single(ratio),
        evidence=known,
        verdict=_verdict(metric, ratio),
        strongest=_strongest(claim, place, sides, worth),
        remarks=tuple(remarks),
    )


def _prefix_hit(deployment: Deployment, prompt: float) -> str:
    """What a first token takes where the engine's own prefix cache still holds all but the last block of the prompt."""
    new = min(deployment.engine.numbers["block_size"], prompt)
    paged = load_scheme("none")
    hit, whole = (
        float(compute_suffix_prefill(deployment, paged, np.array([cached]), np.array([prompt - cached]))[PREFILL][0])
        for cached in (prompt - new, 0.0)
    )
    kept = f"a prefix cache that holds all but {counted(new, 'token')}"
    return f"{kept} answers after {1e3 * hit:,.0f} ms, {whole / hit:.1f} × sooner"


def _passes(deployment: Deployment, scheme: Scheme, claim: Claim) -> Passes:
    prompt, generated = float(claim.prompt or 0), claim.generated or 0.0
    return build_passes(
        deployment, scheme, claim.batch or 1.0, prompt + generated / 2, prompt=prompt, generated=generated
    )


def _baseline_factor(claim: Claim, place: Place, paged: Passes) -> Factor:
    if place.served is not None:
        deployment = place.deployment
        batch = batches(paged) if claim.metric == THROUGHPUT else claim.batch or 1.0
        tokens = max(batch, 1.0) * float(paged.context)
        return handicap.of_published(
            claim.metric, place.served, deployment.model.id, deployment.gpu.id, tokens, deployment.engine.id
        )
    if place.baseline.id == "none":
        return handicap.of_paged()
    return handicap.of_scheme(claim.metric, _passes(place.deployment, place.baseline, claim), paged)


def _strongest(claim: Claim, place: Place, sides: Sides, worth: Factor) -> Strongest | None:
    """Against fp8 where the engine ships it and it gains there; against 16 bit itself where it does not gain."""
    shipped = implementations.shipped(STRONGEST, place.deployment.engine.id, place.deployment.gpu)
    if shipped is None or place.scheme.id == STRONGEST:
        return None
    rival = _passes(place.deployment, load_scheme(STRONGEST), claim)
    gain = single(compare(claim.metric, rival, sides.paged))[0]
    if gain <= 1:
        text = f"fp8 gains nothing there ({gain:.2f} ×): paged 16 bit is the strongest baseline"
        ratio = compare(claim.metric, sides.scheme, sides.paged)
        return Strongest("none", 1.0, single(ratio), claim.claimed / worth.value, _verdict(claim.metric, ratio), text)
    ratio = compare(claim.metric, sides.scheme, rival)
    known = EXACT if claim.metric == MEMORY else evidence(claim.metric, rival, sides.paged)
    text = f"fp8 ({shipped.flag}) is worth {gain:.2f} × there ({known})"
    return Strongest(
        STRONGEST, gain, single(ratio), claim.claimed / worth.value / gain, _verdict(claim.metric, ratio), text
    )


def _verdict(metric: str, ratio: Ratio) -> str:
    """A verdict of the interface; of bytes, which no kernel decides, whether they are fewer."""
    if metric == MEMORY:
        return "fewer bytes" if float(ratio.value) > 1 else "no fewer bytes"
    return str(np.ravel(VERDICTS[ratio.codes()])[0])
