"""Judgements about answers: whether a needle is still held, and how far the next token drifts; a decoder's word comes first."""

import numpy as np

from costmodel.analyses.passkeys import ENOUGH, describe, published_keys, worst_of
from costmodel.facts.decoders import load_decoder_facts
from costmodel.facts.schemes import parse_scheme
from costmodel.numerics.intervals import trials_to_settle
from costmodel.report.sections.verdicts import BREAKS, BYTES, HOLDS, NOBODY, UNKNOWN, first_value
from costmodel.stress.base import StressCurve, StressResult
from costmodel.stress.drift import unmodelled
from costmodel.stress.numerics import read_kept
from costmodel.stress.retrieval import knows_score

DRIFTED = 0.1  # nats: about where one in eight of the likeliest tokens of SmolLM2-135M changed
SAME = 1e-9  # fraction of layers below which two are one


def judge_retrieval(result: StressResult, curve: StressCurve):
    """Whether a needle is held, or its key came back in a run; what was published of the setting has to agree.

    A published run of the deployed model judges in place of the closed form; one of another model that contradicts it leaves
    the verdict unknown, with both figures.
    """
    number, verdict, at, evidence = _judge_needle(result, curve)
    model = result.conditions.deployment.model.id
    run = worst_of(published_keys(curve.spec, result.conditions["context"], model))
    if run is None:
        return number, verdict, at, evidence
    number += f"; published: {describe(run)}"
    if run.model_id and run.model_id == model:
        threshold = f"fewer than {ENOUGH:.0%} of the keys of 16 bit"
        return number, HOLDS if run.finds else BREAKS, "" if run.finds else threshold, "published"
    if verdict == UNKNOWN or (verdict == HOLDS) == run.finds:
        return number, verdict, at, evidence
    word = "holds" if verdict == HOLDS else "breaks"
    missing = (
        f"it {word} by {evidence}, and published keys say otherwise, of another model: a passkey test of this one, or costmodel "
        "stress retrieval --numerics"
    )
    return number, UNKNOWN, missing, f"{evidence}, against what was published"


def _judge_needle(result: StressResult, curve: StressCurve):
    """Whether a needle is held; where a score decides, whether a decoder gave its key back."""
    value, low, high = (curve.columns[f"needle_retention{suffix}"] for suffix in ("", "_lo", "_hi"))
    worst = int(np.argmin(value))
    number = f"held in {value[worst]:.0%} of the heads at the worst depth"
    baseline = curve.baseline_columns["needle_retention"]  # a model of sliding windows loses needles by itself
    if not first_value(result, low < np.minimum(high, baseline) - SAME):
        if at := first_value(result, high < baseline - SAME):
            return number, BREAKS, at, BYTES
        return f"{number}; what rounding does to answers is told by drift", HOLDS, "", BYTES
    if (run := _kept_run(result, curve)) is not None and run.is_same:
        return _judge_keys(result, run)
    beside = _of_other_knobs(run)
    if not knows_score(curve.spec):
        return f"{number}{beside}", UNKNOWN, "what the score knows of a needle: nobody measured it", NOBODY
    number = f"held in {value[worst]:.1%} ({low[worst]:.1%}–{high[worst]:.1%}) of the heads at the worst depth"
    missing = (
        "whether the score keeps a needle in the heads that answer: a passkey test of this setting, or costmodel stress "
        "retrieval --numerics"
    )
    return f"{number}{beside}", UNKNOWN, missing, f"odds measured on {load_decoder_facts().name}"


def _judge_keys(result: StressResult, run):
    """Keys that came back against those of the full cache; what lies on both sides of the threshold is unknown."""
    found, trials = _count_keys(run)
    share, least, most = run.measured.numbers[run.scheme]["passkey_found"]
    number = f"{found} of {trials} keys came back ({share:.0%}, {least:.0%}–{most:.0%}); {run.measured.conditions}"
    if reason := run.measured.idle.get(run.scheme):
        return number, UNKNOWN, f"{reason}; a longer haystack, or a smaller budget", run.measured.evidence
    full = next(
        (k for k in read_kept(result.test, parse_scheme("none")) if k.measured.conditions == run.measured.conditions),
        None,
    )
    if full is None:
        missing = "what the full cache gives back there: costmodel stress retrieval --numerics --scheme none"
        return number, UNKNOWN, missing, run.measured.evidence
    whole, of = _count_keys(full)
    number += f"; the full cache gave back {whole} of {of}"
    threshold = ENOUGH * whole / of
    if most < threshold:
        return number, BREAKS, f"fewer than {threshold:.0%} of keys", run.measured.evidence
    if least > threshold:
        return number, HOLDS, "", run.measured.evidence
    settled = trials_to_settle(share, threshold, trials)
    count = (
        f"{settled:,} haystacks of that share would settle it"
        if settled
        else "no number of haystacks of that share settles it"
    )
    missing = f"its interval reaches across {threshold:.0%} of keys; {count} (--with trials=N)"
    return number, UNKNOWN, missing, run.measured.evidence


def _count_keys(run) -> tuple[int, int]:
    """Keys that came back in a run, and haystacks."""
    values = run.measured.data["passkey_found"].sel(scheme=run.scheme).values
    return int(values.sum()), values.size


def _kept_run(result: StressResult, curve: StressCurve):
    """The kept run that comes first: of the scheme itself where there is one; None where there is none."""
    return next(iter(read_kept(result.test, curve.spec)), None)


def _of_other_knobs(run) -> str:
    """What a run of the scheme with other knobs gave, which says nothing sure of this one; "" where there is none."""
    if run is None:
        return ""
    told = run.measured.idle.get(run.scheme) or run.sentence
    return f"; {run.scheme} was run ({run.measured.conditions}): {told}"


def judge_drift(result: StressResult, curve: StressCurve):
    """How far answers move: what a decoder gave, else the law, else nobody knows."""
    run = _kept_run(result, curve)
    where, beside = "in the last turns", "" if run is not None and run.is_same else _of_other_knobs(run)
    if run is not None and run.is_same:
        value, low, high = run.measured.numbers[run.scheme]["answer_divergence"]
        evidence, where = run.measured.evidence, f"in the last turns of {run.measured.conditions}"
        if reason := run.measured.idle.get(run.scheme):
            return f"{value:.2g} nats {where}", UNKNOWN, f"{reason}; a longer conversation", evidence
        if np.isnan(low):
            missing = "one conversation has no interval: --with conversations=2"
            return f"{value:.2g} nats from the full cache {where}", UNKNOWN, missing, evidence
    elif unmodelled(curve.spec) or curve.columns["dropped_tokens"][-1] > 0:
        cause = unmodelled(curve.spec) or "dropping tokens"
        missing = f"what {cause} does to answers: costmodel stress drift --numerics, where the decoder can run it"
        return f"not derived{beside}", UNKNOWN, missing, NOBODY
    else:
        value, low, high = (float(curve.columns[f"answer_divergence{suffix}"][-1]) for suffix in ("", "_lo", "_hi"))
        evidence = f"law of {load_decoder_facts().name}"
    number = (
        f"{value:.2g} ({low:.2g}–{high:.2g}) nats from the full cache {where}{beside}"
        if high
        else f"nothing is rounded{beside}"
    )
    if low > DRIFTED:
        return number, BREAKS, f"more than {DRIFTED:g} nats", evidence
    return (
        number,
        HOLDS if high <= DRIFTED else UNKNOWN,
        "" if high <= DRIFTED else f"its interval reaches across {DRIFTED:g} nats",
        evidence,
    )
