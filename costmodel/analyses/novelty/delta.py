"""A scheme against every known one: the setting that it is, or its neighbours and in what it differs from them.

A known scheme is compared at the knobs that bring it nearest, so that a parameter is not taken for a new mechanism. A
coordinate differs in class where no knob reaches it and it is no constant multiple either.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field

from costmodel.analyses.novelty.coordinates import EQUAL, Coordinates, coordinates_of
from costmodel.analyses.novelty.settings import NOBODYS, nearest_setting, numbers_of
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts import store
from costmodel.facts.lifecycle import PROPERTIES

BASELINE = "none"  # what origins are told against: the uncompressed cache
NAMED = 4  # coordinates of an origin that a sentence names
ALSO = 3  # further schemes with the same coordinates that it names
MOST = 0.75  # share of an origin's coordinates from which another scheme counts as one that has them too


@dataclass(frozen=True)
class Neighbour:
    """A known scheme at its nearest setting: its distance, and the coordinates in which the other differs.

    ``in_class`` no knob reaches; ``in_parameter`` another number would; ``unstated`` one of the two leaves open. ``changed`` are
    those in which the known scheme differs from the baseline.
    """

    scheme: str
    distance: float
    in_class: tuple[str, ...]
    in_parameter: tuple[str, ...]
    unstated: tuple[str, ...]
    changed: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def is_identical(self) -> bool:
        """Whether every coordinate is equal."""
        return not self.in_class and not self.in_parameter


@dataclass(frozen=True)
class Origin:
    """A known scheme that has, up to a number, some of the coordinates by which another differs from the baseline.

    ``others`` are known schemes that have most of them too: those with the most first, then the nearer ones.
    """

    scheme: str
    coordinates: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delta:
    """A scheme's neighbours from near to far, where its coordinates come from, and those that no known scheme has."""

    scheme: str
    neighbours: tuple[Neighbour, ...]
    origins: tuple[Origin, ...]
    unknown: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """One sentence."""
        nearest = self.neighbours[0]
        if nearest.is_identical:
            left_open = f"; left open: {_list(nearest.unstated)}" if nearest.unstated else ""
            return f"identical to {nearest.scheme}: every coordinate that is stated is equal{left_open}"
        if not nearest.in_class:
            return f"{nearest.scheme} with another number: {_list(nearest.in_parameter)}"
        if len(self.origins) == 1 and not self.unknown:
            whole = next(n for n in self.neighbours if n.scheme == self.origins[0].scheme)
            beside = f", and beside it {_list(whole.in_class)}" if whole.in_class else ""
            return f"a part of {whole.scheme}, which has its {_some(self.origins[0].coordinates)}{beside}"
        known = "; ".join(f"{_owners(origin)} has its {_some(origin.coordinates)}" for origin in self.origins)
        if self.unknown:
            rest = f"of the rest, {known}" if known else f"nearest is {nearest.scheme}"
            return f"no known scheme has its {_list(self.unknown)}; {rest}"
        return f"a new combination of known mechanisms: {known}"


def delta(scheme: str | Scheme, against: Iterable[str] = ()) -> Delta:
    """Compare a scheme with known ones (all but itself, or those in ``against``).

    Raises UnknownName or FactError for a scheme that cannot be loaded.
    """
    scheme = load_scheme(scheme) if isinstance(scheme, str) else scheme
    names = tuple(against) or tuple(name for name in store.files("schemes") if name not in (scheme.id, *NOBODYS))
    return _delta(scheme, names)


@functools.lru_cache(maxsize=64)  # a report asks twice: for its novelty and for what a known setting does as well
def _delta(scheme: Scheme, names: tuple[str, ...]) -> Delta:
    own, numbers = coordinates_of(scheme), numbers_of(scheme)
    changed = _changed(own)
    neighbours = sorted(
        (_neighbour(own, changed, name, numbers) for name in names), key=lambda n: (n.distance, n.scheme)
    )
    unknown = set.intersection(*(set(neighbour.in_class) for neighbour in neighbours)) if neighbours else set()
    return Delta(scheme.id, tuple(neighbours), _origins(changed - unknown, neighbours), tuple(sorted(unknown)))


@functools.cache
def _baseline() -> Coordinates:
    return coordinates_of(load_scheme(BASELINE))


def _changed(coordinates: Coordinates) -> frozenset[str]:
    """The coordinates in which a scheme differs from the uncompressed cache."""
    distances = coordinates.distances(_baseline())
    return frozenset(name for name, apart in distances.items() if apart > EQUAL)


def _origins(changed: frozenset[str], neighbours: list[Neighbour]) -> tuple[Origin, ...]:
    """The fewest known schemes that together have the changed coordinates: each next one has most of what is left.

    A known scheme has a coordinate where it changes it too, up to a number; among equals the nearer one is named.
    """
    left, origins = set(changed), []
    while left:
        has = {n.scheme: (left & n.changed) - set(n.in_class) - set(n.unstated) for n in neighbours}
        best = max(neighbours, key=lambda n: len(has[n.scheme]), default=None)
        if best is None or not has[best.scheme]:
            break
        shared = has[best.scheme]
        alike = [n for n in neighbours if n is not best and len(has[n.scheme] & shared) >= MOST * len(shared)]
        others = tuple(n.scheme for n in sorted(alike, key=lambda n: -len(has[n.scheme] & shared)))
        origins.append(Origin(best.scheme, tuple(sorted(shared)), others))
        left -= has[best.scheme]
    return tuple(origins)


def _neighbour(own: Coordinates, own_changed: frozenset[str], name: str, numbers: set[float]) -> Neighbour:
    """The known scheme at its nearest setting, and in what the other differs from it."""
    scheme, known, settings = nearest_setting(own, name, numbers)
    distances = own.distances(known)
    reached = {c for others in settings for c, distance in others.items() if distance <= EQUAL}
    differs = [c for c, distance in distances.items() if distance > EQUAL]
    unstated = [c for c in differs if own.is_unstated(known, c)]
    changed = _changed(known)
    both = own_changed & changed  # a mechanism that only one of them has is no matter of a number
    in_parameter = [
        c for c in differs if c not in unstated and (c in reached or (c in both and own.is_proportional(known, c)))
    ]
    in_class = [c for c in differs if c not in unstated and c not in in_parameter]
    return Neighbour(scheme, sum(distances.values()), tuple(in_class), tuple(in_parameter), tuple(unstated), changed)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def _owners(origin: Origin) -> str:
    """The known scheme, and some of the others that have the same."""
    also = ", ".join(origin.others[:ALSO])
    return f"{origin.scheme} (also {also})" if also else origin.scheme


def _some(names: tuple[str, ...]) -> str:
    """The first of the names, slots before predicates, and how many there are."""
    ordered = sorted(names, key=lambda name: name in PROPERTIES)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return _list(tuple(ordered[:NAMED])) + more
