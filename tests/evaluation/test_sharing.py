"""Many schemes at once say what each says alone, and a scheme that changes the products is not given those of another."""

import numpy as np
import pytest

from costmodel.analyses.largest_batch import Objective, within
from costmodel.analyses.regime import regimes
from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.shared_terms import build_evaluators, terms_of_no_scheme
from costmodel.evaluation.compile import compiled

BATCH, CONTEXT = np.array([1.0, 3, 64, 300]), np.array([777.0, 4096, 50000])
SCHEMES = ["fp8", "h2o", "pyramidkv", "quest", "gqa", "fp8+streaming-llm"]


@pytest.mark.parametrize("model", ["llama-3.1-8b", "gemma-3-27b", "deepseek-v3"])
def test_regimes_are_what_the_outputs_say(model):
    deployment = resolve_deployment(model, "h200-sxm", engine="vllm")
    same, own = (regimes(deployment, SCHEMES, BATCH, CONTEXT, c, output=None) for c in ("same-batch", "own-batch"))
    for scheme, cell, line in zip(map(compiled.load_scheme, SCHEMES), same, own, strict=True):
        pair = [
            build_passes(deployment, each, BATCH[:, None], CONTEXT[None, :])
            for each in (scheme, compiled.load_scheme(scheme.baseline))
        ]
        due = compute_columns(pair[0], pair[1])
        for name, largest in (("speedup", cell.ratio), ("speedup_lo", cell.low), ("speedup_hi", cell.high)):
            assert np.allclose(largest, due[name], rtol=1e-12), (model, scheme.id, name)
        assert (cell.binding == due["binding_term"]).all()
        capacity = np.broadcast_to(due["speedup_capacity"], cell.ratio.shape)[0]
        assert np.allclose(line.ratio[0], capacity, rtol=1e-12, equal_nan=True)


def test_the_largest_batch_within_an_objective_is_the_largest_of_all_that_fit():
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", engine="vllm")
    for name in ("none", "fp8", "gqa"):
        scheme = compiled.load_scheme(name)
        largest = within(deployment, scheme, CONTEXT, Objective(tpot=0.012, ttft=5.0))[0]
        batch = np.arange(1.0, 257)
        passes = build_passes(deployment, scheme, batch[:, None], CONTEXT[None, :])
        fine = (drop_model_axes(passes.step["step_time"]) <= 0.012) & (
            drop_model_axes(passes.prompt["prefill_time"]) <= 5.0
        )
        fine = fine & (batch[:, None] <= drop_model_axes(passes.pool["max_batch"]))
        assert (largest == np.where(fine, batch[:, None], 0).max(axis=0)).all() and largest.max() > 1


def test_what_is_shared_is_no_schemes_own():
    shared = terms_of_no_scheme()
    assert {"matrix_step_time", "communication_step_time", "small_kernel_time", "pool_room"} <= shared
    assert not shared & {"step_time", "attention_step_time", "codec_step_time", "work_units", "max_batch"}


def test_steps_that_share_terms_are_those_of_each_alone():
    deployment = resolve_deployment("qwen3-30b-a3b", "h200-sxm", ranks=1)
    schemes = [compiled.load_scheme(name) for name in ("none", "pyramidkv", "kivi-2bit")]
    for scheme, step in zip(schemes, build_evaluators(deployment, schemes, BATCH, 5000.0), strict=True):
        alone = build_evaluator(deployment, scheme, BATCH, 5000.0)
        for name in ("step_time", "step_spread", "max_batch"):
            np.testing.assert_allclose(step[name], alone[name], rtol=1e-13)
