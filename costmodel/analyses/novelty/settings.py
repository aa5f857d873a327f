"""The setting of a known scheme that comes nearest to another one: its knobs tried with the numbers that the other states.

One knob after the other until none brings it nearer; then all of them together, where there are few enough combinations.
"""

import itertools
import math
from dataclasses import replace

from costmodel.analyses.novelty.coordinates import Coordinates, coordinates_of
from costmodel.errors import FactError
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.schemes import SchemePart, SchemeSpec
from costmodel.language import units

ROUNDS = 4  # over the knobs
NOBODYS = ("hypothetical", "mixed-bit")  # schemes that stand for any idea by its numbers: none is known for being them
MAX_COMBINATIONS = 48


def numbers_of(scheme: Scheme) -> set[float]:
    """Every number that a scheme's sentence states: knobs, and fields of its mechanisms with or without a unit."""
    stated = {float(value) for part in scheme.spec.parts for value in part.knobs.values()}
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
            stated.add(float(value))
    return stated


def nearest_setting(
    own: Coordinates, name: str, numbers: set[float]
) -> tuple[str, Coordinates, list[dict[str, float]]]:
    """The known scheme at its nearest setting: its text, its coordinates, and the distances of every setting that was tried."""
    named = load_scheme(name).spec.parts[0]
    part = load_scheme(named.id).spec.parts[0]  # whose knobs are the file's defaults
    tried: dict[str, tuple[float, dict[str, float], Coordinates]] = {}

    def distance(knobs: dict[str, float]) -> float:
        text = setting_text(part, knobs)
        if text not in tried:
            try:
                known = coordinates_of(load_scheme(text))
            except FactError:  # a number of the other sentence that no cache can have here
                return math.inf
            apart = own.distances(known)
            tried[text] = sum(apart.values()), apart, known
        return tried[text][0]

    choices = {
        knob: sorted(_within(table, numbers) | {named.knobs[knob]})
        for knob, table in part.facts.get("knobs", {}).items()
    }
    knobs = dict(named.knobs)
    distance(knobs)
    for _ in range(ROUNDS):
        before = dict(knobs)
        for knob, candidates in choices.items():
            knobs = min((knobs | {knob: number} for number in (knobs[knob], *candidates)), key=distance)
        if knobs == before:
            break
    if distance(knobs) and 1 < math.prod(map(len, choices.values())) <= MAX_COMBINATIONS:
        together = (
            dict(zip(choices, combination, strict=True)) for combination in itertools.product(*choices.values())
        )
        knobs = min((knobs, *together), key=distance)
    text = setting_text(part, knobs)
    return text, tried[text][2], [apart for _, apart, _ in tried.values()]


def candidates_of(part: SchemePart, numbers: set[float]) -> dict[str, list[float]]:
    """Numbers to try for every knob: those that the other sentence states, the knob's own, its default and sweep values."""
    choices = {}
    for knob, table in part.facts.get("knobs", {}).items():
        sweep = {units.parse_quantity(value, table.get("unit", "")) for value in table.get("sweep", ())}
        choices[knob] = sorted(_within(table, numbers) | sweep | {part.knobs[knob]})
    return choices


def setting_text(part: SchemePart, knobs: dict[str, float]) -> str:
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
    counts = default == int(default) and high > 1  # tokens, layers, numbers of a group: no fractions
    return {number for number in numbers if low <= number <= high and not (counts and number != int(number))} | {
        default
    }
