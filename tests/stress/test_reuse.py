"""Hit rates: the closed form against exact replay, replays against hand-made references and against each other."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.errors import InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.stress.reuse import (
    collect_references,
    infinite_hit_rate,
    measure_intervals,
    references,
    replay_lru,
    replay_optimal,
)
from costmodel.stress.reuse.analysis import hit_rates
from costmodel.stress.reuse.forecast import Forecast
from costmodel.stress.reuse.prediction import Prediction, predict_reuse
from costmodel.traces import Request

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
SHARED = Path(os.environ.get("COSTMODEL_SHARED", Path(__file__).parents[3] / "shared")) / "data"
needs_traces = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the traces of the shared data folder")
FILLER = [[10_000 + index] for index in range(16)]


def of(prompts):
    return collect_references([Request(0.0, 512.0 * len(p), 1.0, tuple(p)) for p in prompts], "test")


def popular(seed: int, requests: int = 6000, blocks: int = 3000, exponent: float = 0.9):
    """Independent references of a Zipf popularity: the case for which Che's approximation is known to be sharp."""
    weight = 1 / np.arange(1, blocks + 1) ** exponent
    drawn = np.random.default_rng(seed).choice(blocks, size=(requests, 2), p=weight / weight.sum())
    return of([[int(block)] for block in drawn.ravel()])


@pytest.mark.parametrize("capacity", [30, 100, 300, 1000])
def test_independent_references_are_predicted_within_a_point(capacity):
    trace = popular(1)
    predicted = float(measure_intervals(trace.half(0)).hit_rate(capacity))
    assert predicted == pytest.approx(replay_lru(trace.half(0), trace.half(1), capacity), abs=0.01)


def test_a_sample_of_blocks_stands_for_all(monkeypatch):
    whole = popular(2)
    monkeypatch.setattr(references, "MAX_REFERENCES", 7000)
    sampled = popular(2)
    assert sampled.rate == 0.5 and sampled.total == whole.total and len(sampled.blocks) < 7000
    for capacity in (200, 600):
        assert float(measure_intervals(sampled).hit_rate(capacity)) == pytest.approx(
            float(measure_intervals(whole).hit_rate(capacity)), abs=0.05
        )


def test_a_block_that_all_share_does_not_stand_for_others(monkeypatch):
    """Every prompt begins with one block (a system prompt) and goes on with two of its own, so that a third hits.

    A sample of half of the blocks that holds that one would count it twice, one without it not at all.
    """
    monkeypatch.setattr(references, "MAX_REFERENCES", 9000)
    of_half = references._sampled(np.arange(20_000, 20_050), 0.5)
    for is_held in (True, False):
        shared = 20_000 + int(np.flatnonzero(of_half == is_held)[0])
        sampled = of([[shared, 2 * index, 2 * index + 1] for index in range(4000)])
        assert sampled.rate == 0.5 and sampled.total == 12000
        assert len(sampled.blocks) / 6000 == pytest.approx(4 / 3 if is_held else 2 / 3, abs=0.02)
        halves = sampled.half(0), sampled.half(1)
        for capacity in (50, 500):
            assert replay_lru(*halves, capacity) == pytest.approx(1 / 3, abs=0.02)
            assert float(measure_intervals(halves[0]).hit_rate(capacity)) == pytest.approx(1 / 3, abs=0.02)
        assert infinite_hit_rate(*halves) == pytest.approx(1 / 3, abs=0.02)


def test_a_cycle_needs_room_for_all_of_it():
    """LRU over 0 1 2 3 0 1 2 3 …: nothing hits in three blocks, everything in four; the optimum keeps three of the four."""
    trace = of([[block] for _ in range(40) for block in range(4)])
    halves = trace.half(0), trace.half(1)
    assert replay_lru(*halves, 3) == 0 and replay_lru(*halves, 4) == 1
    assert replay_optimal(*halves, 3) == pytest.approx(3 / 4, abs=0.03)
    assert infinite_hit_rate(*halves) == 1
    intervals = measure_intervals(trace)
    assert float(intervals.hit_rate(3)) == 0 and float(intervals.hit_rate(5)) > 0.95


def test_a_prompt_hits_up_to_its_first_missing_block():
    first, second = of([*FILLER, [1, 2, 3]]), of([[1, 9, 3], *FILLER])
    assert replay_lru(first, second, 1000) == pytest.approx((1 + len(FILLER)) / (3 + len(FILLER)))


def test_the_end_of_a_prompt_is_evicted_first():
    first, second = of([*FILLER, [1, 2, 3, 4]]), of([[1, 2], *([index] for index in range(500, 516))])
    assert replay_lru(first, second, 2) == pytest.approx(2 / 18)  # 3 and 4 are gone, 1 and 2 are there


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True), min_size=20, max_size=60),
    st.integers(1, 20),
)
def test_no_policy_beats_the_optimum_nor_a_cache_that_never_forgets(prompts, capacity):
    trace = of(prompts)
    halves = trace.half(0), trace.half(1)
    single = of([[block] for prompt in prompts for block in prompt])
    parts = single.half(0), single.half(1)
    assert replay_lru(*parts, capacity) <= replay_optimal(*parts, capacity) + 1e-12 <= infinite_hit_rate(*parts) + 2e-12
    assert replay_lru(*halves, capacity) <= infinite_hit_rate(*halves) + 1e-12
    assert replay_lru(*parts, capacity) <= replay_lru(*parts, capacity + 5) + 1e-12  # LRU is a stack policy


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=40, max_size=120), st.integers(1, 12))
def test_the_prediction_is_a_rate_that_grows_with_the_cache(blocks, capacity):
    intervals = measure_intervals(of([[block] for block in blocks]))
    assert 0 <= intervals.hit_rate(capacity) <= intervals.hit_rate(capacity + 1) <= intervals.ceiling <= 1
    prediction = Prediction(intervals, (intervals,) * 4, None, (8, 8), (0.0,) * 4)
    assert prediction.working_set(0.5) <= prediction.working_set(0.9)


def test_blocks_that_still_wait_are_not_taken_for_lost():
    """Each block comes twice, 1,000 apart: half of the references are repeated, though the trace cuts 1,000 of them short."""
    stream = [[100_000 + index // 2 * 1000 + other] for index in range(6) for other in range(1000)]
    assert measure_intervals(of(stream)).ceiling == pytest.approx(0.5, abs=0.1)


def test_a_scheme_that_prunes_prompts_finds_nothing():
    result = hit_rates(DEPLOYMENT, popular(3), 512, ["none", "fp8", "snapkv"])
    plain, coded, pruned = result.schemes
    assert coded.capacity_tokens == pytest.approx(2 * plain.capacity_tokens, rel=0.02)
    assert pruned.predicted == 0 and not pruned.is_shareable and pruned.prefill_time == pruned.prefill_time_without
    assert coded.predicted >= plain.predicted and plain.doubled == pytest.approx(coded.predicted, abs=0.01)
    assert plain.low <= plain.replayed <= plain.high and plain.replayed <= plain.optimal


def test_what_cannot_be_split_is_refused():
    with pytest.raises(InputError, match="at least 16 requests"):
        of([[1], [2]])
    with pytest.raises(InputError, match="hashes of the prompts' blocks"):
        collect_references([Request(0.0, 10.0, 1.0)] * 20, "lengths")


def mooncake(name: str):
    table = pd.read_parquet(SHARED / f"trace_mooncake_{name}.parquet")
    return of([list(map(int, blocks)) for blocks in table["hash_ids"]])


def agent(order: str):
    """Sessions of a coding agent, one after another (``session``) or all begun at once (``t_s``)."""
    table = pd.read_parquet(SHARED / "trace_claudecode_sessions.parquet").sort_values(order, kind="stable")
    prompts, earlier, following = [], {}, 0
    for row in table.itertuples():
        repeated = earlier.get((row.session, row.agent), ())[: int(row.prefix_hit_blocks)]
        new = max(int(row.n_blocks) - len(repeated), 0)
        blocks = (*repeated, *range(following, following + new))
        following, earlier[row.session, row.agent] = following + new, blocks
        prompts.append(Request(0.0, float(row.input_tokens), 1.0, blocks))
    return collect_references(prompts, "agent")


def judge(trace):
    """Prediction less replay, and whether the interval holds it, at 14 cache sizes: 1 % to 100 % of a trace's blocks, and all."""
    first, second = trace.half(0), trace.half(1)
    quarters = [part for half in (first.half(0), first.half(1)) for part in (half.half(0), half.half(1))]
    prediction, rows = predict_reuse(first, quarters), []
    for size in len(np.unique(trace.blocks)) * np.append(np.geomspace(0.01, 1, 13), 2):
        replayed, (low, high) = replay_lru(first, second, size), prediction.interval(size)
        assert 0 <= low <= prediction.hit_rate(size) <= high <= 1
        rows.append((prediction.hit_rate(size) - replayed, low <= replayed <= high))
    return prediction, *map(np.array, zip(*rows, strict=True))


@needs_traces
def test_a_production_trace_is_predicted_within_two_points():
    prediction, errors, held = judge(mooncake("conversation_first60"))
    assert prediction.forecast is None and np.abs(errors).max() == pytest.approx(0.019, abs=0.0005) and held.all()


@needs_traces
def test_a_trace_that_is_used_up_is_predicted_near_its_ceiling_and_held_by_the_interval_elsewhere():
    """41 points off by intervals alone: how long sessions last is not told by a half in which few have ended."""
    prediction, errors, held = judge(mooncake("synthetic"))
    assert prediction.forecast is not None and prediction.forecast.begun == 1636
    assert prediction.forecast.total[0] == pytest.approx(2212, rel=0.1)  # sessions of the whole trace
    assert np.abs(errors[-4:]).max() < 0.03 and np.abs(errors).max() == pytest.approx(0.124, abs=0.02) and held.all()


@needs_traces
def test_two_fifths_of_it_tell_the_next_two_within_three_points():
    trace = mooncake("synthetic")
    requests = 4 * trace.requests // 5
    cut = int(trace.starts[requests])
    part = replace(trace, blocks=trace.blocks[:cut], starts=trace.starts[:requests], sizes=trace.sizes[:requests])
    prediction, errors, held = judge(part)
    assert prediction.forecast is not None and 0.8 < prediction.forecast.probability < 0.95
    assert np.abs(errors).max() < 0.03 and held.all()


@needs_traces
def test_sessions_in_turn_are_predicted_within_their_interval():
    """6 points off where a cache holds less than a prompt or a few: the requests of a session are not independent."""
    prediction, errors, held = judge(agent("session"))
    assert prediction.forecast is None and np.abs(errors).max() == pytest.approx(0.06, abs=0.005) and held.all()
    assert np.abs(errors[-8:]).max() < 0.03


@needs_traces
def test_sessions_all_at_once_are_not_predicted_and_it_says_so():
    prediction, errors, held = judge(agent("t_s"))
    assert prediction.forecast is None and prediction.begins_together and errors.min() < -0.6 and held.all()


@needs_traces
@pytest.mark.parametrize(
    ("trace_name", "repeats", "grows"),
    [
        ("synthetic", (0.08, 0.27, 0.38, 0.55), True),
        ("conversation_first60", (0.20, 0.36, 0.33, 0.38), False),
    ],
)
def test_repeats_that_still_grow_are_named(trace_name, repeats, grows):
    first = hit_rates(DEPLOYMENT, mooncake(trace_name), 512, ["none"], replays=False).prediction
    assert first.repeats == pytest.approx(repeats, abs=0.005) and first.is_growing == grows


@needs_traces
@pytest.mark.parametrize(
    ("order", "predicted", "replayed"),
    [("session", 0.961, 0.955), ("t_s", 0.001, 0.218)],
    ids=["in turn", "all at once"],
)
def test_sessions_of_an_agent_are_predicted_in_turn_and_not_all_at_once(order, predicted, replayed):
    result = hit_rates(DEPLOYMENT, agent(order), 64, ["none"])
    (plain,) = result.schemes
    assert result.prediction.begins_together == (order == "t_s")
    assert order == "session" or result.prediction.openings == (158, 8)
    assert (plain.predicted, plain.replayed) == pytest.approx((predicted, replayed), abs=0.002)
    assert plain.low <= plain.replayed <= plain.high and (plain.high == 1) == (order == "t_s")


def test_sessions_that_begin_together_are_named(tmp_path, capsys):
    """Forty sessions of ten turns, turn after turn: all begin in the first quarter of the first half."""
    from costmodel.cli import app

    turns = [[1000 * session + block for block in range(turn + 1)] for turn in range(10) for session in range(1, 41)]
    rows = [
        {"timestamp": index, "input_length": 512 * len(blocks), "output_length": 5, "hash_ids": blocks}
        for index, blocks in enumerate(turns)
    ]
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["hit-rate", str(path), "--model", "llama-8b", "--gpu", "h100-sxm", "--scheme", "none", "--no-replay"]
    app.app(command, standalone_mode=False)
    assert "Sessions begin together: 40 open in the first quarter of the trace and 0 in the second." in " ".join(
        capsys.readouterr().out.split()
    )
    app.app([*command, "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["begins_together"] is True


def test_sessions_that_keep_beginning_are_not():
    result = hit_rates(DEPLOYMENT, popular(3), 512, ["none"], replays=False)
    assert not result.prediction.begins_together and min(result.prediction.openings) > 0


def test_the_command_line_answers_first_and_counts_bad_rows(tmp_path, capsys):
    from costmodel.cli import app

    rows = [
        {"timestamp": index, "input_length": 1024, "output_length": 5, "hash_ids": [index % 7, 100 + index % 50]}
        for index in range(200)
    ]
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "broken\n")
    command = ["hit-rate", str(path), "--model", "llama-8b", "--gpu", "h100-sxm", "--scheme", "none", "--skip-bad"]
    app.app(command, standalone_mode=False)
    output = capsys.readouterr().out
    assert "1 bad row left out: line 201: not a JSON object" in output and "Hit rate of the prefix cache" in output
    app.app([*command, "--json"], standalone_mode=False)
    result = json.loads(capsys.readouterr().out)
    assert result["bad_rows"] == 1 and result["schemes"][0]["hit_rate_replayed"] == pytest.approx(1)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=references.MIN_REQUESTS, max_size=60),
    st.integers(0, 60),
)
@settings(max_examples=60, deadline=None)
def test_no_prediction_of_a_tiny_trace_exceeds_that_of_an_infinite_cache(prompts, capacity):
    """A larger cache holds all that a smaller one does: so do its hit rate and both ends of its interval."""
    trace = of([[10 * first + index for index in range(count)] for first, count in prompts])
    first, second = trace.half(0), trace.half(1)
    quarters = [part for half in (first.half(0), first.half(1)) for part in (half.half(0), half.half(1))]
    if any(len(part.blocks) == 0 for part in quarters):
        return
    prediction = predict_reuse(first, quarters)
    low, high = prediction.interval(capacity)
    bound = prediction.interval(np.inf)
    assert float(prediction.hit_rate(capacity)) <= prediction.ceiling <= 1
    assert 0 <= low <= bound[0] and low <= high <= bound[1] <= 1
    assert replay_lru(first, second, capacity) <= infinite_hit_rate(first, second) + 1e-12


def test_a_forecast_that_falls_with_the_cache_is_bound_by_its_end():
    """Draws of few sessions may find less in a larger cache; what is told of a smaller one is no more than of an infinite one."""
    capacity, rates = np.array([0.0, 10.0, 20.0]), np.array([[0.0, 0.6, 0.5], [0.0, 0.8, 0.5]])
    forecast = Forecast(1.0, capacity, rates, 5, np.array([8.0, 9.0]))
    intervals = measure_intervals(popular(1))
    prediction = Prediction(intervals, (intervals,) * 4, forecast, (8, 8), (0.0,) * 4)
    assert float(prediction.hit_rate(10.0)) == prediction.ceiling == 0.5
    assert prediction.interval(10.0)[1] <= prediction.interval(np.inf)[1] == pytest.approx(0.5)
