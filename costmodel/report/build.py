"""A report built: every chapter computed once, in order, then laid out; what it stands on is stamped."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from costmodel.evaluation.ask.stamp import Stamp, result_stamp
from costmodel.report.blocks import Page
from costmodel.report.contents import CHAPTERS, SUMMARY
from costmodel.report.sections.summary import Summary
from costmodel.report.subject import Subject


@dataclass(frozen=True)
class Report:
    """A finished report: what was judged and where, when, on which profiles, sections by key, and pages in reading order."""

    name: str
    scheme: str
    source: str
    deployment: str
    assumed: tuple[str, ...]
    constants: str
    date: datetime.date
    stamp: Stamp
    sections: dict[str, object]
    pages: tuple[Page, ...]

    @property
    def summary(self) -> Summary:
        """The findings."""
        summary = self.sections[SUMMARY.key]
        assert isinstance(summary, Summary)
        return summary


def build_report(
    subject: Subject, progress: Callable[[int, int], None] | None = None, today: datetime.date | None = None
) -> Report:
    """Compute and lay out every chapter; ``progress`` is called with (chapters done, all).

    Raises CostModelError for a scheme or a deployment that cannot be evaluated.
    """
    sections: dict[str, object] = {}
    chapters = (*CHAPTERS, SUMMARY)
    for done, chapter in enumerate(chapters):
        if progress:
            progress(done, len(chapters))
        sections[chapter.key] = chapter.compute(subject, sections)
    pages = [Page(c.key, c.title, tuple(c.lay_out(sections[c.key]))) for c in (SUMMARY, *CHAPTERS)]
    deployment = subject.deployment
    return Report(
        subject.scheme.name,
        subject.scheme.id,
        "; ".join(str(part.facts["source"]) for part in subject.scheme.spec.parts),
        deployment.label,
        deployment.assumed,
        _constants(deployment),
        today or datetime.date.today(),
        result_stamp([deployment], [subject.scheme, subject.baseline]),
        sections,
        tuple(pages),
    )


def _constants(deployment) -> str:
    profile = deployment.profile
    if profile.origin == "ideal":
        return f"uncalibrated: no measurements of {deployment.gpu.id} under {deployment.engine.id}"
    word = "inherited from" if profile.origin == "inherited" else "measured:"
    return f"kernel constants {word} profile {profile.id}, fitted {profile.fitted}"
