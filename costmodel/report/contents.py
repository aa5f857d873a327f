"""The chapters of a report, in their order: what computes each, and what lays it out.

A chapter may look at those before it. The summary is computed last and stands first. A further section is one entry
here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from costmodel.report.blocks import Block
from costmodel.report.layout import claims as claims_page
from costmodel.report.layout import equivalence as equivalence_page
from costmodel.report.layout import measurements as measurements_page
from costmodel.report.layout import mirror as mirror_page
from costmodel.report.layout import novelty as novelty_page
from costmodel.report.layout import regimes as regimes_page
from costmodel.report.layout import summary as summary_page
from costmodel.report.layout import torture as torture_page
from costmodel.report.layout import twist as twist_page
from costmodel.report.sections import (
    claims,
    equivalence,
    measurements,
    mirror,
    novelty,
    regimes,
    summary,
    torture,
    twist,
)
from costmodel.report.subject import Subject


@dataclass(frozen=True)
class Chapter:
    """One chapter: its key in the JSON, its title, ``compute(subject, earlier)`` and ``lay_out(section)``."""

    key: str
    title: str
    compute: Callable[[Subject, dict], object]
    lay_out: Callable[..., list[Block]]


CHAPTERS = (
    Chapter("mirror", "What the referee understood", mirror.compute, mirror_page.lay_out),
    Chapter("novelty", "Is it new?", novelty.compute, novelty_page.lay_out),
    Chapter("equivalence", "What does the same already?", equivalence.compute, equivalence_page.lay_out),
    Chapter("torture", "Torture card", torture.compute, torture_page.lay_out),
    Chapter("regimes", "Where it pays, and how fast its kernel must be", regimes.compute, regimes_page.lay_out),
    Chapter("claims", "The claims, re-based", claims.compute, claims_page.lay_out),
    Chapter("twist", "What would make it work", twist.compute, twist_page.lay_out),
    Chapter("measurements", "Eight measurements that would decide", measurements.compute, measurements_page.lay_out),
)
SUMMARY = Chapter("summary", "Findings", summary.compute, summary_page.lay_out)
