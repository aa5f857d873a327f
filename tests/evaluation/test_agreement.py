"""Generated code computes what the definitions say: each formula, rule, product and slot against 50 digits."""

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from costmodel.evaluation.compile import compiled, pipeline
from costmodel.evaluation.compile.graph import plain
from costmodel.facts import store
from costmodel.formulas.dispatch import RULES
from costmodel.formulas.products import PRODUCTS
from costmodel.language.quantity import Constant, Formula, catalogue

FORMULAS = sorted(n for n, q in catalogue.items() if isinstance(q, Formula) and not isinstance(q, Constant))
EXACT = {  # the smooth functions as their docstrings define them, not as the kernels compute them
    "PNorm": lambda a, b, p: (a**p + b**p) ** (1 / p),
    "PNormWeight": lambda a, b, p: a**p / (a**p + b**p),
    "PositivePart": lambda x: max(mp.mpf(0), x),
    "Indicator": lambda x: mp.mpf(x > 0),
    "Ceil": mp.ceil,
    "Floor": mp.floor,
    "Minimum": min,
    "Maximum": max,
}


SMALL = ("pair_correlation", "experts_per_token")  # a correlation is below 1; a token uses fewer experts than there are


def draw(names, seed):
    random = np.random.default_rng(seed)
    return {name: float(random.uniform(1.1, 7)) / (10 if name in SMALL else 1) for name in sorted(names)}


def exactly(definition, values):
    """The definition in 50 digits, and the size of its largest term: what cancels cannot be held to the difference."""
    symbols = sorted(definition.free_symbols, key=str)
    terms = sp.Add.make_args(definition)
    with mp.workdps(50):
        numbers = [mp.mpf(values[s.name]) for s in symbols]
        parts = [mp.mpf(sp.lambdify(symbols, term, [EXACT, "mpmath"])(*numbers)) for term in terms]
        return mp.fsum(parts), max(map(abs, parts))


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula(name):
    function, arguments, _ = compiled.load_formulas().formulas[name]
    definition = plain(catalogue[name].definition)
    assert set(arguments) == {s.name for s in definition.free_symbols}
    for seed in range(5):
        values = draw(arguments, seed)
        due, scale = exactly(definition, values)
        assert abs(float(function(**values)) - due) <= 1e-12 * max(scale, abs(due))


@pytest.mark.parametrize("name", sorted(PRODUCTS))
def test_a_product(name):
    for field, definition in PRODUCTS[name].fields.items():
        function, arguments, _ = compiled.load_formulas().products[name][field]
        for seed in range(3):
            values = draw(arguments, seed)
            due, scale = exactly(plain(definition), values)
            assert abs(float(function(**values)) - due) <= 1e-12 * scale, field


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule(name):
    function, arguments, _ = compiled.load_formulas().rules[name]
    for group in (1, 4, 16, 17, 32, 33):
        for bits in (1, 2):
            for window in (4096.0, float("inf")):
                for units in (100.0, 8192.0, 1e6):
                    values = {"group_size": group, "key_bits": bits, "window": window, "kv_units": units}
                    due = plain(RULES[name]).subs(
                        {catalogue[k]: sp.oo if v == float("inf") else v for k, v in values.items()}
                    )
                    assert bool(function(**{k: values[k] for k in arguments})) == bool(due)


@pytest.mark.parametrize("identifier", sorted(store.files("schemes")))
def test_the_slots_of_a_scheme(identifier):
    scheme = compiled.load_scheme(identifier)
    redefined, _ = pipeline.slots(scheme.spec)
    assert set(scheme.slots) == {slot.name for slot in redefined}
    for slot, definition in redefined.items():
        function, arguments, _ = scheme.slots[slot.name]
        definition = plain(getattr(definition, "definition", sp.sympify(definition)))
        for seed in range(3):
            values = draw(arguments, seed)
            due, scale = exactly(definition, values)
            assert abs(float(function(**values)) - due) <= 1e-12 * max(scale, mp.mpf(10) ** -300), slot
