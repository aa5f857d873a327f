"""Which points are measured, in which order, what a point's time is, and what a small budget leaves."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import standing_engine

from calibration.engine import bench_points, measure
from calibration.engine.bench_points import DecodePoint
from calibration.engine.interface import Setup, Steps
from calibration.engine.step_times import step_time
from costmodel.errors import InputError

SETUP = Setup(Path("config.json"), "fp8", 0.9, 256, 8192)
FACTS = standing_engine.Engine(SETUP).facts


def test_points_fill_the_pool_and_no_more():
    points = bench_points.decode_points(FACTS, 256)
    assert len(points) == len(set(points)) == 38
    assert max(point.batch for point in points) == 256 and DecodePoint(1, 131_072 - 128) in points
    for point in points:
        tokens = point.batch * math.ceil((point.prompt_len + 32) / 16) * 16
        assert tokens < FACTS.pool_tokens and point.prompt_len + 32 <= FACTS.max_context


def test_the_pools_own_largest_batch_is_among_the_points():
    largest = max(point.batch for point in bench_points.decode_points(FACTS, 256) if point.prompt_len == 8192)
    assert largest == (FACTS.pool_tokens - 16) // (8192 + 32) == 24


def test_a_few_points_already_span_batch_and_context():
    few = bench_points.decode_points(FACTS, 256)[:8]
    assert few[0] == DecodePoint(1, 2048)
    assert {1, 256} <= {point.batch for point in few}
    assert max(p.prompt_len for p in few) / min(p.prompt_len for p in few) >= 250
    assert max(p.batch * p.prompt_len for p in few) > FACTS.pool_tokens / 2


@pytest.mark.parametrize(
    ("pool", "limit", "batch"), [(1_000, 131_072, 1), (100_000, 1_024, 128), (100_000, 131_072, 4)]
)
def test_small_pools_limits_and_batches_are_kept_to(pool, limit, batch):
    facts = replace(FACTS, pool_tokens=pool, max_context=limit)
    points = bench_points.decode_points(facts, batch)
    assert points and all(p.batch * (p.prompt_len + 32) <= pool and p.batch <= batch for p in points)
    assert all(p.prompt_len + 32 <= limit for p in points)
    requests, prompt_len, generated = bench_points.burst_shape(facts, batch) or (0, 0, 0)
    assert requests * (prompt_len + generated) <= pool and requests <= batch


def test_a_pool_that_holds_nothing_is_said():
    engine = standing_engine.Engine(SETUP)
    engine.facts = replace(FACTS, pool_tokens=400)
    with pytest.raises(InputError, match="pool of 400 tokens"):
        list(measure.measure(engine, SETUP, 60))


def test_repeats_are_the_smallest_the_middle_and_the_largest():
    points = bench_points.decode_points(FACTS, 256)
    again = bench_points.repeated_points(points)
    sizes = [point.batch * point.prompt_len for point in points]
    assert len(again) == 3 and again[0].batch * again[0].prompt_len == min(sizes)
    assert again[-1].batch * again[-1].prompt_len == max(sizes)
    assert bench_points.repeated_points(points[:1]) == points[:1]


def test_a_step_is_the_median_of_whole_batches_after_the_first_four():
    seconds = (9.0, 9.0, 9.0, 9.0, 9.0, *(0.001 * k for k in range(1, 12)), 8.0)
    steps = Steps(seconds, (3, 4, 4, 4, 4, *(4,) * 11, 2), (0.1,) * 4)
    time = step_time(steps, 4, 1000)
    assert (time.step_ms, time.steps) == (6.0, 11) and time.step_ms_q25 == 3.5 and time.step_ms_q75 == 8.5
    assert time.context == 1000 + 4 + 5  # tokens that the middle one of the steps kept reads


def test_a_batch_that_never_ran_together_is_no_point():
    with pytest.raises(
        InputError, match=r"batch 4, prompt 1,000: expected at least 10 steps of 4 tokens, got tokens 3, 3"
    ):
        step_time(Steps((0.1,) * 24, (3,) * 24, (0.1,) * 4), 4, 1000)


@pytest.mark.parametrize(
    ("budget", "points", "first_tokens", "kernels"), [(0.1, 8, 1, 2), (20, 32, 2, 4), (1000, 38, 4, 4)]
)
def test_the_budget_bounds_the_points_but_never_below_eight(budget, points, first_tokens, kernels):
    engine, now = standing_engine.Engine(SETUP), [0.0]

    def clock() -> float:
        now[0] += 0.5  # every look at the clock is half a second later: one decode point takes as long
        return now[0]

    rows = list(measure.measure(engine, SETUP, budget, clock))
    kinds = [row["what"] for row in rows]
    assert kinds[0] == "start" and kinds[-1] == "end" and kinds.count("burst") == 1
    assert sum(row["what"] == "step" and not row["repeat"] for row in rows) == points
    assert sum(row["what"] == "step" and row["repeat"] for row in rows) == 3
    assert kinds.count("first token") == first_tokens and kinds.count("kernels") == kernels


def test_a_batch_that_does_not_run_together_is_left_out_and_the_others_stay():
    engine = standing_engine.Engine(SETUP)
    whole = engine.decode_steps

    def decode_steps(batch: int, prompt_len: int, new_tokens: int) -> Steps:
        steps = whole(batch, prompt_len, new_tokens)
        return replace(steps, tokens=(batch - 1,) * new_tokens) if batch > 100 else steps

    engine.decode_steps = decode_steps
    rows = list(measure.measure(engine, SETUP, 1000))
    left_out = [row["reason"] for row in rows if row["what"] == "left out"]
    batches = [row["batch"] for row in rows if row["what"] == "step"]
    assert max(batches) <= 100 and len(batches) > 30 and rows[-1]["what"] == "end"
    assert left_out[0].startswith("batch 256, prompt 512: expected at least 10 steps of 256 tokens, got tokens 255")


def test_an_engine_that_runs_no_whole_batch_is_refused():
    engine = standing_engine.Engine(SETUP)
    engine.decode_steps = lambda batch, prompt_len, new_tokens: Steps((1.0,), (0,), ())
    with pytest.raises(InputError, match="no decode point ran with its whole batch"):
        list(measure.measure(engine, SETUP, 1))


def test_a_first_token_that_would_exceed_the_budget_is_left_out():
    engine, now = standing_engine.Engine(SETUP), [0.0]

    def first_token(prompt_len: int) -> float:
        now[0] += prompt_len / 1024
        return prompt_len / 1024

    engine.first_token = first_token
    rows = list(measure.measure(engine, SETUP, 40, lambda: now[0]))
    # 2K takes 6 s, 512 1.5 s, 8K 24 s; 32K is expected to take 192 s, of which 8.5 s are left.
    assert [row["prompt_len"] for row in rows if row["what"] == "first token"] == [2048, 512]
    assert rows[-1]["what"] == "end"
