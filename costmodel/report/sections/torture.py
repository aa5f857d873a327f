"""The torture card: five situations that one decode step does not show, each with a number, a verdict and what decides.

A test holds, breaks at a value of its axis, or is unknown, and then the missing fact is named. Bytes follow from the formats
alone; times have the evidence of their kernels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from costmodel import stress
from costmodel.facts.lifecycle import implied_properties
from costmodel.language.units import format_quantity
from costmodel.report.subject import Subject
from costmodel.stress.base import StressCurve, StressResult

HOLDS, BREAKS, UNKNOWN = "holds", "breaks", "unknown"
SLOWER = 1.1  # times the baseline's, from which a first token counts as worse
BYTES = "bytes of the formats"
SAME = 1e-9  # fraction of layers below which two are one


@dataclass(frozen=True)
class Outcome:
    """One test: its question and conditions, the number looked at, the verdict, what it is known from, what decides."""

    test: str
    question: str
    conditions: str
    number: str
    verdict: str
    at: str
    evidence: str
    decided_by: str
    sentence: str


@dataclass(frozen=True)
class TortureCard:
    """All tests, in their order."""

    outcomes: tuple[Outcome, ...]

    def verdict_of(self, test: str) -> str:
        """The verdict of one test."""
        return next(outcome.verdict for outcome in self.outcomes if outcome.test == test)


def compute(subject: Subject, earlier: dict) -> TortureCard:
    """Run every stress test that has a judgement here."""
    outcomes = []
    for test in stress.load_tests().values():
        if test.id in JUDGEMENTS:
            result = stress.run_test(test, subject.deployment, [subject.text])
            judge, deciding = JUDGEMENTS[test.id]
            number, verdict, at, evidence = judge(result, result.curves[0])
            outcomes.append(
                Outcome(
                    test.id, test.question, result.conditions_text, number, verdict, at, evidence,
                    _decided_by(subject, deciding), result.summaries[result.curves[0].scheme],
                )
            )  # fmt: skip
    return TortureCard(tuple(outcomes))


def _decided_by(subject: Subject, properties: tuple[str, ...]) -> str:
    """The mechanisms that imply the properties which the test looks at."""
    causes = []
    for part in subject.scheme.spec.parts:
        file = Path(part.location).name
        implied = implied_properties(part.facts.get("mechanism", []), file)
        for name in properties:
            found = implied[name]
            if found is not None and "no mechanism" not in found.cause:
                causes.append(found.cause.removeprefix(f"{file}: ") + f" ({name.replace('_', ' ')})")
    return "; ".join(dict.fromkeys(causes)) or "bytes alone: no mechanism changes how the cache is shared"


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
    low, high = (curve.columns[name] for name in ("needle_retention_low", "needle_retention_high"))
    ends = f"{low.min():.0%}" if low.min() == high.min() else f"{low.min():.0%} to {high.min():.0%}"
    number = f"held in {ends} of the layers at the worst depth"
    baseline = curve.baseline_columns["needle_retention_low"]  # a model of sliding windows loses needles by itself
    if at := _first(result, high < baseline - SAME):
        return number, BREAKS, at, BYTES
    if _first(result, low < np.minimum(high, baseline) - SAME):
        missing = "whether the score keeps a needle: a passkey test of this setting at this length"
        return number, UNKNOWN, missing, BYTES
    return f"{number}; what rounding does to answers is a matter of quality", HOLDS, "", BYTES


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


JUDGEMENTS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "fork": (_fork, ("fork",)),
    "prefix": (_prefix, ("prefix_shareable", "fork")),
    "burst": (_burst, ("block_table",)),
    "retrieval": (_retrieval, ("request_specific", "block_table")),
    "turns": (_turns, ("next_turn", "prefix_shareable")),
}
