"""Fragmentation: allocators by hand, the full pool by hand, and the closed form beside the replay of requests."""

import itertools
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.errors import InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.stress.fragmentation import (
    Blocks,
    Segments,
    Slots,
    fill_pool,
    lengths,
    measure_fragmentation,
    read_lengths,
)
from costmodel.traces import Request
from tests.formulas.formula_alone import value

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
SHARED = Path(os.environ.get("COSTMODEL_SHARED", Path(__file__).parents[3] / "shared")) / "data"
needs_traces = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the traces of the shared data folder")


def test_blocks_are_taken_as_a_request_grows():
    pool = Blocks(capacity=40, size=16)  # two blocks, 8 tokens over
    assert pool.take(0, 1, 32) and pool.held == 16 and pool.grow(0, 16) and pool.held == 16
    assert pool.grow(0, 17) and pool.held == 32 and not pool.take(1, 1, 1) and not pool.grow(0, 33)
    pool.give(0)
    assert pool.held == 0 and pool.free == 2


def test_slots_are_halved_and_joined():
    pool = Slots(capacity=8 * 16, size=16)
    assert pool.take(0, 1, 17) and pool.of[0] == (1, 0) and pool.held == 32  # 17 tokens: two units
    assert pool.take(1, 1, 64) and pool.of[1] == (2, 4) and pool.take(2, 1, 5) and pool.of[2] == (0, 2)
    assert not pool.take(3, 1, 33)  # one unit is left
    for name in (0, 2, 1):
        pool.give(name)
    assert pool.held == 0 and pool.take(4, 1, 128)


def test_a_pool_of_no_power_of_two_is_cut_into_such():
    pool = Slots(capacity=13 * 16, size=16)
    assert [sorted(starts) for starts in pool.idle] == [[12], [], [8], [0]]


def test_the_first_hole_that_holds_a_segment_is_taken():
    pool = Segments(100)
    assert all(pool.take(name, 1, size) for name, size in enumerate((30, 20, 30, 20)))
    pool.give(1), pool.give(3)
    assert pool.holes == [(30, 50), (80, 100)] and not pool.take(4, 1, 21)  # 40 are free, in no piece of 21
    pool.give(2)
    assert pool.holes == [(30, 100)] and pool.take(4, 1, 70) and pool.held == 100


def test_a_full_pool_by_hand():
    """Requests of one prompt token and three output tokens in two blocks of four: two at once, three steps, twice over.

    While the third and fourth wait, 1, 2 and 3 of the 4 tokens of each are written at the beginning of a step.
    """
    filled = fill_pool(Blocks(8, 4), 8, [(1, 3)] * 4)
    assert filled.running == 2 and filled.use == filled.filled == pytest.approx((1.5 + 2.5 + 3.5) / 3 / 4)
    assert filled.unusable == 0 and filled.preempted == 0


def test_who_waits_for_a_piece_is_counted_as_hole():
    """Segments of 4, 4 and 4 in 12; the outer two end after a step, and six tokens find no piece among their eight."""
    filled = fill_pool(Segments(12), 12, [(3, 1), (1, 3), (3, 1), (5, 1)])
    assert filled.unusable == pytest.approx((0 + 8 + 8) / 3 / 12)  # waits one step for room and two for a piece


def test_blocks_run_out_and_the_newest_gives_its_own_back():
    """Two requests that grow to 8 tokens in three blocks of four, while a third waits for all three: the second is sent back."""
    filled = fill_pool(Blocks(12, 4), 12, [(1, 7), (1, 7), (9, 2)])
    assert filled.preempted == 1


def test_what_no_empty_pool_holds_is_left_out():
    requests = [(10, 2), (50, 60), (10, 2), (10, 2)]
    assert fill_pool(Segments(32), 32, requests).too_large == 1
    assert fill_pool(Slots(96, 16), 96, [(60, 10), *requests]).too_large == 2  # 70 tokens take 128


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([Blocks, Slots, Segments]),
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 60)), min_size=2, max_size=60),
    st.integers(200, 600),
)
def test_nothing_is_held_twice_and_all_of_it_comes_back(kind, requests, capacity):
    allocator = kind(capacity, 16)
    filled = fill_pool(allocator, capacity, requests)
    if filled.use == filled.use:
        assert 0 < filled.use <= 1 + 1e-9 and 0 <= filled.unusable < 1 and filled.filled <= filled.use + 1e-9
    if kind is not Blocks:  # places in tokens or units, of those that run when the last request has come in
        places = allocator.of.values()
        if kind is Slots:
            places = [(start, start + (1 << order)) for order, start in places]
        ordered = sorted(places)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ordered))
    for name in list(allocator.of):
        allocator.give(name)
    empty = kind(capacity, 16)
    assert allocator.held == 0
    if kind is Blocks:
        assert allocator.free == empty.free
    else:
        assert allocator.idle == empty.idle if kind is Slots else allocator.holes == empty.holes


def test_shares_by_hand():
    """Prompts of 161 and outputs of 338 tokens, alike: 330 written of 499; classes hold 72.1 %."""
    known = {"prompt": 161, "generated": 338, "generated_cv": 0, "pool_block": 16, "class_ratio": 2, "hole_ratio": 0.5}
    assert value("block_use", **known) == pytest.approx(330 / 337.5)
    assert value("segment_use", **known) == pytest.approx(330 / 499)
    assert value("slot_use", **known) == pytest.approx(330 / 499 * 0.7213, rel=1e-3)
    assert value("unusable_share", **known) == pytest.approx(0.2)
    assert value("written_tokens", **known | {"generated_cv": 1}) == 161 + 338


def judge(requests, scheme="none"):
    """Rows by allocator; the closed form and the replay of each are compared."""
    rows = {row.allocator: row for row in measure_fragmentation(DEPLOYMENT, load_scheme(scheme), requests)}
    for name, points in (("blocks", 0.01), ("segments", 0.02), ("slots", 0.05)):
        assert rows[name].use == pytest.approx(rows[name].replayed.use, abs=points), name
    holes = rows["segments"]
    assert holes.unusable_low <= holes.replayed.unusable <= holes.unusable_high
    assert rows["blocks"].replayed.unusable < 0.001 and np.isnan(rows["slots"].unusable)
    filled = [rows[name].replayed.filled for name in ("blocks", "segments", "slots")]
    assert filled == sorted(filled, reverse=True)
    return rows


@pytest.mark.parametrize(("prompt", "output"), [(800, 300), (3000, 100)])
def test_closed_form_and_replay_of_drawn_lengths(prompt, output):
    rng = np.random.default_rng(3)
    drawn = np.stack([rng.gamma(2, prompt / 2, 6000), rng.exponential(output, 6000)], 1).round() + 1
    judge([tuple(map(int, pair)) for pair in drawn])


@needs_traces
@pytest.mark.parametrize("scheme", ["none", "kivi-2bit"])
@pytest.mark.parametrize("trace", ["azure2023_conv", "mooncake_conversation_first60", "mooncake_synthetic"])
def test_closed_form_and_replay_of_traces(trace, scheme):
    table = pd.read_parquet(SHARED / f"trace_{trace}.parquet")
    pairs = zip(table["input_tokens"], table["output_tokens"], strict=True)
    rows = judge([(int(prompt), int(output)) for prompt, output in pairs if output >= 1], scheme)
    assert rows["blocks"].replayed.filled > 0.94 and 0.6 < rows["segments"].replayed.filled < 0.8


def test_lengths_of_a_trace_are_counted(monkeypatch):
    monkeypatch.setattr(lengths, "MOST_REQUESTS", 20)
    read = read_lengths([Request(0.0, 10.0, 5.0)] * 22 + [Request(0.0, 10.0, 0.0)], "trace")
    assert (len(read.requests), read.beyond_the_limit, read.without_output) == (20, 2, 1)
    assert read.text("azure") == "azure: 20 requests; left out: 1 without an output, 2 behind the first 20."
    with pytest.raises(InputError, match="at least 16 requests with an output, got 3"):
        read_lengths([Request(0.0, 10.0, 5.0)] * 3, "trace")


def test_the_command_answers_first(tmp_path, capsys):
    from costmodel.cli import app

    rng, path = np.random.default_rng(1), tmp_path / "trace.csv"
    rows = [
        f"2023-11-16 18:{i // 60 % 60:02}:{i % 60:02}.0,{rng.integers(500, 4000)},{rng.integers(50, 600)}"
        for i in range(1200)
    ]
    path.write_text("\n".join(["TIMESTAMP,ContextTokens,GeneratedTokens", *rows]) + "\n", encoding="utf-8")
    command = ["fragmentation", str(path), "--model", "llama-8b", "--gpu", "h100-sxm"]
    app.app(command, standalone_mode=False)
    printed = capsys.readouterr().out
    assert printed.startswith("Of a full pool (none), blocks hold tokens in 9") and "no law" in printed
    app.app([*command, "--json"], standalone_mode=False)
    answer = json.loads(capsys.readouterr().out)
    assert [one["allocator"] for one in answer["allocators"]] == ["blocks", "slots", "segments"]
    assert answer["requests"] == 1200 and answer["allocators"][1]["unusable"] is None
    with pytest.raises(InputError, match="h2o keeps tokens in places of its own"):
        app.app([*command, "--scheme", "h2o"], standalone_mode=False)


def test_a_short_trace_is_placed_as_often_as_fills_the_pool():
    """A hundred requests of 900 tokens are a fifth of the pool: placed over and over, and the share is that of many."""
    rows = measure_fragmentation(DEPLOYMENT, load_scheme("none"), [(700, 200)] * 100)
    assert all(row.repeats >= 10 * row.capacity // 90_000 and row.replayed.use == row.replayed.use for row in rows)
    with pytest.raises(InputError, match="holds none of the 20 requests"):
        measure_fragmentation(DEPLOYMENT, load_scheme("none"), [(9_000_000, 10)] * 20)
    with pytest.raises(InputError, match="200,000 requests do not fill the pool of .* got 2 tokens each"):
        measure_fragmentation(DEPLOYMENT, load_scheme("none"), [(1, 1)] * 20)
