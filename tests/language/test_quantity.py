"""Quantities as symbols: one of a name, the same after a pickle, chained in an order that can be computed."""

import copy
import pickle

import pytest
import sympy as sp

from costmodel.errors import UnknownName
from costmodel.evaluation.compile import pipeline  # noqa: F401 - importing defines every formula
from costmodel.evaluation.compile.graph import unfold
from costmodel.language.quantity import (
    Coefficient,
    Constant,
    Formula,
    Input,
    Slot,
    Total,
    catalogue,
    chain,
    formula,
    lookup_quantity,
)


@pytest.mark.parametrize("copied", [lambda q: pickle.loads(pickle.dumps(q)), copy.deepcopy, copy.copy])
@pytest.mark.parametrize(
    "name", ["context", "hbm_efficiency", "step_time", "kept_tokens", "bit", "attention_step_time"]
)
def test_copies_are_the_very_symbol(name, copied):
    assert copied(catalogue[name]) is catalogue[name]


def test_an_expression_survives_a_pickle():
    definition = catalogue["attention_traffic"].definition
    assert pickle.loads(pickle.dumps(definition)) == definition


def test_an_unfolded_expression_survives_a_deep_copy():
    expression = unfold(catalogue["attention_time"])
    assert copy.deepcopy(expression) == expression


@pytest.mark.parametrize("make", [
    lambda: Input("context", "token", "T", "Again.", "workload"),
    lambda: Coefficient("attention_launch", "second", "t", "Again.", 1, 0, 2),
    lambda: formula("second", "t")(catalogue_named("step_time")),
])  # fmt: skip
def test_a_name_is_given_once(make):
    before = dict(catalogue)
    with pytest.raises(NameError, match="already means"):
        make()
    assert catalogue == before


def catalogue_named(name):
    def build():
        """Again."""
        return sp.Integer(1)

    build.__name__ = name
    return build


def test_an_unknown_name_proposes_near_ones():
    with pytest.raises(UnknownName, match="kept_tokens"):
        lookup_quantity("kept_token")


@pytest.mark.parametrize("target", ["step_time", "throughput", "max_batch", "prefill_time", "step_spread"])
def test_a_chain_names_everything_before_its_use(target):
    steps = chain([catalogue[target]])
    done = set()
    for quantity, definition in steps.items():
        inner = {s for s in definition.free_symbols if isinstance(s, Formula) and not isinstance(s, Constant)}
        assert inner <= done, f"{quantity} uses {inner - done} before it is there"
        done.add(quantity)
    assert list(steps)[-1] == catalogue[target]


def test_a_chain_stops_at_what_is_given():
    step_time = catalogue["step_time"]
    steps = chain([catalogue["throughput"]], supplied=[step_time])
    assert step_time not in steps and catalogue["attention_traffic"] not in steps


def test_a_chain_follows_what_a_scheme_redefines():
    kept_tokens, budget = catalogue["kept_tokens"], catalogue["generated"]
    steps = chain([catalogue["sequence_size"]], {kept_tokens: budget})
    assert steps[kept_tokens] == budget


def test_unfolding_leaves_only_inputs():
    left = unfold(catalogue["step_time"]).free_symbols
    assert not [s for s in left if isinstance(s, Formula)]
    attention_time = catalogue["attention_time"]
    assert attention_time in unfold(catalogue["attention_step_time"], [attention_time]).free_symbols


def test_kinds_do_not_mix():
    assert all(isinstance(q, Formula) for q in catalogue.values() if isinstance(q, (Slot, Total, Constant)))
    assert all(set(q.over) <= {"layer_group", "product"} for q in catalogue.values() if isinstance(q, Total))


@pytest.mark.parametrize("name", sorted(n for n, q in catalogue.items() if isinstance(q, Coefficient)))
def test_a_fit_starts_between_its_bounds(name):
    coefficient = catalogue[name]
    assert 0 <= coefficient.low < coefficient.start < coefficient.high
