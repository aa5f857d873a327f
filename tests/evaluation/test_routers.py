"""What a router that prefers some experts costs: less in a batch, whose weights are fewer; nothing alone."""

from dataclasses import replace

import numpy as np
import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme

BATCHES = np.array([1.0, 32.0, 4096.0])


def evaluator(model, variation, **options):
    deployment = resolve_deployment(model, "h100-sxm", ranks=8, **options)
    deployment = replace(deployment, model=deployment.model.with_router_variation(variation))
    return build_evaluator(deployment, load_scheme("none"), BATCHES, 1024.0)


def step_times(variation, **options):
    return evaluator("gpt-oss-120b", variation, **options)["step_time"].ravel()


def test_fewer_experts_are_read_in_a_batch():
    even, usual, uneven = (step_times(variation) for variation in (0.0, 1.1, 2.0))
    assert even[0] == pytest.approx(usual[0]) == pytest.approx(uneven[0])
    assert uneven[1] < usual[1] < 0.95 * even[1]
    assert usual[2] == pytest.approx(even[2], rel=0.02)


def test_a_step_is_less_certain_where_the_router_matters():
    """For one token, or for so many that all experts are read, it does not: wider between, and finite without experts."""
    spreads = evaluator("gpt-oss-120b", 1.1)["experts_spread"].ravel()
    law = evaluator("gpt-oss-120b", 1.1)["grouped_spread"].ravel()
    assert spreads[[0, 2]] == pytest.approx(np.broadcast_to(law, spreads.shape)[[0, 2]], rel=0.03)
    assert spreads[1] > 1.2 * np.broadcast_to(law, spreads.shape)[1]
    assert np.isfinite(evaluator("llama-3.1-8b", 1.1)["step_spread"]).all()


def test_the_busiest_gpu_of_several_computes_more():
    """With whole experts on every GPU, many tokens wait for the one that holds those preferred."""
    even, uneven = (step_times(variation, expert_ranks=8) for variation in (0.0, 1.1))
    assert uneven[2] > 1.05 * even[2]
