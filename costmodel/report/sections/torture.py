"""The torture card: situations that one decode step does not show, each with a number, a verdict and what decides.

A test holds, breaks at a value of its axis, or is unknown, and then the missing fact is named. Bytes follow from the formats
alone; times have the evidence of their kernels; what a law says has the law's name.
"""

from dataclasses import dataclass

from costmodel import stress
from costmodel.facts.lifecycle.implied import UNCHANGED
from costmodel.report.sections.judgements import JUDGEMENTS, Resumed, read_resumed
from costmodel.report.sections.verdicts import BREAKS, HOLDS, UNKNOWN
from costmodel.report.subject import Subject

__all__ = ["BREAKS", "HOLDS", "UNKNOWN", "Outcome", "TortureCard", "compute"]

AS_IT_LIES = (
    "resume: while a conversation pauses, its cache rests as it lies in the pool; no code of its own is decoded"
)
NOTHING_RETURNED = "allocator: no head drops tokens of its own from inside a block, so none has to be given back"


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
    """All tests, in their order; what was not asked, with its reason; how a resting cache comes back, where one is coded."""

    outcomes: tuple[Outcome, ...]
    not_asked: tuple[str, ...] = ()
    resumed: Resumed | None = None

    def verdict_of(self, test: str) -> str:
        """The verdict of one test."""
        return next(outcome.verdict for outcome in self.outcomes if outcome.test == test)


def compute(subject: Subject, earlier: dict) -> TortureCard:
    """Run every stress test that has a judgement here and something to judge in the scheme."""
    outcomes, resumed = [], None
    not_asked = _not_asked(subject)
    for test in stress.load_tests().values():
        if test.id in JUDGEMENTS and test.id not in not_asked:
            result = stress.run_test(test, subject.deployment, [subject.text])
            judge, deciding = JUDGEMENTS[test.id]
            number, verdict, at, evidence = judge(result, result.curves[0])
            if test.id == "resume":
                resumed = read_resumed(result, result.curves[0])
            outcomes.append(
                Outcome(
                    test.id, result.question, result.conditions_text, number, verdict, at, evidence,
                    _decided_by(subject, deciding), result.summaries[result.curves[0].scheme],
                )
            )  # fmt: skip
    return TortureCard(tuple(outcomes), tuple(not_asked.values()), resumed)


def _not_asked(subject: Subject) -> dict[str, str]:
    """By test that has no verdict for the scheme, the reason."""
    spec, reasons = subject.scheme.spec, {}
    if not any(table.get("kind") == "rest" for part in spec.parts for table in part.facts.get("mechanism", [])):
        reasons["resume"] = AS_IT_LIES
    if spec.lifecycle["block_table"] not in ("slots", "per_head"):
        reasons["allocator"] = NOTHING_RETURNED
    return reasons


def _decided_by(subject: Subject, properties: tuple[str, ...]) -> str:
    """The mechanisms that imply the properties which the test looks at."""
    reasons = subject.scheme.spec.lifecycle_reasons
    causes = [reasons[name] for name in properties if reasons[name] not in ("", UNCHANGED)]
    return "; ".join(dict.fromkeys(causes)) or "bytes alone: no mechanism changes how the cache is shared"
