"""Formulas with numbers put in: the numbers are those of the step, and what is printed is what was computed."""

import pytest

from costmodel.analyses import equations
from costmodel.errors import UnknownName
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import resolve_deployment

HERE = resolve_deployment("gemma-3-27b", "h100-sxm", engine="vllm")


def test_numbers_are_those_of_the_kind_of_layer_that_attends_most():
    found = {each.name: each for each in equations.evaluate_equations(HERE, "fp8", 8, 16384)}
    step = build_evaluator(HERE, compiled.load_scheme("fp8"), 8.0, 16384.0, prompt=16384.0)
    assert found["step_time"].value == float(drop_model_axes(step["step_time"]))
    group = int((step["layer_count"] * step["attends"]).argmax())
    assert found["attention_time"].value == step["attention_time"][group, 0]
    memory = found["attention_memory_time"]
    assert r"3.35\,\mathrm{TB/s}" in memory.numbers and r"\beta" in memory.definition and r"\beta" not in memory.numbers


def test_a_slot_that_a_scheme_redefines_is_printed_as_the_scheme_has_it():
    (kept,) = equations.evaluate_equations(HERE, "h2o[budget=512]", 8, 16384, ["kept_tokens"])
    assert kept.value == 512 and "512" in kept.numbers and "budget" in kept.definition


def test_values_come_with_their_sources():
    told = equations.evaluate_quantities(HERE, "fp8", 8, 16384, ["hbm_bandwidth", "batch", "rows"])
    assert told["hbm_bandwidth"][0] == 3.35e12 and told["hbm_bandwidth"][1].kind == "datasheet"
    assert "rows" not in told, "what differs from product to product has no one value"
    with pytest.raises(UnknownName):
        equations.evaluate_equations(HERE, "fp8", 8, 16384, ["nothing"])


def test_a_tie_is_no_win():
    from costmodel.analyses.breakeven import break_even

    here = resolve_deployment("llama-3.1-8b", "h100-sxm", engine="vllm")
    (at,) = break_even(here, "pyramidkv", [1])
    assert at.context > 100, "below its budget the scheme does nothing, and nothing is no faster"
