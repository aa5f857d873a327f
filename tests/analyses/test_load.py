"""Loads: loops that are known by hand, a measured pool that is too small, hits, arrivals, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from costmodel.analyses.load import Workload, under_load
from costmodel.cli.app import app
from costmodel.errors import InputError
from costmodel.evaluation.ask.load import Load, load_times, serve_load
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.stress.replay import Costs, Scheduler, closed_loop, costs_of

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
NONE = load_scheme("none")
STEP, PREFILL, GRID = 0.01, 0.05, [1.0, 1e6]
COSTS = Costs(
    blocks=10_000, block_size=4, cap=float("inf"), fixed=0.0, max_sequences=8, max_batched_tokens=10_000, swap_block_time=0.0,
    batch_grid=GRID, context_grid=GRID, step_table=[[STEP] * 2] * 2, forward_table=[STEP] * 2, prefill_grid=GRID,
    prefill_table=[PREFILL] * 2,
)  # fmt: skip


def run(options: str) -> str:
    done = CliRunner().invoke(app, options.split())
    assert done.exit_code == 0, done.output
    return done.output


def test_a_closed_loop_by_hand():
    """Two slots, outputs of five tokens: a prompt's pass of 50 ms gives the first, four steps of 10 ms the rest."""
    replayed = Scheduler(COSTS, closed_loop(6, 2, (8, 0), (5, 0))).run()
    assert replayed.first_token == pytest.approx([PREFILL] * 6)  # both of a wave share their pass
    assert replayed.later_token == pytest.approx([STEP] * 6)
    assert replayed.ended == pytest.approx(np.repeat([0.09, 0.18, 0.27], 2))


def test_prompts_that_run_alone_hold_everybody_up():
    """A third request that comes while two decode: with mixed passes they get a token in it, else they stand still."""
    arrivals = replace(closed_loop(3, 3, (8, 0), (20, 0)), time=np.array([0.0, 0.0, 0.1]), slots=0)
    mixed, alone = (Scheduler(replace(COSTS, mixes=mixes), arrivals).run() for mixes in (True, False))
    assert alone.ended[0] - mixed.ended[0] == pytest.approx(STEP)
    late = Scheduler(replace(COSTS, pass_host_time=0.08, request_overhead=0.5), arrivals).run()
    assert late.first_token[0] == pytest.approx(0.58)


def test_requests_beyond_the_scheduler_wait_as_little_s_law_says():
    workload = Workload(64, 0, 64, 0, concurrency=32)
    answer = under_load(DEPLOYMENT, NONE, workload, COSTS)
    assert answer.limited_by == "max_num_seqs" and answer.running == pytest.approx(8, rel=0.02)
    assert answer.running + answer.waiting == pytest.approx(32)
    rate = answer.columns["throughput_tok_s"] / 64
    residence = (answer.columns["ttft_ms"] + 63 * answer.columns["tpot_ms"]) / 1e3
    assert rate * residence == pytest.approx(32, rel=0.03)


@settings(max_examples=10)
@given(st.sampled_from([8, 64, 256]), st.sampled_from([128, 1024]), st.sampled_from([64, 512]))
def test_tokens_of_requests_of_one_length_follow_little_s_law(concurrency, prompt, output):
    """They end together, and the ends of a window would count a bunch more or less."""
    answer = under_load(DEPLOYMENT, NONE, Workload(prompt, 0, output, 0, concurrency=concurrency))
    residence = (answer.columns["ttft_ms"] + (output - 1) * answer.columns["tpot_ms"]) / 1e3
    assume(answer.limited_by == "nothing")
    assert answer.columns["throughput_tok_s"] * residence / output == pytest.approx(concurrency, rel=0.02)


def test_no_more_tokens_come_out_than_are_asked_for():
    answer = under_load(DEPLOYMENT, NONE, Workload(1024, 0.0, 100, 0.0, rate=30))
    assert answer.columns["throughput_tok_s"] == pytest.approx(3000, rel=0.02)
    assert answer.columns["throughput_tok_s"] <= 3000


@pytest.mark.parametrize(
    ("fraction", "pool", "tpot", "tokens"), [(0.25, 93_872, 28.69, 2125), (0.5, 464_848, 25.26, 3352)]
)
def test_a_pool_that_is_too_small_as_measured(fraction, pool, tpot, tokens):
    """Qwen2.5 7B on an A100, 100 in flight, 1,024 + 1,024 tokens: 2,125 and 3,352 tokens/s, 28.7 and 25.3 ms, were measured.

    The pools are those of the logs. Rates are those of a steady load, without the beginning and the end of a benchmark.
    """
    deployment = resolve_deployment("qwen2.5-7b", "a100-sxm", ranks=1, engine="vllm", memory_fraction=fraction)
    costs = replace(costs_of(deployment, NONE), blocks=pool // 16)
    answer = under_load(deployment, NONE, Workload(1024, 0, 1024, 0, concurrency=100), costs)
    columns = answer.columns
    assert columns["tpot_ms"] == pytest.approx(tpot, rel=0.12) and columns["tpot_ms_lo"] < tpot < columns["tpot_ms_hi"]
    assert tokens < columns["throughput_tok_s"] < 1.3 * tokens
    assert answer.limited_by == ("pool" if fraction == 0.25 else "nothing")


@settings(max_examples=10)
@given(st.sampled_from([1, 4, 16, 48]), st.sampled_from([256, 2048, 8192]), st.sampled_from([128, 1024]))
def test_replay_and_closed_form_agree_where_nobody_waits(concurrency, prompt, output):
    """Means of lengths that spread, of the time per token; a lone request waits for nobody."""
    workload = Workload(prompt, 0.5, output, 0.5, concurrency=concurrency)
    answer = under_load(DEPLOYMENT, NONE, workload)
    assume(answer.limited_by == "nothing")
    lengths = (np.array(float(value)) for value in (concurrency, prompt, output, 0.5, np.nan))
    closed = float(np.ravel(load_times(serve_load(DEPLOYMENT, NONE, Load(*lengths)))["tpot_ms"])[0])
    assert answer.columns["tpot_ms"] == pytest.approx(closed, rel=0.07)


def test_percentiles_and_intervals_are_in_order():
    columns = under_load(DEPLOYMENT, NONE, Workload(concurrency=32)).columns
    for name in ("tpot_ms", "ttft_ms"):
        assert columns[f"{name}_p50"] <= columns[f"{name}_p95"] <= columns[f"{name}_p99"]
        assert columns[f"{name}_lo"] < columns[name] < columns[f"{name}_hi"]


def test_hits_of_the_prefix_cache_shorten_prompts():
    none, half = (
        under_load(DEPLOYMENT, NONE, Workload(8192, 0, 128, 0, concurrency=8, hit_rate=hits)) for hits in (0, 0.5)
    )
    assert half.columns["ttft_ms"] < 0.8 * none.columns["ttft_ms"]
    assert half.columns["throughput_tok_s"] > 1.2 * none.columns["throughput_tok_s"]


@pytest.mark.parametrize("name", ["none", "h2o"])
def test_hits_are_the_same_work_in_closed_form_and_replay(name):
    """Half of every prompt is there; a scheme that evicts attends to what it kept."""
    scheme, load = load_scheme(name), Workload(8192, 0.5, 512, 0.5, concurrency=4, hit_rate=0.5)
    lengths = (np.array(float(value)) for value in (4, 8192, 512, 0.5, np.nan))
    closed = load_times(serve_load(DEPLOYMENT, scheme, Load(*lengths, hit_rate=0.5)))["tpot_ms"]
    replayed = under_load(DEPLOYMENT, scheme, load).columns["tpot_ms"]
    assert replayed == pytest.approx(float(np.ravel(closed)[0]), rel=0.07)


def test_more_arrivals_than_a_replica_serves():
    assert under_load(DEPLOYMENT, NONE, Workload(4096, 0.5, 512, 0.5, rate=50)).limited_by == "replica"
    calm = under_load(DEPLOYMENT, NONE, Workload(1024, 0.5, 128, 0.5, rate=2))
    assert calm.limited_by == "nothing" and calm.columns["throughput_tok_s"] == pytest.approx(256, rel=0.1)


def test_a_request_larger_than_the_pool():
    tight = resolve_deployment("llama-3.1-8b", "l40s", ranks=1, engine="vllm", memory_fraction=0.4)
    answer = under_load(tight, NONE, Workload(100_000, 0, 1000, 0, concurrency=2))
    assert not answer.fits and answer.columns["throughput_tok_s"] == 0 and np.isnan(answer.columns["tpot_ms"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "one of them"), ({"concurrency": 1, "rate": 1}, "one of them"), ({"concurrency": 0}, "concurrency: expected 1"),
        ({"rate": -1}, "rate: expected"), ({"concurrency": 1, "prompt": 0}, "prompt: expected 1"),
        ({"concurrency": 1, "hit_rate": 1}, "hit_rate: expected 0 to 0.999"),
    ],
)  # fmt: skip
def test_loads_that_are_none(changes, message):
    with pytest.raises(InputError, match=message):
        Workload(**changes)


def test_the_command():
    options = "--model llama-8b --gpu h100-sxm --tp 1 --concurrency 64 --prompt 2K --output 256"
    answer = json.loads(run(f"load {options} --json"))
    none, fp8 = answer["schemes"]
    wanted = {f"{n}{end}" for n in ("tpot_ms", "ttft_ms") for end in ("", "_lo", "_hi", "_p50", "_p95", "_p99")}
    assert wanted | {"throughput_tok_s", "throughput_tok_s_lo", "running", "waiting", "binding_term"} <= set(none)
    assert fp8["tpot_ms"] < none["tpot_ms"]
    text = run(f"load {options}")
    assert text.startswith("none: ") and "fp8: " in text.splitlines()[1] and "× none" in text.splitlines()[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--rate 1 --concurrency 2", "give --concurrency or --rate"), ("--dispersion 2", "needs --rate"),
        ("--prompt 2K,99", "--prompt: expected tokens"), ("--speed 2", "--speed belongs to a trace"),
        ("--concurrency 0.5", "--concurrency: expected at least 1"), ("--skip-bad", "--skip-bad belongs to a trace"),
        ("--concurrency 2.5", "whole requests"), ("--hit-rate 120%", "--hit-rate"),
    ],
)  # fmt: skip
def test_mistakes_are_named(options, message):
    done = CliRunner().invoke(app, f"load --model llama-8b --gpu h100-sxm --tp 1 {options}".split())
    assert isinstance(done.exception, InputError) and message in str(done.exception)
