"""Every formula proves its unit, and a forgotten factor is noticed."""

import pytest
import sympy as sp

from costmodel.errors import UnitError
from costmodel.evaluation.compile import pipeline  # noqa: F401 - importing defines every formula
from costmodel.language import units
from costmodel.language.quantity import Constant, Formula, catalogue

FORMULAS = sorted(n for n, q in catalogue.items() if isinstance(q, Formula) and not isinstance(q, Constant))


def unit_of(expression):
    return units.unit_of(sp.sympify(expression))


@pytest.mark.parametrize("name", FORMULAS)
def test_definition_has_the_declared_unit(name):
    definition, declared = catalogue[name].definition, units.registry().Unit(catalogue[name].unit)
    if definition == 0:
        return  # a bare zero fits every unit
    assert unit_of(definition) == declared


# Formula and the factor that somebody might forget. A pure count (``ranks``) carries no unit and cannot be caught so.
FORGOTTEN = [
    ("work_units", "batch"),
    ("attention_traffic", "batch"),
    ("attention_traffic", "local_cached_heads"),
    ("marginal_size", "cached_heads"),
    ("local_marginal_size", "local_cached_heads"),
    ("sequence_size", "local_cached_heads"),
    ("sequence_size", "kept_tokens"),
    ("tail_padding_size", "tail_block_padding"),
    ("attention_step_time", "layer_count"),
    ("codec_step_time", "layer_count"),
    ("local_sequence_size", "layer_count"),
    ("kv_bytes_per_token", "layer_count"),
    ("small_kernel_count", "layer_count"),
    ("decode_pass_time", "batch"),
    ("score_time", "batch"),
    ("move_time", "batch"),
    ("select_time", "kept_tokens"),
    ("multiprocessor_time", "work_units"),
    ("split_units", "work_units"),
    ("batch_of_groups", "batch"),
    ("pool_tokens", "pool_block"),
    ("request_pages", "sequence"),
    ("memory_logits", "byte"),
    ("key_bits", "bit"),
]


@pytest.mark.parametrize(("name", "factor"), FORGOTTEN)
def test_a_forgotten_factor_is_noticed(name, factor):
    definition, forgotten = catalogue[name].definition, catalogue[factor]
    assert definition.has(forgotten), f"{name} no longer contains {factor}: update this list"
    mutated = definition.xreplace({forgotten: sp.Integer(1)})
    try:
        mutated_unit = unit_of(mutated)
    except UnitError:
        return
    assert mutated_unit != units.registry().Unit(catalogue[name].unit)


def test_bit_and_byte_are_told_apart():
    bit, byte = catalogue["bit"], catalogue["byte"]
    assert unit_of(16 * bit) == unit_of(byte)
    assert (16 * bit).xreplace({bit: bit.definition}) == 2


def test_sums_of_different_units_are_refused():
    with pytest.raises(UnitError, match="mixes"):
        unit_of(catalogue["batch"] + catalogue["layers"])
    with pytest.raises(UnitError, match="pure number"):
        unit_of(sp.exp(catalogue["batch"]))
    with pytest.raises(UnitError, match="pure number"):
        unit_of(catalogue["batch"] ** catalogue["ranks"])


@pytest.mark.parametrize("name", sorted(catalogue))
def test_every_quantity_is_said(name):
    quantity = catalogue[name]
    assert quantity.tex and quantity.meaning.endswith(".") and not quantity.meaning[0].islower()
    units.registry().Unit(quantity.unit)
