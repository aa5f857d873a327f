"""Units by numbers: measure in other units and every formula scales as its unit says (Euler, by a factor of four).

This does not trust the proof of units: it evaluates. Powers of two keep every rounding the same.
"""

import numpy as np
import pytest
import sympy as sp

from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile import pipeline  # noqa: F401 - importing defines every formula
from costmodel.language import units
from costmodel.language.kernels import KERNELS
from costmodel.language.quantity import Constant, Formula, catalogue

BASES = ("second", "bit", "token", "sequence", "head", "layer", "multiprocessor", "flop", "watt")
DEFINED = [q for q in catalogue.values() if isinstance(q, Formula) and not isinstance(q, Constant)]


def exponent(quantity, base):
    """The power of a base unit in a quantity; a byte is eight bits, so it counts with them."""
    unit = units.registry().Unit(quantity.unit)
    powers = dict(unit._units)
    return powers.get(base, 0) + (powers.get("byte", 0) if base == "bit" else 0)


def evaluate(definition, values):
    symbols = sorted(definition.free_symbols, key=str)
    with np.errstate(all="ignore"):
        return float(sp.lambdify(symbols, definition, [KERNELS, "numpy"])(*(values[s] for s in symbols)))


@pytest.mark.parametrize("base", BASES)
def test_every_formula_scales_as_its_unit(base):
    random = np.random.default_rng(7)
    plain = {q: float(q.definition) if isinstance(q, Constant) else random.uniform(1.1, 3) for q in catalogue.values()}
    scaled = {q: value * 4.0 ** float(exponent(q, base)) for q, value in plain.items()}
    wrong = {}
    for quantity in DEFINED:
        before, after = evaluate(quantity.definition, plain), evaluate(quantity.definition, scaled)
        expected = before * 4.0 ** float(exponent(quantity, base))
        if not np.isclose(after, expected, rtol=1e-12, atol=0, equal_nan=True):
            wrong[quantity.name] = (after, expected)
    assert not wrong


def test_a_device_twice_as_fast_takes_half_the_time(evaluate):
    evaluator = evaluate("llama-3.1-70b", "kivi-2bit", 32, 20000, ranks=4)
    expected = {name: evaluator[name].item() for name in ("step_time", "prefill_time", "max_batch")}
    inputs = {n: v for n, v in evaluator.values.items() if not isinstance(catalogue.get(n), Formula)}
    faster = {
        n: v * (0.5 ** float(exponent(catalogue[n], "second")) if n in catalogue else 1) for n, v in inputs.items()
    }
    again = Evaluator(faster, evaluator.formulas, evaluator.slots)
    assert again["step_time"].item() == pytest.approx(expected["step_time"] / 2, rel=1e-12)
    assert again["prefill_time"].item() == pytest.approx(expected["prefill_time"] / 2, rel=1e-12)
    assert again["max_batch"].item() == expected["max_batch"]
