"""A set-up that can exist is completed and says what it assumed; one that cannot is refused with what would do."""

import re

import pytest

from costmodel.errors import CostModelError, InfeasibleDeploymentError, UnknownName
from costmodel.evaluation.assemble.deployments import heads_divide, resolve_deployment, weights_per_gpu
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.facts import models, store


def test_the_default_for_llama_70b():
    deployment = resolve_deployment("llama-3.1-70b")
    assert (deployment.gpu.id, deployment.engine.id, deployment.weight_dtype, deployment.ranks) == (
        "h100-sxm",
        "vllm",
        "bfloat16",
        4,
    )
    text = "; ".join(deployment.assumed)
    # 141 GB of weights on 85 GB GPUs: two hold them and little else, so four
    for word in ("h100-sxm", "vLLM", "bfloat16", "4 GPUs", "141 GB", "--gpu", "--engine", "--tp", "--weight-dtype"):
        assert word in text
    assert deployment.label == "Llama 3.1 70B on 4 × h100-sxm, vllm, bfloat16 weights"


def test_what_is_asked_for_is_not_assumed():
    deployment = resolve_deployment(
        "llama-3.1-8b", "l40s", ranks=2, engine="sglang", weight_dtype="fp8", memory_fraction=0.8, link="pcie"
    )
    assert deployment.assumed == () and deployment.memory_fraction == 0.8 and deployment.weight_dtype == "fp8"


def test_weights_that_do_not_fit_say_by_how_much_and_what_would():
    with pytest.raises(InfeasibleDeploymentError) as error:
        resolve_deployment("llama-3.1-70b", "h100-sxm", ranks=1)
    text = str(error.value)
    need, excess, room = (float(n) for n in re.findall(r"([\d.]+) GB", text))
    assert need == pytest.approx(141.1, abs=0.1)  # 70.55 thousand million numbers of two bytes
    assert excess == pytest.approx(need - room, abs=0.11)
    assert "tp 2 fits" in text
    resolve_deployment("llama-3.1-70b", "h100-sxm", ranks=2)


def test_what_fits_nowhere_says_so():
    with pytest.raises(InfeasibleDeploymentError, match="no number of such GPUs up to the 8 of one node fits"):
        resolve_deployment("kimi-k2", "l4", ranks=1, weight_dtype="float32")


@pytest.mark.parametrize("ranks", [9, 16])
def test_replicas_over_several_nodes_are_refused(ranks):
    """NVLink joins 8 H100, and 72 GB200: beyond, a network would carry what is priced as NVLink."""
    with pytest.raises(
        InfeasibleDeploymentError, match=f"--tp: expected at most 8, the h100-sxm of one node, got {ranks}: "
    ):
        resolve_deployment("llama-3.1-405b", "h100-sxm", ranks=ranks)
    assert resolve_deployment("llama-3.1-405b", "gb200", ranks=16).ranks == 16


@pytest.mark.parametrize(("model", "ranks"), [("llama-3.1-70b", 3), ("qwen2.5-7b", 8), ("llama-3.1-8b", 64)])
def test_heads_that_do_not_divide(model, ranks):
    with pytest.raises(InfeasibleDeploymentError) as error:
        resolve_deployment(model, "gb200", ranks=ranks)
    assert f"over {ranks} GPUs" in str(error.value)
    offered = [int(n) for n in re.findall(r"\d+", str(error.value).rsplit("values:", 1)[1])]
    assert offered and all(heads_divide(models.load(model), n) for n in offered)


@pytest.mark.parametrize("ranks", [0, -1])
def test_fewer_than_one_gpu(ranks):
    with pytest.raises(InfeasibleDeploymentError, match="at least 1"):
        resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=ranks)


def test_half_a_gpu_is_not_rounded_away():
    with pytest.raises(CostModelError):
        resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=2.5)


@pytest.mark.parametrize("fraction", [0, -0.5, 1.01, float("nan")])
def test_memory_fraction_out_of_bounds(fraction):
    with pytest.raises(CostModelError):
        resolve_deployment("llama-3.1-8b", "h100-sxm", memory_fraction=fraction)


def test_a_smaller_fraction_may_be_too_small():
    with pytest.raises(InfeasibleDeploymentError, match="does not fit"):
        resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, memory_fraction=0.1)


UNKNOWN = [({"weight_dtype": "fp9"}, "fp8"), ({"engine": "vlm"}, "vllm"), ({"gpu": "h10"}, "h100")]


@pytest.mark.parametrize(("changes", "word"), UNKNOWN)
def test_unknown_names(changes, word):
    with pytest.raises(UnknownName, match=word):
        resolve_deployment("llama-3.1-8b", **changes)


@pytest.mark.parametrize("alias", ["bf16", "BF16", "16bit"])
def test_weight_types_have_aliases(alias):
    assert resolve_deployment("llama-3.1-8b", "h100-sxm", weight_dtype=alias).weight_dtype == "bfloat16"


@pytest.mark.parametrize(("model", "ranks"), [("llama-3.1-70b", 16), ("deepseek-v3", 8), ("llama-3.1-8b", 1)])
def test_weights_are_counted_once_whoever_asks(model, ranks):
    # Heads that are replicated over the ranks, and latents on every one, weigh on each GPU.
    deployment = resolve_deployment(model, "gb300", ranks=ranks)
    step = build_evaluator(deployment, compiled.load_scheme("none"), 1.0, 1024.0)
    assert weights_per_gpu(deployment).item() == step["memory_weights"].item()
    spread = weights_per_gpu(resolve_deployment(model, "gb300", ranks=8 if ranks == 16 else ranks)) * 8 / ranks
    if model == "llama-3.1-70b":
        assert weights_per_gpu(deployment) > spread / 2 * 1.005


def test_the_refusal_and_the_pool_agree():
    """Just below the fraction at which the weights fill the memory a set-up is refused, just above it has a pool of its own."""
    weights = weights_per_gpu(resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)).item()
    fraction = weights / resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1).gpu.numbers["memory_visible"]
    with pytest.raises(InfeasibleDeploymentError, match="does not fit"):
        resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, memory_fraction=fraction * 0.999)
    resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, memory_fraction=fraction * 1.001)


@pytest.mark.parametrize("model", sorted(store.files("models")))
def test_every_model_can_be_set_up_or_says_why_not(model):
    try:
        deployment = resolve_deployment(model, "b300-sxm")
    except InfeasibleDeploymentError as error:
        assert "fit" in str(error) or "heads" in str(error)
        return
    table = build_evaluator(deployment, compiled.load_scheme("none"), 4.0, 4096.0)
    for name in ("step_time", "max_batch", "throughput", "prefill_time", "local_sequence_size"):
        assert 0 < table[name].item() < float("inf"), name
