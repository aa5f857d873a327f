"""Whose kernels run a scheme, and what their times are known from."""

import pandas as pd
import pytest

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.implementation import kind_of
from costmodel.evaluation.compile.compiled import load_scheme


def assembly(scheme, gpu="h100-sxm", implementation=None, engine="vllm", model="llama-3.1-8b"):
    deployment = resolve_deployment(model, gpu, ranks=1, engine=engine, implementation=implementation)
    return assemble(deployment, load_scheme(scheme))


def known(scheme, *where, **options) -> tuple[str, str]:
    """Id of the kernel choice, and evidence."""
    made = assembly(scheme, *where, **options)
    return made.choice.id, made.evidence


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        ("none", "same"),
        ("fp8", "format"),
        ("hf-quantized", "format"),
        ("h2o", "selection"),
        ("quest", "selection"),
        ("int8+streaming-llm", "selection"),
        ("hypothetical[overhead=10us]", "stated"),
    ],
)
def test_what_a_scheme_changes_for_the_kernel(scheme, kind):
    assert kind_of(load_scheme(scheme)) == kind


@pytest.mark.parametrize(
    ("gpu", "evidence"), [("h100-sxm", "measured"), ("gh200", "relative"), ("h20", "relative"), ("mi300x", "ideal")]
)
def test_fp8_and_16_bit_stand_on_the_engines_own_table(gpu, evidence):
    assert known("fp8", gpu)[1] == known("none", gpu)[1] == evidence


@pytest.mark.parametrize(("gpu", "evidence"), [("h100-sxm", "measured"), ("h200-sxm", "relative"), ("h20", "relative")])
def test_int8_stands_on_what_was_learnt_of_its_kernel(gpu, evidence):
    assert known("int8", gpu) == ("vllm--int8", evidence)
    spread = [assembly("int8", gpu=g).attention[0].main["attention_spread_cold"] for g in ("h100-sxm", gpu)]
    assert spread[1] >= spread[0] and (gpu == "h100-sxm" or spread[1] > spread[0]), "a relative's errors are larger"


@pytest.mark.parametrize("implementation", ["compiled", "ideal"])
@pytest.mark.parametrize("scheme", ["int8", "fp8", "kivi-2bit", "h2o"])
def test_what_is_asked_for_is_what_is_said(scheme, implementation):
    assert known(scheme, implementation=implementation) == (implementation, implementation)
    assert assembly(scheme, implementation=implementation).choice.is_ideal == (implementation == "ideal")


def test_the_16_bit_kernel_has_no_implementation_to_choose():
    assert known("none", implementation="ideal") == known("none") == ("vllm", "measured")


def test_a_composition_has_no_implementation():
    assert known("int8+streaming-llm") == ("compiled", "compiled")
    assert known("int8+streaming-llm", implementation="vllm--int8") == ("compiled", "compiled")


def test_a_saving_that_somebody_states_is_assumed():
    assert known("hypothetical[saving=0.3,overhead=10us]")[1] == "assumed"
    assert known("hypothetical[saving=0.3,overhead=10us]", "mi300x")[1] == "assumed"


def test_another_head_width_is_a_relative():
    assert known("none", model="llama-3.2-1b")[1] == "measured", "its width of 64 was measured"
    assert known("none", model="phi-3-mini")[1] == "relative", "its width of 96 was not"


def test_an_implementation_of_another_scheme_changes_nothing():
    assert known("fp8", implementation="vllm--int8") == known("fp8")
    assert known("int8", implementation="vllm--int8") == known("int8")


def test_the_engines_table_is_of_the_kernel_that_it_ships():
    """vLLM on Hopper runs FlashAttention 3; nobody measured XQA, whose times are no FlashAttention's."""
    assert known("fp8", implementation="vllm--fp8") == ("vllm--fp8", "measured")
    assert known("fp8", implementation="vllm--fp8-xqa") == ("vllm--fp8-xqa", "compiled")


def test_an_implementation_of_another_engine_is_refused():
    with pytest.raises(InputError, match="expected one in vllm, got one in sglang"):
        assembly("fp8", implementation="sglang--fp8")
    assert known("fp8", engine="sglang", implementation="sglang--fp8") == ("sglang--fp8", "measured")


def test_a_name_that_none_has_lists_the_nearest():
    with pytest.raises(UnknownName, match="vllm--int8"):
        assembly("int8", implementation="vllm--int")


def test_a_table_names_implementations_by_row():
    point = {"model": "llama-8b", "gpu": "h100-sxm", "tp": 1, "batch": 8, "context": 8192, "scheme": "int8"}
    asked = ["shipped", "compiled", "ideal", "vllm--int8", None]
    answer, _ = predict(pd.DataFrame([point | {"implementation": name} for name in asked]))
    assert list(answer["implementation"]) == ["vllm--int8", "compiled", "ideal", "vllm--int8", "vllm--int8"]
    assert list(answer["evidence"]) == ["measured", "compiled", "ideal", "measured", "measured"]
    assert answer["tpot_ms"][0] == answer["tpot_ms"][3] == answer["tpot_ms"][4] > answer["tpot_ms"][2]
    with pytest.raises(InputError, match=r"row 2.*one in sglang"):
        predict(pd.DataFrame([point, point | {"implementation": "sglang--fp8"}]))
