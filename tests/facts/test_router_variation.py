"""How unequally a router chooses: what a model's file may say of it, and what follows."""

import copy
import math

import pytest

from costmodel.errors import FactError
from costmodel.facts import models, store
from costmodel.facts.layers import ROUTER_VARIATION


def with_variation(variation):
    facts = copy.deepcopy(store.read_fact_file("models", "gpt-oss-120b"))
    for layer in facts["layers"]:
        layer["router_variation"] = variation
    return models.build("mine", facts, "mine.toml")


def test_a_model_that_says_nothing_has_that_of_all():
    for name in ("gpt-oss-120b", "deepseek-v3"):
        experts = [group for group in models.load(name).groups if group["experts"] > 0]
        assert {group["router_variation"] for group in experts} == {ROUTER_VARIATION}
    assert {group["router_variation"] for group in models.load("llama-3.1-8b").groups} == {0.0}


def test_a_layer_without_experts_has_no_router():
    facts = copy.deepcopy(store.read_fact_file("models", "llama-3.1-8b"))
    facts["layers"][0]["router_variation"] = 0.5
    with pytest.raises(
        FactError, match=r"mine\.toml.*router_variation: only where feed_forward is 'experts', got 'dense'"
    ):
        models.build("mine", facts, "mine.toml")


def test_a_file_states_what_was_measured():
    """The largest is that of a router that takes the same 4 of 128 every time: √(128/4 − 1)."""
    assert [group["router_variation"] for group in with_variation(0.4).groups] == [0.4, 0.4]
    assert with_variation(0).groups[0]["router_variation"] == 0
    assert with_variation(math.sqrt(31) - 1e-9)
    for wrong in (math.sqrt(31) + 1e-3, -0.1, "much", math.nan):
        with pytest.raises(FactError, match=r"mine\.toml.*router_variation"):
            with_variation(wrong)
