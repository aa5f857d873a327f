"""Novelty: the known setting that the proposal is, or its neighbours, and which known scheme has which of its coordinates."""

from dataclasses import dataclass

from costmodel.analyses.novelty import delta
from costmodel.analyses.novelty.delta import Origin
from costmodel.report.subject import Subject

SHOWN = 4


@dataclass(frozen=True)
class KnownScheme:
    """A known scheme at its nearest setting, and the coordinates in which the proposal differs: class, number, left open."""

    scheme: str
    distance: float
    in_class: tuple[str, ...]
    in_parameter: tuple[str, ...]
    unstated: tuple[str, ...]


@dataclass(frozen=True)
class Novelty:
    """The verdict in one sentence, the known setting that it is (or nothing), neighbours, whose its coordinates are."""

    verdict: str
    identical_to: str
    nearest: tuple[KnownScheme, ...]
    origins: tuple[Origin, ...]
    new_coordinates: tuple[str, ...]


def compute(subject: Subject, earlier: dict) -> Novelty:
    """What the proposal is, of what is known."""
    result = delta(subject.scheme)
    nearest = tuple(
        KnownScheme(n.scheme, n.distance, n.in_class, n.in_parameter, n.unstated) for n in result.neighbours[:SHOWN]
    )
    identical = next((n.scheme for n in result.neighbours if n.is_identical), "")
    return Novelty(result.verdict, identical, nearest, result.origins, result.unknown)
