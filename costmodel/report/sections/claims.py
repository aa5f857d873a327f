"""The claims made for the proposal, each taken apart and re-based; what cannot be is listed with its reason."""

from dataclasses import dataclass

from costmodel.analyses.claims import Rebased, rebase
from costmodel.report.subject import Subject


@dataclass(frozen=True)
class Claims:
    """Every claim of the table, in its order; none where no table was given."""

    rebased: tuple[Rebased, ...]


def compute(subject: Subject, earlier: dict) -> Claims:
    """Re-base every claim."""
    return Claims(tuple(rebase(claim, subject.deployment, subject.scheme) for claim in subject.claims))
