"""Every predicate has a value and a reason; numbers are those of the formulas."""

import pytest

from costmodel.analyses.predicates import predicates
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import store
from costmodel.facts.lifecycle import PROPERTIES

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")


def by_name(scheme: str) -> dict:
    return {one.name: one for one in predicates(load_scheme(scheme), DEPLOYMENT)}


@pytest.mark.parametrize("scheme", sorted(store.files("schemes")))
def test_every_predicate_of_a_shipped_scheme_is_derived_and_has_a_reason(scheme):
    properties = by_name(scheme)
    assert set(PROPERTIES) <= set(properties)
    for name, one in properties.items():
        assert one.reason and one.text, name
    declared = {name for name, one in properties.items() if "declares it" in one.reason or one.value is None}
    assert declared <= DECLARED.get(scheme, {"prefix_multiple"})


DECLARED = {  # trained with the model, or slots stated by hand: no mechanism decides
    "gqa": {"reversible"},
    "mha": {"reversible"},
    "cla": {"reversible"},
    "think": {*PROPERTIES, "prefix_multiple"},
    "hypothetical": {*PROPERTIES, "prefix_multiple"},
}


def test_a_plain_fork_copies_nothing_in_no_time():
    fork = by_name("none")["fork_copy"]
    assert fork.value == 0 and fork.text == "nothing, in no time"


def test_a_forked_budget_is_copied():
    """2,048 tokens of 131,072 bytes and a score of 4 bytes a token, head and layer: 270.5 MB."""
    assert by_name("h2o")["fork_copy"].value == pytest.approx(2048 * (131_072 + 4 * 8 * 32))


def test_where_a_prefix_may_end():
    assert by_name("none")["prefix_multiple"].value == 16
    assert by_name("kivi-2bit[residual=256]")["prefix_multiple"].value == 256
    assert by_name("snapkv")["prefix_multiple"].text == "nowhere"


def test_reasons_name_the_mechanism():
    properties = by_name("h2o")
    assert properties["attention_weights"].value == "step" and properties["attention_weights"].reason.startswith(
        "evict: "
    )
    assert by_name("hf-quantized")["requantised"].reason.startswith("precise_zone: every flush")
    assert by_name("hf-quantized")["contiguous"].value is True
    assert by_name("kivi-2bit")["cuda_graph"].value == "two"
