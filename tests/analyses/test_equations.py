"""Formulas with numbers put in: the numbers are those of the step, and what is printed is what was computed."""

import pytest

from costmodel.analyses import equations
from costmodel.errors import UnknownName
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled

DEPLOYMENT = resolve_deployment("gemma-3-27b", "h100-sxm", engine="vllm")


def test_numbers_are_those_of_the_kind_of_layer_that_attends_most():
    by_name = {equation.name: equation for equation in equations.evaluate_equations(DEPLOYMENT, "fp8", 8, 16384)}
    step = build_evaluator(DEPLOYMENT, compiled.load_scheme("fp8"), 8.0, 16384.0, prompt=16384.0)
    assert by_name["step_time"].value == float(drop_model_axes(step["step_time"]))
    group = int((step["layer_count"] * step["attends"]).argmax())
    assert by_name["attention_time"].value == step["attention_time"][group, 0]
    memory = by_name["attention_memory_time"]
    assert r"3.35\,\mathrm{TB/s}" in memory.numbers and r"\beta" in memory.definition and r"\beta" not in memory.numbers


def test_a_slot_that_a_scheme_redefines_is_printed_as_the_scheme_has_it():
    (equation,) = equations.evaluate_equations(DEPLOYMENT, "h2o[budget=512]", 8, 16384, ["kept_tokens"])
    assert equation.value == 512 and "512" in equation.numbers and "budget" in equation.definition


def test_values_come_with_their_sources():
    values = equations.evaluate_quantities(DEPLOYMENT, "fp8", 8, 16384, ["hbm_bandwidth", "batch", "rows"])
    assert values["hbm_bandwidth"][0] == 3.35e12 and values["hbm_bandwidth"][1].kind == "datasheet"
    assert "rows" not in values, "what differs from product to product has no one value"
    with pytest.raises(UnknownName):
        equations.evaluate_equations(DEPLOYMENT, "fp8", 8, 16384, ["nothing"])


def test_a_tie_is_no_win():
    from costmodel.analyses.breakeven import break_even

    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", engine="vllm")
    (answer,) = break_even(deployment, "pyramidkv", [1])
    assert answer.context > 100, "below its budget the scheme does nothing, and nothing is no faster"
