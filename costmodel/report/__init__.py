"""The referee's report: what a proposal is, whether it is new, where it holds and breaks, and what would make it work.

Sections compute, each a plain dataclass; layouts put them into words, tables and figures; writers render those and decide
nothing. ``contents`` lists the chapters: a new section is one file in each of the two rooms and one entry there.
"""

from costmodel.report.build import Report, build_report

__all__ = ["Report", "build_report"]
