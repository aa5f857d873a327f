"""Attention over a latent has parameters of its own where it was measured, and only there."""

from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.facts import gpus, profiles
from costmodel.facts.provenance import origin


def test_a_latent_takes_the_latent_set_and_others_do_not():
    profile = profiles.select_profile(gpus.load("h100-sxm"), "sglang")
    assert profile.attention("fp8", 288, latent=True).label == "flash_attention d=288 fp8 latent"
    assert profile.attention("fp8", 288).kernel != "flash_attention"


def test_without_measured_latents_the_set_is_typical():
    assert profiles.select_profile(gpus.load("h100-sxm"), "vllm").attention("fp8", 288, latent=True).kernel == "typical"


def test_a_profile_with_latents_alone_has_no_other_attention():
    profile = profiles.select_profile(gpus.load("a100-sxm"), "tensorrt-llm")
    assert profile.attention("bfloat16", 288, latent=True).kernel == "default"
    assert profile.attention("bfloat16", 128).kernel == "typical"


def test_a_model_with_a_latent_uses_it_and_says_where_it_comes_from():
    deployment, scheme = (
        resolve_deployment("deepseek-v2-lite", "h100-sxm", engine="sglang"),
        compiled.load_scheme("none"),
    )
    step = build_evaluator(deployment, scheme, 8, 8192)
    labels = {parameters.label for parameters in assemble(deployment, scheme).attention}
    assert labels == {"flash_attention d=288 bfloat16 latent"} and step["step_time"].item() > 0
    source = origin(deployment, "token_cost", labels.pop())
    assert source.kind == "measured" and "profiles/latent/h100-sxm--sglang" in source.text
