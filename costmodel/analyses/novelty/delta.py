"""A scheme against every known one: the setting that it is, or its neighbours and in what it differs from them.

A known scheme is compared at the knobs that bring it nearest, so that a parameter is not taken for a new mechanism. A
coordinate differs in class where no knob reaches it and it is no constant multiple either.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from costmodel.analyses.novelty.coordinates import EQUAL, Coordinates, coordinates_of
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts import store
from costmodel.facts.schemes import SchemePart, SchemeSpec
from costmodel.language import units

ROUNDS = 4  # over the knobs of a known scheme


@dataclass(frozen=True)
class Neighbour:
    """A known scheme at its nearest setting: its distance, and the coordinates in which the other differs.

    ``in_class`` no knob reaches; ``in_parameter`` another number would; ``unstated`` one of the two leaves open.
    """

    scheme: str
    distance: float
    in_class: tuple[str, ...]
    in_parameter: tuple[str, ...]
    unstated: tuple[str, ...]

    @property
    def is_identical(self) -> bool:
        """Whether every coordinate is equal."""
        return not self.in_class and not self.in_parameter


@dataclass(frozen=True)
class Delta:
    """A scheme's neighbours from near to far, and the coordinates in which it differs in class from all of them."""

    scheme: str
    neighbours: tuple[Neighbour, ...]
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
        if self.unknown:
            return f"no known scheme has its {_list(self.unknown)}; nearest is {nearest.scheme}"
        return f"a new combination of known coordinates; nearest is {nearest.scheme}, which differs in {_list(nearest.in_class)}"


def delta(scheme: str | Scheme, against: Iterable[str] = ()) -> Delta:
    """Compare a scheme with known ones (all but itself, or those in ``against``).

    Raises UnknownName or FactError for a scheme that cannot be loaded.
    """
    scheme = load_scheme(scheme) if isinstance(scheme, str) else scheme
    own, numbers = coordinates_of(scheme), numbers_of(scheme)
    names = tuple(against) or tuple(name for name in store.files("schemes") if name != scheme.id)
    neighbours = sorted((_neighbour(own, name, numbers) for name in names), key=lambda n: (n.distance, n.scheme))
    unknown = set.intersection(*(set(neighbour.in_class) for neighbour in neighbours)) if neighbours else set()
    return Delta(scheme.id, tuple(neighbours), tuple(sorted(unknown)))


def numbers_of(scheme: Scheme) -> set[float]:
    """Every number that a scheme's sentence states: knobs, and fields of its mechanisms with or without a unit."""
    found = {float(value) for part in scheme.spec.parts for value in part.knobs.values()}
    pending = [table for part in scheme.spec.parts for table in part.facts.get("mechanism", [])]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str):
            head = value.split()[0] if value.split() else ""
            pending += [float(head)] if head.replace(".", "", 1).isdigit() else []
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found.add(float(value))
    return found


def _neighbour(own: Coordinates, name: str, numbers: set[float]) -> Neighbour:
    """The known scheme at its nearest setting, one knob after the other until none brings it nearer."""
    part, tried = load_scheme(name).spec.parts[0], {}

    def apart(text: str) -> tuple[float, dict[str, float]]:
        if text not in tried:
            known = coordinates_of(load_scheme(text))
            distances = own.distances(known)
            tried[text] = sum(distances.values()), distances, known
        return tried[text][:2]

    knobs, best = dict(part.knobs), name
    for _ in range(ROUNDS):
        before = best
        for knob, table in part.facts.get("knobs", {}).items():
            for number in sorted(_within(table, numbers)):
                text = _setting(part, knobs | {knob: number})
                if apart(text)[0] < apart(best)[0]:
                    knobs, best = knobs | {knob: number}, text
        if best == before:
            break
    total, distances = apart(best)
    known = tried[best][2]
    reached = {c for _, others, _ in tried.values() for c, distance in others.items() if distance <= EQUAL}
    differs = [c for c, distance in distances.items() if distance > EQUAL]
    unstated = [c for c in differs if own.is_unstated(known, c)]
    in_parameter = [c for c in differs if c not in unstated and (c in reached or own.is_proportional(known, c))]
    in_class = [c for c in differs if c not in unstated and c not in in_parameter]
    return Neighbour(load_scheme(best).id, total, tuple(in_class), tuple(in_parameter), tuple(unstated))


def _setting(part: SchemePart, knobs: dict[str, float]) -> str:
    """The text of a known scheme with its knobs at these numbers."""
    changed = tuple(knob for knob, number in knobs.items() if number != part.knobs[knob])
    return SchemeSpec((replace(part, knobs=knobs, changed=changed),)).id


def _within(knob: dict, numbers: set[float]) -> set[float]:
    """Those of the numbers that a knob takes, its default among them."""
    unit = knob.get("unit", "")
    low, high, default = (
        units.parse_quantity(knob[key], unit) if key in knob else fallback
        for key, fallback in (("low", 0.0), ("high", float("inf")), ("default", 0.0))
    )
    return {number for number in numbers if low <= number <= high} | {default}


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)
