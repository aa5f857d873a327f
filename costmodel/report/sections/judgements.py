"""How the curves of each stress test are judged: the number that is told, holds, breaks or unknown, where, and its evidence."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from costmodel.facts.decoders import load_decoder_facts
from costmodel.language.units import format_quantity
from costmodel.stress.base import StressCurve, StressResult
from costmodel.stress.drift import unmodelled
from costmodel.stress.numerics import read_measured
from costmodel.stress.retrieval import knows_score

HOLDS, BREAKS, UNKNOWN = "holds", "breaks", "unknown"
SLOWER = 1.1  # times the baseline's, from which a first token counts as worse
BYTES = "bytes of the formats"
RESUMED = 8192.0  # tokens of the history that is told of
DRIFTED = 0.1  # nats: about where one in eight of the likeliest tokens of SmolLM2-135M changed
MOST_KEYS = 0.8  # of keys that must come back at least, where all of those asked did
SAME = 1e-9  # fraction of layers below which two are one


@dataclass(frozen=True)
class Resumed:
    """A resting cache that comes back: tokens, then seconds of the link, of decoding, of plain pages, of computing again."""

    history: float
    fetch_seconds: float
    decode_seconds: float
    plain_seconds: float
    computed_seconds: float


def _first(result: StressResult, mask: np.ndarray) -> str | None:
    """The first value of the axis at which a mask holds."""
    where = np.flatnonzero(mask)
    return None if not where.size else f"{result.conditions.axis_values[where[0]]:,.0f} {result.test.axis_label}"


def _fork(result: StressResult, curve: StressCurve):
    ratio, branches = curve.columns["stored_ratio"], result.conditions.axis_values
    index = int(np.searchsorted(branches, 8))
    number = f"{ratio[index]:.4g} × the baseline's bytes at {branches[index]:,.0f} branches, "
    number += f"{ratio[-1]:.3g} × at {branches[-1]:,.0f}"
    size, seconds = (float(curve.columns[name][0]) for name in ("local_copy_on_write_size", "copy_on_write_time"))
    if size:
        number += f"; a branch copies {format_quantity(size, 'byte')} in {format_quantity(seconds, 'second')}"
    at = _first(result, ratio > 1)
    return number, BREAKS if at else HOLDS, at or "", BYTES


def _prefix(result: StressResult, curve: StressCurve):
    own, baseline = curve.columns["max_branches"], curve.baseline_columns["max_branches"]
    hit, prefix = curve.columns["prefix_hit_tokens"], result.conditions.axis_values
    number = f"{own[-1]:,.0f} requests at a prefix of {prefix[-1]:,.0f} tokens (baseline {baseline[-1]:,.0f})"
    if hit[-1] == 0:
        return f"{number}; 0 tokens found in the prefix cache", BREAKS, "any prefix: nothing can be reused", BYTES
    at = _first(result, baseline > own)
    return f"{number}; {hit[-1]:,.0f} tokens found", BREAKS if at else HOLDS, at or "", BYTES


def _burst(result: StressResult, curve: StressCurve):
    own, baseline = (float(c["max_safe_requests"][0]) for c in (curve.columns, curve.baseline_columns))
    number = f"{own:,.0f} requests at once against {baseline:,.0f} ({own / max(baseline, 1):.2f} ×)"
    return number, HOLDS if own >= baseline else BREAKS, "" if own >= baseline else "fewer requests than 16 bit", BYTES


def _retrieval(result: StressResult, curve: StressCurve):
    value, low, high = (curve.columns[f"needle_retention{suffix}"] for suffix in ("", "_lo", "_hi"))
    worst = int(np.argmin(value))
    number = f"held in {value[worst]:.0%} of the heads at the worst depth"
    baseline = curve.baseline_columns["needle_retention"]  # a model of sliding windows loses needles by itself
    if not _first(result, low < np.minimum(high, baseline) - SAME):
        if at := _first(result, high < baseline - SAME):
            return number, BREAKS, at, BYTES
        return f"{number}; what rounding does to answers is told by drift", HOLDS, "", BYTES
    measured = read_measured(result.test, curve.scheme)
    if measured is not None:
        found, least, most = measured.numbers[curve.scheme]["passkey_found"]
        verdict = BREAKS if most < 1 else HOLDS if least > MOST_KEYS else UNKNOWN
        told = "" if verdict != UNKNOWN else "too few haystacks were run"
        return f"{found:.0%} ({least:.0%}–{most:.0%}) of keys came back", verdict, told, measured.evidence
    if not knows_score(curve.spec):
        return number, UNKNOWN, "what the score knows of a needle: nobody measured it", BYTES
    number = f"held in {value[worst]:.1%} ({low[worst]:.1%}–{high[worst]:.1%}) of the heads at the worst depth"
    missing = (
        "whether the score keeps a needle in the heads that answer: a passkey test of this setting, or costmodel stress "
        "retrieval --numerics"
    )
    return number, UNKNOWN, missing, f"odds measured on {load_decoder_facts().name}"


def _drift(result: StressResult, curve: StressCurve):
    measured = read_measured(result.test, curve.scheme)
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
        "" if high <= DRIFTED else "the interval is too wide",
        evidence,
    )


def _turns(result: StressResult, curve: StressCurve):
    own, baseline = (c["suffix_prefill_time"] for c in (curve.columns, curve.baseline_columns))
    turns, worst = result.conditions.axis_values, int(np.argmax(own / baseline))
    number = f"turn {turns[-1]:,.0f} waits {1e3 * own[-1]:,.0f} ms (baseline {1e3 * baseline[-1]:,.0f} ms)"
    number += f"; at worst, turn {turns[worst]:,.0f}, {own[worst] / baseline[worst]:.2f} × the baseline's time"
    slower = np.flatnonzero(own > SLOWER * baseline)
    at = f"turn {turns[slower[0]]:,.0f}" if slower.size else None
    origin = result.conditions.deployment.profile.origin
    evidence = {"inherited": "relative"}.get(origin, origin)
    return number, BREAKS if at else HOLDS, at or "", evidence


def read_resumed(result: StressResult, curve: StressCurve) -> Resumed:
    """How a history of about RESUMED tokens comes back."""
    history = result.conditions.axis_values
    index = min(int(np.searchsorted(history, RESUMED)), len(history) - 1)
    names = ("resting_fetch_time", "resting_decode_time", "plain_fetch_time", "prefill_time")
    return Resumed(float(history[index]), *(float(curve.columns[name][index]) for name in names))


def _resume(result: StressResult, curve: StressCurve):
    one = read_resumed(result, curve)
    seconds = (one.fetch_seconds + one.decode_seconds, one.fetch_seconds, one.decode_seconds, one.plain_seconds)
    back, fetch, decode, plain, computed = (format_quantity(s, "second") for s in (*seconds, one.computed_seconds))
    number = (
        f"{one.history:,.0f} tokens are back after {back} (link {fetch}, decoding {decode}); plain pages over the link "
    )
    number += f"{plain}, computed again {computed}"
    link = curve.columns["break_even_link"][list(result.conditions.axis_values).index(one.history)]
    if np.isfinite(link):
        number += f"; beyond {link / 1e9:,.3g} GB/s plain pages are back sooner"
    rivals = np.minimum(curve.columns["plain_fetch_time"], curve.columns["prefill_time"])
    at = _first(result, curve.columns["resume_time"] > rivals)
    return number, BREAKS if at else HOLDS, at or "", "ideal"


JUDGEMENTS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "fork": (_fork, ("fork",)),
    "prefix": (_prefix, ("prefix_shareable", "fork")),
    "burst": (_burst, ("block_table",)),
    "retrieval": (_retrieval, ("request_specific", "block_table")),
    "drift": (_drift, ("requantised", "encode_when")),
    "resume": (_resume, ("encode_when", "decode_when")),
    "turns": (_turns, ("next_turn", "prefix_shareable")),
}
