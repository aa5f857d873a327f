"""A definition as a scheme has it prints its bytes: what a file states in bits stands in bits in the equation."""

import pytest
import sympy as sp

from costmodel.analyses.equations import build_equations
from costmodel.evaluation.compile import pipeline
from costmodel.facts import store
from costmodel.facts.schemes import parse_scheme
from costmodel.language import units
from costmodel.language.functions import Ceil, Maximum, Minimum, PositivePart
from costmodel.language.literal_units import restore_units
from costmodel.language.symbols import bit


def definitions(scheme: str) -> dict[str, str]:
    """The printed definition of every slot that a scheme redefines, by name."""
    return {name: text for name, _, text in build_equations(["key_bits"], scheme).lines}


@pytest.mark.parametrize(
    ("scheme", "slot", "expected"),
    [
        ("fp8", "key_bits", r"8 \mathrm{bit}"),
        ("fp8", "key_metadata", "0"),
        ("kivi-2bit", "value_bits", r"2 \mathrm{bit}"),
        ("kivi-2bit", "key_metadata", r"\frac{32 \mathrm{bit}}{\max\left(\mathit{group}, 1\right)}"),
        ("nvfp4", "key_metadata", r"\frac{8 \mathrm{bit}}{\max\left(\mathit{group}, 1\right)}"),
        ("h2o", "sidecar_size", r"32 \mathrm{bit}"),
        ("kivi-2bit", "key_tile_tokens", r"\mathit{group}"),
    ],
)
def test_literals_of_bytes_are_printed_in_bits(scheme, slot, expected):
    assert definitions(scheme)[slot] == expected


def test_an_exponent_of_bits_is_a_pure_number_again():
    assert "bit" not in definitions("fp8")["key_float_error"]
    assert "bit" not in definitions("kivi-2bit")["key_step_error"]


def value(expression) -> complex:
    """An expression at some point, its corners as SymPy's own functions, which compute with numbers."""
    plain = {Maximum: sp.Max, Minimum: sp.Min, PositivePart: lambda x: sp.Max(0, x), Ceil: sp.ceiling}
    for corner, function in plain.items():
        expression = expression.replace(corner, function)
    numbers = {
        symbol: 1.3 + 0.7 * place for place, symbol in enumerate(sorted(expression.free_symbols - {bit}, key=str))
    }
    return complex(sp.N(expression.subs(numbers | {bit: 0.125})))


@pytest.mark.parametrize("scheme", store.files("schemes"))
def test_every_definition_has_the_bytes_of_its_slot_and_its_value(scheme):
    for slot, definition in pipeline.slots(parse_scheme(scheme))[0].items():
        restored = restore_units(definition, slot.unit)
        assert value(restored) == pytest.approx(value(definition), rel=1e-12)
        terms = restored.as_ordered_terms() if restored.is_Add else [restored]
        if restored != 0 and "byte" in slot.unit:
            assert all(units.information_power(units.unit_of(term)) == 1 for term in terms if term != 0), restored
