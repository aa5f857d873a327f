"""What every stress test is: a question, one axis, knobs with units, quantities of several schemes along the axis, words.

Quantities are of the vocabulary, so that a table knows their units and meanings. A test says of each scheme in one sentence
what decides.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.assemble.axes import validate_axis
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment

SCHEMES = ("none", "fp8", "kivi-2bit", "h2o", "snapkv", "streaming-llm", "quest")  # one of each way to share or not to


@dataclass(frozen=True)
class Condition:
    """A number that a test asks for: its default, its unit, what it means there, and its bounds."""

    default: float
    unit: str
    meaning: str
    low: float = 0.0
    high: float = 1e9


@dataclass(frozen=True)
class PlotSpec:
    """The quantity that a figure of the test shows over the axis: its label, the factor to the label's unit, its scale."""

    column: str
    label: str
    factor: float = 1.0
    log: bool = False
    one: bool = False  # whether 1 is the line between winning and losing
    ends: tuple[str, str] | None = None  # columns of a band that is no interval of the quantity itself

    @property
    def band(self) -> tuple[str, str]:
        """Columns of both ends of the band; where a test has no such columns it has no band."""
        return self.ends or (f"{self.column}_lo", f"{self.column}_hi")


@dataclass(frozen=True)
class StressTest:
    """One test.

    ``over`` are the default values of the ``axis``; ``find`` gives, for a scheme under conditions, columns over the axis;
    ``tell`` the sentence about them.
    """

    id: str
    place: int
    question: str
    conditions: str
    axis: str
    axis_label: str
    over: tuple[float, ...]
    knobs: dict[str, Condition]
    drawn: PlotSpec
    find: Callable[["StressConditions", Scheme], dict[str, np.ndarray]]
    tell: Callable[["StressConditions", "StressCurve"], str]
    log: bool = True  # whether its axis runs over doublings
    bands: str = "Bands: 90 % intervals of the kernels"


@dataclass(frozen=True)
class StressConditions:
    """Under which conditions: deployment, axis, and the number of every knob, as ``asked["context"]``."""

    where: Deployment
    over: np.ndarray
    knobs: dict[str, float]

    def __getitem__(self, knob: str) -> float:
        return self.knobs[knob]


@dataclass(frozen=True)
class StressCurve:
    """One scheme: columns over the axis, those of its baseline, and what is said of it."""

    scheme: str
    baseline: str
    columns: dict[str, np.ndarray]
    against: dict[str, np.ndarray] = field(repr=False)


@dataclass(frozen=True)
class Result:
    """A test that was run: its conditions, a curve a scheme, and a sentence of each."""

    test: StressTest
    asked: StressConditions
    curves: tuple[StressCurve, ...]
    said: dict[str, str]

    @property
    def conditions(self) -> str:
        """The test's conditions with the numbers of its knobs put in."""
        return self.test.conditions.format(**{name: f"{value:,.6g}" for name, value in self.asked.knobs.items()})


def run_test(test: StressTest, where: Deployment, schemes: list[str], over=None, **knobs: float) -> Result:
    """Run a test on a deployment for several schemes, each against its baseline.

    ``over`` are the values of the axis, ``knobs`` those that shall not have their defaults. Raises UnknownName for a knob that
    the test does not have, InputError for a number out of bounds.
    """
    for name in knobs:
        if name not in test.knobs:
            raise UnknownName("knob", name, test.knobs, f"(knobs of {test.id})")
    numbers = {name: float(knobs.get(name, knob.default)) for name, knob in test.knobs.items()}
    for name, knob in test.knobs.items():
        if not knob.low <= numbers[name] <= knob.high:
            raise InputError(
                f"{test.id}: {name}: found {numbers[name]:g}, due {knob.low:g} to {knob.high:g} {knob.unit}".rstrip()
            )
    axis = validate_axis(test.axis, test.over if over is None else over, high=1e9)
    asked = StressConditions(where, np.unique(axis), numbers)
    known: dict[str, dict] = {}

    def found(scheme: Scheme) -> dict[str, np.ndarray]:
        if scheme.id not in known:
            made = test.find(asked, scheme)
            known[scheme.id] = {name: np.broadcast_to(value, asked.over.shape) for name, value in made.items()}
        return known[scheme.id]

    curves = []
    for text in dict.fromkeys(schemes):
        scheme = compiled.load_scheme(text)
        against = compiled.load_scheme(scheme.baseline)
        curves.append(StressCurve(scheme.id, against.id, found(scheme), found(against)))
    return Result(test, asked, tuple(curves), {curve.scheme: test.tell(asked, curve) for curve in curves})
