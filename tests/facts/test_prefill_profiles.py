"""Prefill parameters are chosen as data, come from a file of their own, and say so."""

import pytest

from costmodel.errors import FactError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts import gpus, profiles
from costmodel.facts.profiles.parameters import INHERITED_SPREAD_FACTOR
from costmodel.facts.provenance import origin


def test_the_set_is_that_of_the_kv_type_and_the_nearest_width():
    profile = profiles.select_profile(gpus.load("h100-sxm"), "vllm")
    assert profile.prefill("bfloat16", 128).label == "vllm_flash_attn_fa3 d=128 bfloat16"
    assert profile.prefill("fp8", 70).label == "vllm_flash_attn_fa3 d=64 fp8"
    assert profile.prefill("nvfp4", 128).kv_dtype == "bfloat16"
    assert 0.01 < profile.prefill("bfloat16", 128).main["prefill_spread"] < 0.5


def test_width_comes_before_kv_type_and_default_kernel():
    blackwell, hopper = (profiles.select_profile(gpus.load(gpu), "sglang") for gpu in ("b200-sxm", "h100-sxm"))
    assert blackwell.prefill("fp8", 128).label == "flashinfer d=128 fp8"
    assert blackwell.prefill("bfloat16", 128).label == "trtllm_mha d=128 bfloat16"
    assert hopper.prefill("fp8", 128).label == "fa3 d=128 bfloat16"
    assert hopper.prefill("fp8", 128, "triton").label == "triton d=256 fp8"


def test_the_heads_of_a_latent_run_the_default_kernel_not_the_one_for_odd_widths():
    blackwell, hopper = (profiles.select_profile(gpus.load(gpu), "sglang") for gpu in ("b200-sxm", "h100-sxm"))
    assert blackwell.prefill("fp8", 160).label == "triton d=192 fp8"
    assert blackwell.prefill("fp8", 160, latent=True).label == "trtllm_mha d=128 bfloat16"
    assert blackwell.prefill("fp8", 160, "triton", latent=True).label == "triton d=192 fp8"
    assert hopper.prefill("bfloat16", 160, latent=True).label == "fa3 d=192 bfloat16"


def test_without_a_companion_the_values_are_typical():
    parameters = profiles.ideal().prefill("fp8", 96)
    assert parameters.label == "typical" and parameters.main["prefill_peak_share"] == 0.55
    measured = profiles.select_profile(gpus.load("h100-sxm"), "vllm").prefill("fp8", 96)
    assert set(parameters.main) == set(measured.main)


def test_a_borrowed_set_is_less_sure():
    measured = profiles.load_profile("h100-sxm--vllm", "measured").prefill("bfloat16", 128)
    inherited = profiles.load_profile("h100-sxm--vllm", "inherited").prefill("bfloat16", 128)
    widened = INHERITED_SPREAD_FACTOR * measured.main["prefill_spread"]
    assert inherited.main["prefill_spread"] == pytest.approx(widened)


def test_the_origin_names_the_file():
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm")
    source = origin(deployment, "prefill_peak_share")
    assert source.kind == "measured" and source.text.startswith("profiles/prefill/h100-sxm--vllm: fitted")
    assert origin(deployment.with_options(profile=profiles.ideal()), "prefill_peak_share").kind == "ideal"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"gpu": "g", "engine": "e", "source": "s"}, "prefill is missing"),
        ({"gpu": "g", "engine": "e", "source": "s", "prefill": {}}, "expected a list"),
        ({"gpu": "g", "engine": "e", "source": "s", "prefill": [{"kernel": "k", "main": {}}]}, "head_dim is missing"),
        ({"gpu": "g", "engine": "e", "source": "s", "prefill": [], "prefil": []}, "prefil"),
    ],
)
def test_a_broken_companion_is_said(facts, message):
    with pytest.raises(FactError, match=message):
        profiles.parse_profile(facts, "profiles/prefill/g--e", "prefill")
