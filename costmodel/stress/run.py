"""Running a stress test: checked conditions, and for every scheme the columns of it and of its baseline."""

import inspect

import numpy as np

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.assemble.axes import validate_axis
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.stress.base import StressConditions, StressCurve, StressResult, StressTest
from costmodel.stress.evidence import times_evidence


def run_test(
    test: StressTest, deployment: Deployment, schemes: list[str], axis_values=None, **conditions: float
) -> StressResult:
    """Run a test on a deployment for several schemes, each compared with its baseline.

    ``axis_values`` replaces the default values of the axis, ``conditions`` the defaults of the conditions that it names (in
    their own units). Raises UnknownName for a condition that the test does not have, InputError for a number out of bounds.
    """
    numbers = condition_numbers(test.id, test, conditions)
    stress_conditions = StressConditions(deployment, _axis(test, axis_values, numbers), numbers)
    columns: dict[str, dict] = {}

    def compute_columns(scheme: Scheme) -> dict[str, np.ndarray]:
        if scheme.id not in columns:
            computed = test.compute(stress_conditions, scheme)
            if test.plot.column not in computed:
                file = inspect.getfile(test.compute)
                raise InputError(
                    f"{file}: stress test {test.id}: plot: {UnknownName('column', test.plot.column, computed)}"
                )
            shape = stress_conditions.axis_values.shape
            columns[scheme.id] = {name: np.broadcast_to(value, shape) for name, value in computed.items()}
        return columns[scheme.id]

    curves = []
    for text in dict.fromkeys(schemes):
        scheme = compiled.load_scheme(text)
        baseline = compiled.load_scheme(scheme.baseline)
        own, compared = compute_columns(scheme), compute_columns(baseline)
        curves.append(StressCurve(scheme.id, baseline.id, own, compared, scheme.spec))
    summaries = {curve.scheme: test.summarize(stress_conditions, curve) for curve in curves}
    evidence = {curve.scheme: test.evidence or times_evidence(stress_conditions, curve) for curve in curves}
    return StressResult(test, stress_conditions, tuple(curves), summaries, evidence)


def _axis(test: StressTest, stated, numbers: dict[str, float]) -> np.ndarray:
    """Values of the axis, each once: those stated, or the test's own as far as its conditions allow them."""
    values = np.unique(validate_axis(test.axis, test.default_values if stated is None else stated, high=1e9))
    if test.whole_axis and (values != np.round(values)).any():
        raise InputError(
            f"{test.id}: {test.axis}: expected whole numbers, got {values[values != np.round(values)][0]:g}"
        )
    most = numbers.get(test.axis_within, np.inf)
    if stated is not None and values[-1] > most:
        raise InputError(
            f"{test.id}: {test.axis}: expected at most {test.axis_within}, {most:,.6g}; got {values[-1]:,.6g}"
        )
    within = values[values <= most]
    return within if within.size else np.array([most])


def condition_numbers(title: str, test, overrides: dict[str, float]) -> dict[str, float]:
    """Every condition's number: its default, or the override under its name or an alias; ``title`` stands in errors."""
    numbers = {name: float(condition.default) for name, condition in test.conditions.items()}
    for spelling, value in overrides.items():
        name = test.resolve_condition(spelling)
        if name != spelling and name in overrides:
            raise InputError(f"{title}: {spelling} is an earlier spelling of {name}; give one of them")
        numbers[name] = float(value)
    for name, condition in test.conditions.items():
        if not condition.low <= numbers[name] <= condition.high:
            bounds = f"{condition.low:g} to {condition.high:g} {condition.unit}".rstrip()
            raise InputError(f"{title}: {name}: expected {bounds}, got {numbers[name]:g}")
        if condition.whole and numbers[name] != round(numbers[name]):
            raise InputError(f"{title}: {name}: expected a whole number, got {numbers[name]:g}")
    return numbers
