"""What every stress test consists of: a question, one axis, conditions with units, quantities along the axis, a summary.

Quantities belong to the vocabulary, so that a table knows their units and meanings. For each scheme, a test summarizes in one
sentence what decides the outcome.
"""

import math
import string
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.schemes import SchemeSpec

SCHEMES = ("none", "fp8", "kivi-2bit", "h2o", "snapkv", "streaming-llm", "quest")  # one of each way to share or not to


class Stated(float):
    """A condition's number as its template prints it: ``{context}`` as 8,192, ``{context:token}`` as 8,192 tokens or 1 token."""

    def __format__(self, noun: str) -> str:
        number = f"{float(self):,.6g}"
        return f"{number} {noun if self == 1 else f'{noun}s'}" if noun else number


@dataclass(frozen=True)
class Condition:
    """A number that a test needs: its default, unit, meaning and bounds; a ``whole`` one counts something.

    ``aliases`` are earlier spellings of its name.
    """

    default: float
    unit: str
    meaning: str
    low: float = 0.0
    high: float = 1e9
    aliases: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class PlotSpec:
    """The quantity that a figure of the test shows over the axis: its label, the factor to the label's unit, its scale."""

    column: str
    label: str
    factor: float = 1.0
    log: bool = False
    has_unity_line: bool = False  # whether 1 separates winning from losing
    ends: tuple[str, str] | None = None  # columns of a band that is no interval of the quantity itself

    @property
    def band(self) -> tuple[str, str]:
        """Names of the columns at the two ends of the band; a test without such columns has no band."""
        return self.ends or (f"{self.column}_lo", f"{self.column}_hi")


@dataclass(frozen=True)
class StressTest:
    """One test.

    ``default_values`` are the values of ``axis`` that are used unless others are given; ``compute`` returns, for a scheme under
    conditions, columns over the axis; ``summarize`` returns a sentence about a curve. ``conditions_template`` is the text that
    states the conditions: their names in braces, behind a colon the noun that is counted. ``order`` is the position in lists,
    ``evidence`` says what times rest on where that is not the evidence of the scheme's kernels; ``axis_within`` is the condition
    that no value of the axis exceeds, ``whole_axis`` says that the axis counts something.
    """

    id: str
    order: int
    question: str
    conditions_template: str
    axis: str
    axis_label: str
    default_values: tuple[float, ...]
    conditions: dict[str, Condition]
    plot: PlotSpec
    compute: Callable[["StressConditions", Scheme], dict[str, np.ndarray]]
    summarize: Callable[["StressConditions", "StressCurve"], str]
    log: bool = True  # whether the axis is logarithmic
    bands: str = "Bands: 90 % intervals of the kernels"
    schemes: tuple[str, ...] = SCHEMES  # those that are shown unless others are named
    evidence: str = ""
    axis_within: str = ""
    whole_axis: bool = False
    question_at: str = ""  # the question of a run whose axis ends at {last}; that of the test where none is stated

    def ask(self, last: float) -> str:
        """The question about an axis that ends at ``last``."""
        return self.question_at.format(last=f"{last:,.6g}") if self.question_at else self.question

    def __post_init__(self):
        if not isinstance(self.order, (int, float)) or not math.isfinite(self.order):
            raise InputError(f"stress test {self.id}: order: expected a number, got {self.order!r}")
        for name, condition in self.conditions.items():
            if not condition.low <= condition.default <= condition.high:
                expected = f"a default of {condition.low:g} to {condition.high:g}"
                raise InputError(f"stress test {self.id}: {name}: expected {expected}, got {condition.default:g}")
        for _, name, _, _ in string.Formatter().parse(self.conditions_template):
            if name is not None and name not in self.conditions:
                unknown = UnknownName("condition", name, self.conditions)
                raise InputError(f"stress test {self.id}: conditions_template: {unknown}")

    def resolve_condition(self, name: str) -> str:
        """The name of the condition that ``name`` or an earlier spelling refers to; raises UnknownName otherwise."""
        if name in self.conditions:
            return name
        aliases = {alias: key for key, condition in self.conditions.items() for alias in condition.aliases}
        if name not in aliases:
            raise UnknownName("condition", name, self.conditions, f"(conditions of {self.id})")
        return aliases[name]


@dataclass(frozen=True)
class StressConditions:
    """The conditions of one run: deployment, values of the axis, and every condition's number as ``conditions["context"]``."""

    deployment: Deployment
    axis_values: np.ndarray
    numbers: dict[str, float]

    def __getitem__(self, name: str) -> float:
        return self.numbers[name]


@dataclass(frozen=True)
class StressCurve:
    """One scheme: its columns over the axis and those of its baseline; ``spec`` is its sentence, of a file of one's own too."""

    scheme: str
    baseline: str
    columns: dict[str, np.ndarray]
    baseline_columns: dict[str, np.ndarray] = field(repr=False)
    spec: SchemeSpec = field(repr=False)


@dataclass(frozen=True)
class StressResult:
    """A test that was run: its conditions and curves; by scheme the sentence that summarizes its curve, and its evidence."""

    test: StressTest
    conditions: StressConditions
    curves: tuple[StressCurve, ...]
    summaries: dict[str, str]
    evidence: dict[str, str]

    @property
    def question(self) -> str:
        """The test's question, about the axis that was run."""
        return self.test.ask(float(self.conditions.axis_values[-1]))

    @property
    def conditions_text(self) -> str:
        """The test's conditions as text, with their numbers."""
        numbers = {name: Stated(value) for name, value in self.conditions.numbers.items()}
        return self.test.conditions_template.format(**numbers)
