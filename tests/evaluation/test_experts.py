"""Experts in a step: the engine's grouped kernel where a profile has one, as a term of its own; what cannot be is refused."""

import pandas as pd
import pytest

from costmodel.errors import InfeasibleDeploymentError, InputError
from costmodel.evaluation.ask.kernels import predict as predict_kernel
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.experts import choose_grouped
from costmodel.evaluation.compile.compiled import load_formulas, load_scheme, load_terms
from costmodel.facts.profiles import GroupedFit
from costmodel.facts.profiles.grouped import select_grouped

EXPERT_PRODUCTS = ("expert_up", "expert_down")


def step(model, engine="vllm", gpu="h100-sxm", batch=16.0, **options):
    deployment = resolve_deployment(model, gpu, engine=engine, **options)
    return build_evaluator(deployment, load_scheme("none"), batch, 2048.0)


def test_a_model_without_experts_has_none_in_its_step():
    evaluator = step("llama-8b", ranks=1)
    assert evaluator["expert_step_time"].item() == 0 and (evaluator["law_of_one_product"] == 1).all()


def test_the_grouped_product_replaces_the_two_of_the_experts():
    evaluator = step("qwen3-30b-a3b", ranks=1)
    alike = {"touched_share": "independent_share", "load_variation": "independent_variation"}
    evaluator = evaluator.with_inputs(**{name: evaluator[benchmark] for name, benchmark in alike.items()})
    layer = {
        "hidden_size": 2048,
        "intermediate_size": 768,
        "experts_per_token": 8,
        "experts": 128,
        "routing": "independent",
    }
    call = pd.DataFrame({"gpu": ["h100-sxm"], "tokens": 16, "dtype": "bfloat16"} | layer)
    (one,) = predict_kernel(call, "experts", "call", cold=True)[0]["latency_us"]
    assert evaluator["expert_step_time"].item() == pytest.approx(48 * one / 1e6, rel=1e-9)
    assert (evaluator["law_of_one_product"].ravel() == 0).sum() == len(EXPERT_PRODUCTS)
    amounts = {term.name: sum(evaluator[q].item() for q in term.quantities) for term in load_terms()}
    assert max(amounts, key=amounts.__getitem__) == "experts"
    assert sum(amounts.values()) == pytest.approx(evaluator["step_time"].item(), rel=1e-9)


@pytest.mark.parametrize("options", [{"ranks": 1}, {"ranks": 4, "expert_ranks": 2}])
def test_products_share_the_time_of_the_grouped_one_by_their_weights(options):
    """Gate and up hold two thirds of an expert's weights; all products together take what the step says."""
    evaluator = step("qwen3-30b-a3b", **options)
    names, times = list(load_formulas().products), evaluator["product_step_time"].ravel()
    grouped = evaluator["expert_step_time"].item()
    assert [times[names.index(name)] / grouped for name in EXPERT_PRODUCTS] == pytest.approx([2 / 3, 1 / 3])
    assert times.sum() == pytest.approx(evaluator["matrix_step_time"].item() + grouped, rel=1e-9)


def test_an_engine_that_was_not_measured_runs_experts_by_the_law_of_one_product():
    evaluator = step("qwen3-30b-a3b", engine="llama-cpp", ranks=1)
    assert evaluator["expert_step_time"].item() == 0 and (evaluator["law_of_one_product"] == 1).all()
    assert evaluator["matrix_step_time"].item() > 0


def test_a_prompt_pays_the_grouped_product_in_every_chunk():
    evaluator = step("qwen3-30b-a3b", ranks=1)
    assert evaluator["forward_pass_time"].item() > evaluator["expert_step_time"].item()


@pytest.mark.parametrize(
    ("model", "ranks", "spread", "words"),
    [
        ("qwen3-30b-a3b", 4, 3, "--ep: expected a divisor of the 4 GPUs and of the 128 experts .* valid --ep values: 1, 2, 4"),
        ("qwen3-30b-a3b", 16, 16, "--ep: expected at most 8, the GPUs of one node, got 16: experts over several nodes"),
        ("llama-8b", 2, 2, "--ep: expected 1, got 2: llama-3.1-8b has no experts to spread"),
    ],
)  # fmt: skip
def test_what_cannot_be_spread_is_refused_in_words(model, ranks, spread, words):
    with pytest.raises(InfeasibleDeploymentError, match=words):
        resolve_deployment(model, "h100-sxm", ranks=ranks, expert_ranks=spread)


def test_spreading_experts_is_an_answer_of_its_own():
    points = pd.DataFrame({"model": "qwen3-235b-a22b", "gpu": "h200-sxm", "tp": 8, "ep": [1, 8], "batch": 64})
    split, spread = predict(points)[0]["tpot_ms"]
    assert split != spread and 0.3 < spread / split < 3
    deployment = resolve_deployment("qwen3-235b-a22b", "h200-sxm", ranks=8, expert_ranks=8)
    assert "(experts over 8)" in deployment.label
    assert choose_grouped(deployment)[-1][1].measured_calls["gated-ep"] > 0


def test_points_name_the_row_that_cannot_be_spread():
    with pytest.raises(InputError, match="row 1: --ep: expected 1, got 4"):
        predict(pd.DataFrame({"model": ["llama-8b"], "gpu": "h100-sxm", "tp": 4, "ep": 4}))


def fit(kernel, dtype, calls, layers=(), version="1.0", max_tokens=None):
    return GroupedFit(kernel, dtype, {}, {}, version, calls, layers, max_tokens)


def test_a_kernel_is_chosen_by_kind_then_layer_then_version():
    fits = [
        fit("old", "fp8", {"gated": 900}, version="1.0"),
        fit("new", "fp8", {"gated": 500, "gated-ep": 10}, version="2.0"),
        fit("spread", "fp8", {"gated-ep": 500}, version="2.0"),
        fit("plain", "fp8", {"plain": 700}, version="2.0"),
        fit("own", "fp8_block", {"gated": 9}, ("a layer",)),
    ]
    assert select_grouped(fits, ("fp8",), "gated")[0].kernel == "new"
    assert select_grouped(fits, ("fp8",), "gated-ep")[0].kernel == "spread"
    assert select_grouped(fits, ("fp8",), "plain-ep")[0].kernel == "plain"
    assert select_grouped(fits, ("fp8", "fp8_block"), "gated", "a layer")[0].kernel == "own"
    assert select_grouped(fits, ("fp8",), "gated", kernel="old")[0].kernel == "old"
    assert select_grouped(fits, ("nvfp4",), "gated") == ()


def test_a_kernel_of_few_tokens_stands_before_that_of_any():
    fits = [fit("any", "nvfp4", {"gated": 9}), fit("few", "nvfp4", {"gated": 99}, max_tokens=128.0)]
    assert [f.kernel for f in select_grouped(fits, ("nvfp4",), "gated")] == ["few", "any"]
    assert [f.kernel for f in select_grouped(fits, ("nvfp4",), "plain")] == ["any"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dtype": "fp7"}, "dtype.*fp7"),
        ({"ep": 3}, "experts is no multiple of ep"),
        ({"experts_per_token": 200}, "experts_per_token is more than experts"),
        ({"routing": "zipf"}, "routing: expected balanced"),
        ({"engine": "llama-cpp"}, "experts of bfloat16 were not measured on h100-sxm under llama-cpp"),
    ],
)
def test_a_call_that_cannot_be_read_is_refused_with_its_row(change, words):
    layer = {"hidden_size": 2048, "intermediate_size": 768, "experts_per_token": 8, "experts": 128}
    call = pd.DataFrame({"gpu": ["h100-sxm"], "tokens": 16, "dtype": "bfloat16"} | layer | change)
    with pytest.raises(InputError, match=f"call: row 1: .*{words}"):
        predict_kernel(call, "experts", "call")
