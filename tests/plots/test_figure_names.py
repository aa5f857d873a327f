"""Figures and their captions speak of schemes, models and GPUs by name."""

import pandas as pd

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.plots.style import names


def test_a_scheme_has_its_name_with_the_knobs_that_were_changed():
    assert names.scheme_name("kivi-2bit") == "KIVI 2-bit" and names.scheme_name("bf16") == "16-bit cache"
    assert names.scheme_name("h2o[budget=8192]+fp8") == "H2O (budget 8,192) + FP8 cache"
    assert names.scheme_name("hypothetical[saving=0.4,overhead=12us]") == (
        "Hypothetical codec (overhead 12 µs, saving 0.4)"
    )
    assert names.scheme_name("of a table from elsewhere") == "of a table from elsewhere"


def test_names_that_files_give_stand_first_and_equal_ones_are_told_apart():
    frame = pd.DataFrame({"scheme": ["fp8", "mine", "int4"]})
    frame.attrs[names.NAMES] = {"mine": "FP8 cache"}
    assert list(names.scheme_names(frame).items()) == [
        ("fp8", "FP8 cache (fp8)"), ("mine", "FP8 cache (mine)"), ("int4", "INT4 per token and head"),
    ]  # fmt: skip


def test_a_deployment_is_described_by_names_and_its_assumptions_without_options():
    deployment = resolve_deployment("llama-70b", "h100-sxm")
    assert names.describe(deployment) == (
        "Llama 3.1 70B on 4\u00a0×\u00a0NVIDIA H100 SXM5 80GB, vLLM, bfloat16 weights"
    )
    assumed = names.describe_assumed(resolve_deployment("llama-70b"))
    assert "GPU NVIDIA H100 SXM5 80GB" in assumed and "link NVLink through NVSwitch" in assumed
    assert not any("--" in text or "h100-sxm" in text for text in assumed)
