"""The race of eviction and codec: rates by hand, and the wait of a flush against a simulated queue."""

import numpy as np
import pytest

from costmodel import stress
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")


def columns_of(scheme: str, batches=(8.0,)):
    return stress.run_test(stress.load_test("race"), DEPLOYMENT, [scheme], list(batches)).curves[0].columns


def test_scores_are_three_kernels_and_three_passes_over_four_bytes():
    h2o = columns_of("h2o[budget=2048]")
    step = build_evaluator(DEPLOYMENT, load_scheme("h2o[budget=2048]"), 8.0, 8192.0, prompt=8192.0)
    floor, rate = (float(drop_model_axes(step[name])) for name in ("kernel_floor", "copy_efficiency"))
    rate *= float(drop_model_axes(step["hbm_bandwidth"]))
    scores = 3 * floor + 8 * 32 * 2048 * 3 * 4 / rate  # 32 query heads
    moves = 2 * 8 * 8 * (512 + 4) / rate  # one token of 8 heads, read and written
    assert h2o["deciding_step_time"][0] == pytest.approx(32 * (scores + moves), rel=1e-6)
    assert h2o["encode_step_time"][0] == 0 and np.isnan(h2o["encoding_rate"][0])


def test_a_flush_takes_as_long_as_the_tokens_that_it_encodes():
    kivi = columns_of("kivi-2bit[residual=128]")
    assert kivi["flush_step_time"][0] == pytest.approx(128 * kivi["encode_step_time"][0])
    assert kivi["encoding_rate"][0] == pytest.approx(8 / kivi["encode_step_time"][0])
    assert kivi["deciding_step_time"][0] == 0


def test_loads_grow_with_the_batch_until_attention_does():
    loads = columns_of("h2o", (1.0, 16.0, 256.0))["deciding_load"]
    assert (np.diff(loads) > 0).all()


def test_a_wait_is_that_of_a_queue_with_deterministic_service():
    """Poisson flushes and a service of one flush each: ρ/(2(1 − ρ)) services, here at ρ = 0.6."""
    draw, load, clock, waits = np.random.default_rng(0), 0.6, 0.0, []
    free = 0.0
    for gap in draw.exponential(1 / load, 200_000):
        clock += gap
        waits.append(max(free - clock, 0.0))
        free = max(free, clock) + 1.0
    kivi = build_evaluator(DEPLOYMENT, load_scheme("kivi-2bit"), 8.0, 8192.0, prompt=8192.0)
    queued = kivi.with_inputs(encoding_load=np.array(load), flush_step_time=np.array(1.0))
    assert float(drop_model_axes(queued["encoding_wait"])) == pytest.approx(np.mean(waits), rel=0.03)


def test_sentences_tell_which_is_slower():
    result = stress.run_test(stress.load_test("race"), DEPLOYMENT, ["none", "kivi-2bit", "h2o", "h2o+kivi-4bit"])
    summaries = result.summaries
    assert summaries["none"].startswith("nothing to decide and nothing to encode")
    assert (
        summaries["kivi-2bit"].startswith("nothing to decide; encoding takes")
        and "the step that flushes" in summaries["kivi-2bit"]
    )
    assert summaries["h2o"].startswith("nothing to encode; deciding takes")
    assert "slower and keeps up" in summaries["h2o+kivi-4bit"]
