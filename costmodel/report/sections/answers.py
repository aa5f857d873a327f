"""Judgements about answers: whether a needle is still held, and how far the next token drifts; a decoder's word comes first."""

import numpy as np

from costmodel.facts.decoders import load_decoder_facts
from costmodel.report.sections.verdicts import BREAKS, BYTES, HOLDS, UNKNOWN, first_value
from costmodel.stress.base import StressCurve, StressResult
from costmodel.stress.drift import unmodelled
from costmodel.stress.numerics import read_measured
from costmodel.stress.retrieval import knows_score

DRIFTED = 0.1  # nats: about where one in eight of the likeliest tokens of SmolLM2-135M changed
MOST_KEYS = 0.8  # of keys that must come back at least, where all of those asked did
SAME = 1e-9  # fraction of layers below which two are one


def judge_retrieval(result: StressResult, curve: StressCurve):
    """Whether a needle is held; where a score decides, whether a decoder gave its key back."""
    value, low, high = (curve.columns[f"needle_retention{suffix}"] for suffix in ("", "_lo", "_hi"))
    worst = int(np.argmin(value))
    number = f"held in {value[worst]:.0%} of the heads at the worst depth"
    baseline = curve.baseline_columns["needle_retention"]  # a model of sliding windows loses needles by itself
    if not first_value(result, low < np.minimum(high, baseline) - SAME):
        if at := first_value(result, high < baseline - SAME):
            return number, BREAKS, at, BYTES
        return f"{number}; what rounding does to answers is told by drift", HOLDS, "", BYTES
    measured = read_measured(result.test, curve.spec)
    if measured is not None:
        share, least, most = measured.numbers[curve.scheme]["passkey_found"]
        verdict = BREAKS if most < 1 else HOLDS if least > MOST_KEYS else UNKNOWN
        missing = "" if verdict != UNKNOWN else "too few haystacks were run"
        return f"{share:.0%} ({least:.0%}–{most:.0%}) of keys came back", verdict, missing, measured.evidence
    if not knows_score(curve.spec):
        return number, UNKNOWN, "what the score knows of a needle: nobody measured it", BYTES
    number = f"held in {value[worst]:.1%} ({low[worst]:.1%}–{high[worst]:.1%}) of the heads at the worst depth"
    missing = (
        "whether the score keeps a needle in the heads that answer: a passkey test of this setting, or costmodel stress "
        "retrieval --numerics"
    )
    return number, UNKNOWN, missing, f"odds measured on {load_decoder_facts().name}"


def judge_drift(result: StressResult, curve: StressCurve):
    """How far answers move: what a decoder gave, else the law, else nobody knows."""
    measured = read_measured(result.test, curve.spec)
    if measured is not None:
        value, low, high = measured.numbers[curve.scheme]["answer_divergence"]
        evidence = measured.evidence
    elif unmodelled(curve.spec) or curve.columns["dropped_tokens"][-1] > 0:
        cause = unmodelled(curve.spec) or "dropping tokens"
        missing = f"what {cause} does to answers: costmodel stress drift --numerics, where the decoder can run it"
        return "not derived", UNKNOWN, missing, BYTES
    else:
        value, low, high = (float(curve.columns[f"answer_divergence{suffix}"][-1]) for suffix in ("", "_lo", "_hi"))
        evidence = f"law of {load_decoder_facts().name}"
    number = (
        f"{value:.2g} ({low:.2g}–{high:.2g}) nats from the full cache in the last turns"
        if high
        else "nothing is rounded"
    )
    if low > DRIFTED:
        return number, BREAKS, f"more than {DRIFTED:g} nats", evidence
    return (
        number,
        HOLDS if high <= DRIFTED else UNKNOWN,
        "" if high <= DRIFTED else f"its interval reaches across {DRIFTED:g} nats",
        evidence,
    )
