"""The summary: findings first, each one line with its tone, from what the sections computed."""

from dataclasses import dataclass

import numpy as np

from costmodel.analyses.claims import Rebased
from costmodel.evaluation.ask.verdicts import LOSES, NEEDS_KERNEL, UNSURE, WINS
from costmodel.report.blocks import BAD, GOOD, OPEN
from costmodel.report.sections.claims import Claims
from costmodel.report.sections.equivalence import EquivalenceRead
from costmodel.report.sections.measurements import Measurements
from costmodel.report.sections.mirror import Mirror
from costmodel.report.sections.novelty import Novelty
from costmodel.report.sections.regimes import Regimes
from costmodel.report.sections.torture import BREAKS, HOLDS, TortureCard
from costmodel.report.sections.twist import Twist
from costmodel.report.subject import Subject
from costmodel.text.counted import counted

SLOW_PROMPT = 0.9  # of the baseline's speed, below which the first token is a finding
LONG_FILL = 60.0  # seconds of prefills from which a largest batch is no steady state
LITTLE = 1.01  # a ratio below which a change is none
CLAIMS = 3  # that stand in the summary, which is one page


@dataclass(frozen=True)
class Finding:
    """One finding: what it is about, the sentence, and whether it is good, bad or open."""

    about: str
    text: str
    tone: str


@dataclass(frozen=True)
class Summary:
    """All findings, in the order of the report."""

    findings: tuple[Finding, ...]


def compute(subject: Subject, earlier: dict) -> Summary:
    """The findings of a report."""
    makers = {
        "novelty": _novelty, "equivalence": _equivalence, "mirror": _mirror, "regimes": _regimes, "torture": _torture,
        "claims": _claims, "twist": _twist, "measurements": _next,
    }  # fmt: skip
    return Summary(tuple(f for key, make in makers.items() if key in earlier for f in make(earlier[key])))


def _novelty(novelty: Novelty):
    yield Finding("novelty", novelty.verdict, BAD if novelty.identical_to else OPEN)


def _equivalence(equivalence: EquivalenceRead):
    yield Finding("equivalence", equivalence.verdict, BAD if equivalence.is_matched else OPEN)


def _mirror(mirror: Mirror):
    middle = mirror.sizes[len(mirror.sizes) // 2]
    text = (
        f"a sequence of {middle.context:,.0f} tokens takes {middle.ratio:.1%} of the bytes of {mirror.baseline} "
        f"({middle.sequence / 1e6:,.1f} of {middle.baseline_sequence / 1e6:,.1f} MB)"
    )
    yield Finding("bytes", text, GOOD if middle.ratio < 1 else BAD if middle.ratio > 1 else OPEN)
    for conflict in mirror.conflicts:
        yield Finding("conflict", conflict.text, BAD)


def _regimes(regimes: Regimes):
    yield Finding("speed", sentence(regimes), _tone(regimes))
    if regimes.ttft_ratio < SLOW_PROMPT:
        text = f"the first token comes at {regimes.ttft_ratio:.2f} × the baseline's speed at worst: its prompt is scored or coded"
        yield Finding("first token", text, BAD)
    void = [o for o in regimes.own_batch if np.isfinite(o.ratio) and o.fill_seconds > LONG_FILL]
    if void:
        last = void[-1]
        yield Finding(
            "capacity",
            f"at {last.context:,.0f} tokens its own largest batch is {last.batch:,.0f} (16 bit: {last.baseline_batch:,.0f}), "
            f"but filling it takes {counted(last.batch, 'prefill')}, {last.fill_seconds:,.0f} s: the ratio of "
            f"{last.ratio:,.1f} × is one of decode steps alone",
            OPEN,
        )


def sentence(regimes: Regimes) -> str:
    """The map in one sentence."""
    counts = regimes.counts
    if regimes.is_baselines_step:
        every = counted(sum(counts.values()), "cell")
        return f"no step time is paid and none is gained: a decode step is the baseline's in all {every}"
    total = sum(counts.get(word, 0) for word in (WINS, LOSES, UNSURE, NEEDS_KERNEL))
    parts = [f"{counts.get(word, 0)} {label}" for word, label in WORDS.items() if counts.get(word)]
    best = max((c for c in regimes.cells if c.is_compared), key=lambda c: c.ratio, default=None)
    text = f"of {counted(total, 'cell')} of batch × context that both sides can run, {', '.join(parts) or 'none is decided'}"
    if best is None:
        return text
    at = f"batch {best.batch:,.0f}, {best.context:,.0f} tokens"
    return f"{text}; at best {best.ratio:.2f} × (90 %: {best.low:.2f} to {best.high:.2f}, {best.evidence}) at {at}"


WORDS = {
    WINS: "win with a measured kernel",
    NEEDS_KERNEL: "would win with an ideal kernel that nobody has measured",
    UNSURE: "cannot be told",
    LOSES: "lose",
}


def _tone(regimes: Regimes) -> str:
    counts = regimes.counts
    if counts.get(WINS, 0) > counts.get(LOSES, 0):
        return GOOD
    return BAD if counts.get(LOSES, 0) > counts.get(NEEDS_KERNEL, 0) + counts.get(UNSURE, 0) else OPEN


def _torture(torture: TortureCard):
    names = {
        verdict: [o.test for o in torture.outcomes if o.verdict == verdict] for verdict in (HOLDS, BREAKS, "unknown")
    }
    parts = [f"{verdict} under {', '.join(tests)}" for verdict, tests in names.items() if tests]
    tone = BAD if names[BREAKS] else OPEN if names["unknown"] else GOOD
    yield Finding("torture card", "; ".join(parts), tone)
    for outcome in torture.outcomes:
        if outcome.test == "resume":
            yield Finding("resting cache", outcome.number, GOOD if outcome.verdict == HOLDS else BAD)


def _claims(claims: Claims):
    for entry in claims.rebased[:CLAIMS]:
        yield _claim(entry)
    if rest := claims.rebased[CLAIMS:]:
        failed = sum(bool(entry.reason) for entry in rest)
        yield Finding("claims", f"{len(rest)} more are re-based below, {failed} of them cannot be", OPEN)


def _claim(entry: Rebased) -> Finding:
    claim = entry.claim
    if entry.reason:
        text = f"{claim.claimed:g} × {claim.metric} ({claim.source}) cannot be re-based: {entry.reason}"
        return Finding("claim", text, OPEN)
    value, low, high = entry.predicted
    text = (
        f"{claim.claimed:g} × {claim.metric} ({claim.source}): {entry.on_paged[0]:.2f} × once its baseline is divided out; on a "
        f"paged 16-bit cache {value:.2f} × is predicted ({low:.2f} to {high:.2f}, {entry.evidence})"
    )
    if entry.strongest and entry.strongest.scheme != "none":
        text += f", {entry.strongest.predicted[0]:.2f} × against {entry.strongest.scheme}"
    return Finding("claim", text, GOOD if entry.verdict == WINS else BAD if entry.verdict == LOSES else OPEN)


def _twist(twist: Twist):
    if not twist.moves:
        gain = max((p for p in twist.ideal if np.isfinite(p.before)), key=lambda p: p.after / p.before, default=None)
        text = "no small change of the sentence gains 1 %"
        if gain is not None and gain.after > LITTLE * gain.before:
            text += f"; its kernel decides: an ideal one would give {gain.after:.2f} × where the estimate gives"
            text += f" {gain.before:.2f} × ({gain.point})"
        yield Finding("twist", text, OPEN)
        return
    best = twist.moves[0]
    yield Finding("twist", f"the most promising change: {best.change} ({best.gain:.2f} × over the stated points)", GOOD)


def _next(measurements: Measurements):
    if measurements.ranked:
        first = measurements.ranked[0]
        decides = f"it decides {first.decides:.0%} of the map" if first.decides else first.why
        yield Finding("to measure first", f"{first.what} at {first.where}: {decides}", OPEN)
