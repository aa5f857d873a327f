"""The leaping replay against one that takes every step, and against queues that are known by hand."""

import json
from collections import deque
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.errors import InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.admission import Admission
from costmodel.stress.replay import Arrivals, Costs, Scheduler, costs_of, from_trace, random_arrivals
from costmodel.stress.replay.arrivals import MAX_REQUESTS
from costmodel.traces import Request

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
STEP, PREFILL = 0.01, 0.05
GRID = [1.0, 1e6]
# Every step and every prompt take the same time, so that leaping over steps rounds nothing.
COSTS = Costs(
    blocks=40, block_size=4, cap=float("inf"), fixed=0.0, max_sequences=8, max_batched_tokens=10_000,
    swap_block_time=0.001, batch_grid=GRID, context_grid=GRID, step_table=[[STEP] * 2] * 2, forward_table=[STEP] * 2,
    prefill_grid=GRID, prefill_table=[PREFILL] * 2,
)  # fmt: skip


def step_by_step(costs: Costs, arrivals: Arrivals):
    """The same policy, one step at a time, with every length and every block counted: (first tokens, preemptions, steps)."""
    waiting, running, now, steps = deque(), [], 0.0, 0
    length = {}
    made = [0] * len(arrivals)
    first, preempted = [np.nan] * len(arrivals), [0] * len(arrivals)
    following = 0

    def held() -> int:
        return sum(costs.blocks_of(length[request]) for request in running)

    def advance(blocks: float) -> None:
        while running and sum(costs.blocks_of(length[request] + 1) for request in running) > blocks:
            newest = running.pop()
            preempted[newest] += 1
            waiting.appendleft(newest)
        for request in list(running):
            length[request] += 1
            made[request] += 1
            if made[request] == arrivals.output[request]:
                running.remove(request)

    while following < len(arrivals) or waiting or running:
        while following < len(arrivals) and arrivals.time[following] <= now + 1e-12:
            waiting.append(following)
            following += 1
        chosen, used = [], held()
        while waiting and len(running) + len(chosen) < costs.max_sequences:
            request = waiting[0]
            needed = costs.blocks_of(arrivals.prompt[request] + made[request] + 1)
            if used + needed > costs.blocks:
                break
            used += needed
            chosen.append(waiting.popleft())
        if chosen:
            assert held() <= costs.blocks
            reserved = sum(costs.blocks_of(arrivals.prompt[r] + made[r] + 1) for r in chosen)
            advance(costs.blocks - reserved)
            now, steps = now + PREFILL, steps + 1
            for request in chosen:
                if np.isnan(first[request]):
                    first[request] = now
                length[request] = arrivals.prompt[request] + made[request] + 1
                made[request] += 1
                if made[request] < arrivals.output[request]:
                    running.append(request)
        elif running:
            advance(costs.blocks)
            now, steps = now + STEP, steps + 1
        elif following < len(arrivals):
            now = arrivals.time[following]
    return np.array(first) - arrivals.time, preempted, steps


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30), st.integers(1, 60)), min_size=1, max_size=14),
    st.integers(24, 60),
)
def test_leaps_change_nothing(rows, blocks):
    rows = sorted(rows)
    time, prompt, output = (np.array(column) for column in zip(*rows, strict=True))
    never_at_a_step = np.cumsum(0.0137 + 0.00021 * np.arange(len(time)))
    arrivals = Arrivals((time + never_at_a_step) * STEP, prompt, output)
    costs = replace(COSTS, blocks=blocks)
    replayed = Scheduler(costs, arrivals).run()
    first, preempted, steps = step_by_step(costs, arrivals)
    assert replayed.refused == 0
    assert replayed.preemptions.tolist() == preempted
    assert replayed.first_token == pytest.approx(first, abs=1.5 * STEP)
    assert abs(replayed.steps - steps) <= len(rows)


def test_a_lone_request_takes_its_prompt_and_its_steps():
    replayed = Scheduler(COSTS, Arrivals(np.array([1.0]), np.array([10]), np.array([21]))).run()
    assert replayed.first_token == pytest.approx([PREFILL]) and replayed.later_token == pytest.approx([STEP])
    assert replayed.seconds == pytest.approx(1 + PREFILL + 20 * STEP) and replayed.preemption_rate == 0


def test_requests_wait_for_blocks_in_the_order_of_their_arrival():
    """Each takes 20 of 40 blocks at its start: two run, the third begins when one of them ends."""
    arrivals = Arrivals(np.zeros(3), np.array([76, 76, 76]), np.array([4, 4, 4]))
    replayed = Scheduler(COSTS, arrivals).run()
    assert replayed.first_token[:2] == pytest.approx([PREFILL] * 2)
    assert replayed.first_token[2] == pytest.approx(PREFILL + 3 * STEP + PREFILL)
    assert replayed.overflow == pytest.approx(3 / 6)  # of the decode steps, those in which the third waits


def test_the_newest_is_preempted_where_the_pool_is_full():
    arrivals = Arrivals(np.zeros(2), np.array([70, 70]), np.array([40, 40]))
    replayed = Scheduler(COSTS, arrivals).run()
    assert replayed.preemptions.tolist() == [0, 1]
    assert not np.isnan(replayed.first_token).any()


def test_an_engine_that_reserves_outputs_never_preempts():
    no_evict = Admission("guaranteed-no-evict", "test", 1.0, 1.0)
    arrivals = random_arrivals(60, 40.0, 1.0, (30, 0.5), (30, 0.5), seed=3)
    assert Scheduler(COSTS, arrivals, no_evict).run().preemption_rate == 0
    assert Scheduler(COSTS, arrivals).run().preemption_rate > 0


def test_what_never_fits_is_refused():
    replayed = Scheduler(COSTS, Arrivals(np.zeros(2), np.array([500, 10]), np.array([5, 5]))).run()
    assert replayed.refused == 1 and np.isnan(replayed.first_token[0]) and not np.isnan(replayed.first_token[1])


def test_a_cache_with_a_budget_stops_to_grow():
    capped = replace(COSTS, cap=16.0)
    replayed = Scheduler(capped, Arrivals(np.zeros(8), np.full(8, 12), np.full(8, 200))).run()
    assert replayed.preemption_rate == 0 and replayed.refused == 0


def test_tables_are_those_of_the_formulas():
    none, fp8, h2o = (costs_of(DEPLOYMENT, load_scheme(name)) for name in ("none", "fp8", "h2o[budget=2048]"))
    assert none.blocks_of(1600) == 100 and np.isinf(none.cap) and none.fixed == 0
    assert fp8.blocks == pytest.approx(2 * none.blocks, rel=0.02)
    assert h2o.cap == pytest.approx(2048, rel=0.02)
    assert none.step(8, 8192) == pytest.approx(9.41e-3, rel=0.02)  # the decode step at batch 8, 8K


def test_a_small_cache_serves_a_load_that_the_baseline_queues():
    arrivals = random_arrivals(400, 6.0, 1.0, (8000, 0.5), (500, 1.0), seed=1)
    plain, coded = (Scheduler(costs_of(DEPLOYMENT, load_scheme(name)), arrivals).run() for name in ("none", "fp8"))
    assert np.nanpercentile(coded.first_token, 95) < np.nanpercentile(plain.first_token, 95)
    assert coded.preemption_rate <= plain.preemption_rate


@pytest.mark.parametrize("dispersion", [0.5, 1.0, 8.0])
def test_random_arrivals_have_their_rate_and_dispersion(dispersion):
    arrivals = random_arrivals(40_000, 5.0, dispersion, (100, 1.0), (50, 0.0), seed=2)
    assert arrivals.rate == pytest.approx(5.0, rel=0.05) and arrivals.dispersion == pytest.approx(dispersion, rel=0.1)
    assert arrivals.prompt.mean() == pytest.approx(100, rel=0.03) and set(arrivals.output) == {50}


def test_a_trace_may_be_sped_up():
    rows = [Request(10.0, 5.0, 2.0), Request(30.0, 0.0, 0.0)]
    arrivals = from_trace(rows, "test", speed=4.0)
    assert arrivals.time.tolist() == [0.0, 5.0] and arrivals.prompt.tolist() == [5, 1]
    with pytest.raises(InputError, match="at least 2 requests"):
        from_trace(rows[:1], "test")
    assert from_trace(rows[:1] * MAX_REQUESTS, "test").remarks == ()
    assert from_trace(rows[:1] * (MAX_REQUESTS + 1), "test").remarks == (
        "the first 200,000 requests of a longer trace",
    )


@pytest.mark.parametrize(
    ("options", "due"),
    [
        ("--rate 0", "--rate: expected a number above 0"),
        ("--prompt 2K,-1", "--prompt: expected tokens"),
        ("--output many", "--output: expected a number"),
        ("--requests 1", "--requests: expected 2 to 200,000"),
        ("--speed 2", "--speed belongs to a trace"),
    ],
)
def test_a_mistake_is_told_with_the_option(options, due):
    from costmodel.cli import app

    with pytest.raises(InputError, match=due):
        app.app(["replay", "--model", "llama-8b", "--gpu", "h100-sxm", *options.split()], standalone_mode=False)


def test_the_command_line_prints_percentiles(capsys):
    from costmodel.cli import app

    command = "replay --model llama-8b --gpu h100-sxm --requests 50 --scheme none --json"
    app.app(command.split(), standalone_mode=False)
    (row,) = json.loads(capsys.readouterr().out)["schemes"]
    assert row["ttft_ms_p50"] <= row["ttft_ms_p95"] <= row["ttft_ms_p99"] and row["refused"] == 0
