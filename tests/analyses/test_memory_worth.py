"""What a freed GiB is worth: by hand from two batches; nothing where the scheduler binds, little where the step is attention."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.analyses.memory_worth import SATURATED, memory_worth
from costmodel.errors import InputError
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
TOKEN = 131_072  # bytes of a token at 16 bit


def throughput(batch, context: float) -> np.ndarray:
    step = build_evaluator(DEPLOYMENT, load_scheme("none"), batch, context, prompt=context)
    return drop_model_axes(step["throughput"])


def test_a_gib_holds_a_quarter_of_a_sequence_of_32k():
    worth = memory_worth(DEPLOYMENT, "none", [1], 32_768.0)
    assert worth.limit == "memory" and worth.largest == 13
    before, after = throughput(np.array([13.0, 13.25]), 32_768.0)
    assert 2**30 / (32_768 * TOKEN) == 0.25
    assert worth.worth == pytest.approx(after - before) and worth.worth > 0


def test_memory_buys_nothing_where_the_scheduler_binds():
    worth = memory_worth(DEPLOYMENT, "h2o[budget=64]", [1], 32_768.0)
    assert worth.limit == "scheduler" and worth.worth == 0 and "buys nothing" in worth.text


def test_saturation_is_where_twice_the_batch_gives_less_than_a_tenth_more():
    saturation = memory_worth(DEPLOYMENT, "none", [1], 8192.0).saturation
    below, at = throughput(2 * np.array([saturation - 1, saturation]), 8192.0) / throughput(
        np.array([saturation - 1, saturation]), 8192.0
    )
    assert at < SATURATED <= below


def test_the_longer_the_context_the_sooner_it_is_saturated():
    batches = [
        memory_worth(DEPLOYMENT, "none", [1], context).saturation for context in (2048.0, 8192.0, 32_768.0, 131_072.0)
    ]
    assert batches == sorted(batches, reverse=True) and batches[-1] < 10


def test_the_use_of_the_device_at_batch_1_is_the_weights_once():
    """16-bit weights of 7.5 G parameters (all but the input embedding) and 1K tokens of cache, over the step and 3.35 TB/s."""
    (point,) = memory_worth(DEPLOYMENT, "none", [1], 1024.0).points
    weights = 2 * (8.03e9 - 128_256 * 4096)
    assert point.bandwidth_use == pytest.approx((weights + 1024 * TOKEN) / (point.step * 3.35e12), rel=0.02)
    assert point.arithmetic_use == pytest.approx(weights / (point.step * 989.4e12), rel=0.05)
    assert point.fits and point.throughput == pytest.approx(1 / point.step)


@given(st.integers(1, 512), st.sampled_from([64.0, 1024.0, 16_384.0, 131_072.0]))
@settings(max_examples=20, deadline=None)
def test_no_step_uses_more_than_there_is(batch, context):
    (point,) = memory_worth(DEPLOYMENT, "none", [batch], context).points
    assert 0 < point.bandwidth_use < 1 and 0 < point.arithmetic_use < 1


@pytest.mark.parametrize(("batch", "context"), [(0, 1024.0), (1, -1.0), (1, math.nan)])
def test_what_cannot_be_is_refused(batch, context):
    with pytest.raises(InputError, match="expected numbers above 0"):
        memory_worth(DEPLOYMENT, "none", [batch], context)
