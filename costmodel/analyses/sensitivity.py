"""How a prediction moves with every number behind it: elasticities, d ln(result) / d ln(number), at one point.

Central differences of one per mille through the evaluator, not symbolic derivatives, so that kernels which step at whole
waves are met as they are. A number that scheme and baseline share moves in both; one that each holds for itself, alone.
"""

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

RESULTS = {"speedup": "speed-up over the baseline", "step_time": "time of a decode step"}
STEP = 1e-3
LEAST = 1e-4  # smaller elasticities are noise of the difference
WORKLOAD = ("batch", "context")
SIDES = ("scheme", "baseline")
TABLES = ("gpu", "engine", "codec")


@dataclass(frozen=True)
class Elasticity:
    """One number: name, whose it is (both, scheme, baseline), value in ``unit``, elasticity, and where it comes from."""

    name: str
    whose: str
    unit: str
    meaning: str
    value: float
    elasticity: float
    origin: Origin


@dataclass(frozen=True)
class Shift:
    """Where a break-even context goes when one number falls or rises by a share, to first order."""

    of: Elasticity
    low: float
    high: float


def elasticities(where: Deployment, scheme: str, batch: float, context: float, of: str = "speedup") -> list[Elasticity]:
    """Elasticities of a result at one point, the largest first.

    Raises UnknownName for a result that is none of ``RESULTS``.
    """
    if of not in RESULTS:
        raise UnknownName("result", of, RESULTS)
    ours = compiled.load_scheme(scheme)
    schemes = (ours, compiled.load_scheme(ours.baseline))
    at = {"batch": float(batch), "context": float(context)}
    pair = [_point(where, each, **at) for each in schemes]
    kernel = assemble(where, ours).attention[0].label
    found = []
    for name in WORKLOAD:
        moved = [at | {name: at[name] * np.exp(sign * STEP)} for sign in (1, -1)]
        high, low = (_result(of, *(_point(where, each, **there) for each in schemes)) for there in moved)
        found.append(_told(where, name, "both", at[name], high, low, kernel))
    for name, whose in _numbers(*pair):
        high, low = (
            _result(of, *(_changed(made, name, sign) if side in whose else made for made, side in zip(pair, SIDES, strict=True)))
            for sign in (1, -1)
        )  # fmt: skip
        value = float(np.ravel(pair[SIDES.index(whose[0])].values[name])[0])
        found.append(_told(where, name, "both" if whose == SIDES else whose[0], value, high, low, kernel))
    return sorted((each for each in found if abs(each.elasticity) >= LEAST), key=lambda each: -abs(each.elasticity))


def tornado(where: Deployment, scheme: str, batch: float, context: float, share: float = 0.1) -> list[Shift]:
    """How far a break-even context moves when each number moves by a share: the speed-up there stays 1, to first order.

    Raises InputError for a context that is no break-even of a finite length.
    """
    if not np.isfinite(context):
        raise InputError("no break-even context to move: the scheme never wins at this batch")
    found = elasticities(where, scheme, batch, context)
    slope = next((each.elasticity for each in found if each.name == "context"), 0.0)
    if not slope:
        raise InputError(
            f"at {context:,.0f} tokens the speed-up does not move with the context: no break-even to shift"
        )
    return [
        Shift(each, *(context * (1 + sign * share) ** (-each.elasticity / slope) for sign in (-1, 1)))
        for each in found
        if each.name != "context"
    ]


def _point(where, scheme, batch, context) -> Evaluator:
    """A table whose numbers have all been supplied."""
    made = build_evaluator(where, scheme, batch, context, prompt=context)
    made["step_time"]
    return made


def _result(of: str, ours: Evaluator, theirs: Evaluator) -> float:
    return float(drop_model_axes(compare_steps(ours, theirs)["speedup"] if of == "speedup" else ours["step_time"]))


def _numbers(ours: Evaluator, theirs: Evaluator):
    """Every number that somebody measured or stated, and whose it is: both sides' where both hold the same value."""
    for name in sorted({*_stated(ours), *_stated(theirs)}):
        values = [made.values.get(name) for made in (ours, theirs)]
        if all(v is not None for v in values) and np.array_equal(*np.broadcast_arrays(*values)):
            yield name, SIDES
        else:
            yield from ((name, (side,)) for side, value in zip(SIDES, values, strict=True) if value is not None)


def _stated(made: Evaluator) -> list[str]:
    told = []
    for name, value in made.values.items():
        entry = vocabulary().get(name, {})
        fitted = entry.get("kind") == "coefficient" and entry.get("law") != "spread"
        fact = entry.get("table") in TABLES or name == "peak" or (name.startswith("knob") and name not in made.formulas)
        if (fitted or fact) and name not in made.slots and np.any(value):
            told.append(name)
    return told


def _changed(made: Evaluator, name: str, sign: int) -> Evaluator:
    """The table computed anew from its numbers, one of them moved."""
    numbers = {key: value for key, value in made.values.items() if key not in made.formulas and key not in made.slots}
    return Evaluator(numbers | {name: numbers[name] * np.exp(sign * STEP)}, made.formulas, made.slots)


def _told(where, name, whose, value, high, low, kernel) -> Elasticity:
    meaning = f"Knob {name.rsplit('__', 1)[-1]} of the scheme."
    entry = vocabulary().get(name, {"unit": "", "meaning": meaning})
    slope = (np.log(high) - np.log(low)) / (2 * STEP)
    return Elasticity(name, whose, entry["unit"], entry["meaning"], value, float(slope), origin(where, name, kernel))
