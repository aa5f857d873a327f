"""A kernel that takes exactly its budget ties the two steps; the budget and the kernel's time are counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.analyses.kernel_budget import kernel_budget
from costmodel.errors import UnknownName
from costmodel.evaluation.ask.compare import full_step, same_step
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.step import compare_steps
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.evidence import is_decisive

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
SCHEMES = ("fp8", "int8", "kivi-2bit", "h2o", "quest", "hf-quantized", "turboquant-4bit", "hypothetical[saving=0.3]")


def compared(scheme, batch, context, step_of=same_step, deployment=HERE):
    sides = (build_passes(deployment, load_scheme(s), np.asarray(batch), np.asarray(context)) for s in (scheme, "none"))
    evaluator = compare_steps(*map(step_of, sides))
    return lambda name: drop_model_axes(evaluator[name])


@pytest.mark.parametrize("scheme", SCHEMES)
@given(batch=st.integers(1, 256), context=st.integers(100, 131072))
def test_a_kernel_that_takes_its_budget_ties_the_steps(scheme, batch, context):
    at = compared(scheme, float(batch), float(context))
    tied = at("rest_time") + at("kernel_budget") * at("cached_work")
    np.testing.assert_allclose(tied, at("baseline_step_time"), rtol=1e-12)
    np.testing.assert_allclose(at("rest_time") + at("attention_step_time"), at("step_time"), rtol=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_at_its_own_batch_it_ties_tokens_a_second(scheme):
    at = compared(scheme, 1.0, 2.0 ** np.arange(10, 18), full_step)
    tied = at("rest_time") + at("kernel_budget") * at("cached_work")
    np.testing.assert_allclose(at("batch") / tied, at("baseline_batch") / at("baseline_step_time"), rtol=1e-12)


def test_a_kernels_time_is_counted_by_the_heads_of_the_16_bit_cache():
    """Llama 3.1 8B: 32 layers of 8 KV heads, on two GPUs of 4; the same count for a scheme that reads few tokens."""
    for ranks, heads in ((1, 8), (2, 4)):
        deployment = HERE.with_options(ranks=ranks)
        for scheme in ("none", "fp8", "h2o"):
            at = compared(scheme, 16.0, 8192.0, deployment=deployment)
            work = 32 * heads * 16 * 8192
            assert at("cached_work").item() == work
            assert at("kernel_time").item() == pytest.approx(at("attention_step_time").item() / work, rel=1e-12)


def test_more_gpus_than_heads_hold_one_head_each():
    deployment = resolve_deployment("llama-3.1-8b", "gb200", ranks=16, engine="vllm")
    assert compared("fp8", 4.0, 4096.0, deployment=deployment)("cached_work").item() == 32 * 1 * 4 * 4096


def test_layers_with_a_window_do_not_count():
    """Gemma 3 27B: 10 of 62 layers see the whole context, 16 KV heads."""
    deployment = resolve_deployment("gemma-3-27b", "h100-sxm", ranks=1, engine="vllm")
    assert compared("fp8", 2.0, 32768.0, deployment=deployment)("cached_work").item() == 10 * 16 * 2 * 32768


def test_a_free_kernel_loses_where_the_rest_of_the_step_is_longer():
    """10 ms beside attention on a step of 7 ms: at batch 1 no kernel helps; the tie would need a negative time."""
    scheme = "hypothetical[saving=0,overhead=10ms]"
    budget = kernel_budget(HERE, scheme, 1.0, np.array([1024.0, 8192]))
    at = compared(scheme, 1.0, np.array([1024.0, 8192]))
    assert (budget.latency < 0).all() and (at("rest_time") > at("baseline_step_time")).all()
    assert (at("speedup") < 1).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_kernel_below_its_budget_is_a_speedup(scheme):
    batch, context = np.array([1.0, 16, 128])[:, None], 2.0 ** np.arange(9, 18)
    at = compared(scheme, batch, context)
    assert ((at("kernel_time") < at("kernel_budget")) == (at("speedup") > 1)).all()


def test_the_table_holds_what_exists_and_what_could():
    budget = kernel_budget(HERE, "int8", np.array([1.0, 64])[:, None], np.array([2048.0, 8192]))
    found = {kernel.name: kernel.evidence for kernel in budget.kernels}
    assert found == {"none, vllm": "measured", "ideal": "ideal", "compiled": "compiled", "vllm--int8": "measured"}
    assert all(kernel.seconds.shape == budget.latency.shape == (2, 2) for kernel in budget.kernels)
    of = {kernel.name: kernel.seconds for kernel in budget.kernels}
    assert (of["ideal"] <= of["compiled"]).all() and (of["ideal"] < of["vllm--int8"]).all()
    assert "slow end" in budget.slow_end and "measured" in budget.slow_end


def test_only_what_somebody_measured_stands_beside_the_estimates():
    for scheme in ("fp8", "kivi-2bit", "turboquant-4bit", "int8+streaming-llm"):
        others = [
            k for k in kernel_budget(HERE, scheme, 8.0, 8192.0).kernels[1:] if k.name not in ("ideal", "compiled")
        ]
        assert all(is_decisive(kernel.evidence) for kernel in others), scheme
    assert [k.name for k in kernel_budget(HERE, "kivi-2bit", 8.0, 8192.0).kernels] == [
        "none, vllm",
        "ideal",
        "compiled",
    ]


def test_the_baseline_runs_at_the_same_points_whatever_the_implementation():
    seconds = {
        kernel_budget(HERE.with_options(implementation=word), "kivi-2bit", 8.0, 8192.0).kernels[0].seconds.item()
        for word in ("shipped", "compiled", "ideal")
    }
    assert len(seconds) == 1


def test_a_scheme_that_no_file_has():
    with pytest.raises(UnknownName, match="kivi"):
        kernel_budget(HERE, "kvi", 1.0, 1024.0)
