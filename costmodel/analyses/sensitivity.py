"""How a prediction responds to every number behind it: elasticities, d ln(result) / d ln(number), at one point.

Central differences of one per mille through the evaluator, not symbolic derivatives, so that kernels which step at whole
waves are taken as they are. A number that scheme and baseline share moves in both; one that only one side has, in that side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.step import compare_steps
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment
from costmodel.facts.provenance import Origin, origin
from costmodel.facts.vocabulary import vocabulary

TARGETS = {"speedup": "speed-up over the baseline", "step_time": "time of a decode step"}
STEP = 1e-3
MIN_ELASTICITY = 1e-4  # smaller elasticities are noise of the difference
WORKLOAD = ("batch", "context")
SIDES = ("scheme", "baseline")
TABLES = ("gpu", "engine", "codec")


@dataclass(frozen=True)
class Elasticity:
    """One number: name, side that has it (both, scheme, baseline), value in ``unit``, elasticity, and where it comes from."""

    name: str
    side: str
    unit: str
    meaning: str
    value: float
    elasticity: float
    origin: Origin


@dataclass(frozen=True)
class Shift:
    """Where a break-even context moves when one number falls or rises by a fraction, to first order."""

    elasticity: Elasticity
    low: float
    high: float


def elasticities(
    deployment: Deployment, scheme: str, batch: float, context: float, target: str = "speedup"
) -> list[Elasticity]:
    """Elasticities of a target at one point (``batch`` sequences, ``context`` tokens), the largest first.

    Raises UnknownName for a target that is none of ``TARGETS``.
    """
    if target not in TARGETS:
        raise UnknownName("result", target, TARGETS)
    compressed = compiled.load_scheme(scheme)
    schemes = (compressed, compiled.load_scheme(compressed.baseline))
    point = {"batch": float(batch), "context": float(context)}
    pair = [_point(deployment, side_scheme, **point) for side_scheme in schemes]
    kernel = assemble(deployment, compressed).attention[0].label
    numbers = list(_numbers_by_side(*pair))
    of_workload = _moved_workloads(deployment, schemes, point)
    of_numbers = (_with_moved_numbers(one, side, numbers) for one, side in zip(pair, SIDES, strict=True))
    high, low = np.concatenate([_ends(target, *of_workload), _ends(target, *of_numbers)], axis=1)
    described = [(name, SIDES, point[name]) for name in WORKLOAD]
    described += [(name, sides, _first(pair[SIDES.index(sides[0])], name)) for name, sides in numbers]
    computed = [
        _elasticity(deployment, name, "both" if sides == SIDES else sides[0], value, above, below, kernel)
        for (name, sides, value), above, below in zip(described, high, low, strict=True)
    ]
    return sorted(
        (item for item in computed if abs(item.elasticity) >= MIN_ELASTICITY),
        key=lambda item: -abs(item.elasticity),
    )


def tornado(deployment: Deployment, scheme: str, batch: float, context: float, fraction: float = 0.1) -> list[Shift]:
    """How far a break-even context (tokens) moves when each number moves by ``fraction``, to first order.

    The speed-up at the moved context stays 1.
    Raises InputError for a context that is no break-even of a finite length, and for one that nothing moves.
    """
    if not np.isfinite(context):
        raise InputError("no break-even context to move: the scheme never wins at this batch")
    moving = elasticities(deployment, scheme, batch, context)
    slope = next((item.elasticity for item in moving if item.name == "context"), 0.0)
    if not slope:
        raise InputError(
            f"at {context:,.0f} tokens the speed-up does not move with the context: no break-even to shift"
        )
    if len(moving) == 1:
        raise InputError(
            f"no number moves the break-even: at {context:,.0f} tokens the speed-up changes with the context alone"
        )
    return [
        Shift(item, *(context * (1 + sign * fraction) ** (-item.elasticity / slope) for sign in (-1, 1)))
        for item in moving
        if item.name != "context"
    ]


def _point(deployment, scheme, batch, context) -> Evaluator:
    """An evaluator whose inputs have all been filled."""
    evaluator = build_evaluator(deployment, scheme, batch, context, prompt=context)
    evaluator["step_time"]
    return evaluator


def _moved_workloads(deployment: Deployment, schemes, point: dict[str, float]) -> list[Evaluator]:
    """Both sides where one number of the workload after the other is moved: up, then all of them down."""
    places = {name: place for place, name in enumerate(WORKLOAD)}
    moved = {name: value * _factors(len(WORKLOAD), [places[name]])[:, 0, 0] for name, value in point.items()}
    return [_point(deployment, scheme, **moved) for scheme in schemes]


def _with_moved_numbers(evaluator: Evaluator, side: str, numbers: Sequence[tuple[str, tuple[str, ...]]]) -> Evaluator:
    """The evaluator computed again from its numbers where one after the other is moved, if that side has it."""
    inputs = {
        name: value
        for name, value in evaluator.values.items()
        if name not in evaluator.formulas and name not in evaluator.slots
    }
    moved: dict[str, list[int]] = {}
    for place, (name, sides) in enumerate(numbers):
        if side in sides:
            moved.setdefault(name, []).append(place)
    inputs |= {name: inputs[name] * _factors(len(numbers), places) for name, places in moved.items()}
    return Evaluator(inputs, evaluator.formulas, evaluator.slots)


def _factors(count: int, places: list[int]) -> np.ndarray:
    """What a number is multiplied by along ``count`` moves up and as many down, of which those at ``places`` are its own."""
    factors = np.ones((2, count))
    factors[:, places] = np.exp([[STEP], [-STEP]])
    return factors.reshape(-1, 1, 1)


def _ends(target: str, step: Evaluator, baseline_step: Evaluator) -> np.ndarray:
    """The target after every move up, and after every move down: an array (2, moves)."""
    moved = compare_steps(step, baseline_step)["speedup"] if target == "speedup" else step["step_time"]
    return drop_model_axes(moved).reshape(2, -1)


def _first(evaluator: Evaluator, name: str) -> float:
    return float(np.ravel(evaluator.values[name])[0])


def _numbers_by_side(step: Evaluator, baseline_step: Evaluator):
    """Every number that somebody measured or stated, and the sides that have it; both where the two values agree."""
    for name in sorted({*_stated_numbers(step), *_stated_numbers(baseline_step)}):
        value, baseline_value = step.values.get(name), baseline_step.values.get(name)
        if value is not None and baseline_value is not None and _equal_everywhere(value, baseline_value):
            yield name, SIDES
        else:
            sides = zip(SIDES, (value, baseline_value), strict=True)
            yield from ((name, (side,)) for side, number in sides if number is not None)


def _equal_everywhere(first: np.ndarray, second: np.ndarray) -> bool:
    one, other = np.broadcast_arrays(first, second)
    return np.array_equal(one, other)


def _stated_numbers(evaluator: Evaluator) -> list[str]:
    names = []
    for name, value in evaluator.values.items():
        entry = vocabulary().get(name, {})
        fitted = entry.get("kind") == "coefficient" and entry.get("law") != "spread"
        fact = (
            entry.get("table") in TABLES
            or name == "peak"
            or (name.startswith("knob") and name not in evaluator.formulas)
        )
        if (fitted or fact) and name not in evaluator.slots and np.any(value):
            names.append(name)
    return names


def _elasticity(deployment, name, side, value, high, low, kernel) -> Elasticity:
    meaning = f"Knob {name.rsplit('__', 1)[-1]} of the scheme."
    entry = vocabulary().get(name, {"unit": "", "meaning": meaning})
    slope = (np.log(high) - np.log(low)) / (2 * STEP)
    return Elasticity(
        name, side, entry["unit"], entry["meaning"], value, float(slope), origin(deployment, name, kernel)
    )
