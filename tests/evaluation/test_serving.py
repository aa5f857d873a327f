"""Continuous batching: hand-worked loops, limits in which nobody disturbs anybody, and what does not fit waits."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import InputError
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts import engines, gpus

LOOP = {
    "decode_time": 10e-3, "decode_forward_time": 6e-3, "forward_pass_time": 46e-3, "prompt_chunks": 2.0,
    "prefill_attention_total": 100e-3, "prefill_codec_total": 20e-3, "prompts": 1.0, "running": 32.0,
    "concurrency": 32.0, "generated": 256.0, "generated_cv": 0.0, "mixed_batches": 1.0, "layers": 32.0,
    "prompt_layer_time": 0.0, "prompt_slowdown": 1.0, "request_overhead": 0.0, "waves": 1e9, "admission_steps": 0.0,
    "ranks": 1.0, "expert_gpus": 1.0, "groups_in_step": 0.0, "closed_loop": 0.0, "prompts_ahead": 0.0,
    "prefill_matrix_total": 30e-3, "prefill_expert_total": 0.0,
    "context": 4096.0, "max_batched_tokens": 2080.0, "decode_tokens": 32.0,
}  # fmt: skip


def loop(**changed):
    return Evaluator(LOOP | changed, load_formulas().formulas)


def test_a_loop_by_hand():
    """Two chunks add 46 - 6 ms each, attention and codec 120: 200 ms a prompt, 31 others' prompts in 256 steps."""
    evaluator = loop()
    assert evaluator["interference_time"] == pytest.approx(0.2)
    assert evaluator["prompts_per_step"] == pytest.approx(0.125)
    others = 31 / 256 * 0.2
    assert evaluator["served_step_time"] == pytest.approx(0.010 + others)
    assert evaluator["prompt_load"] == pytest.approx(others / (0.010 + others))
    wait = 0.005 + others * 0.2 / (2 * 0.010)
    assert evaluator["prompt_wait"] == pytest.approx(wait)
    first = wait + 0.2 + 2 * 0.010
    assert evaluator["served_ttft"] == pytest.approx(first)
    assert evaluator["served_throughput"] == pytest.approx(32 * 256 / (first + 255 * (0.010 + others)))


def test_a_lone_request_waits_for_no_prompt_but_its_own():
    alone = loop(running=1.0, concurrency=1.0)
    assert alone["served_step_time"] == pytest.approx(0.010) and alone["prompt_load"] == 0


def test_prompts_that_run_alone_pay_for_their_passes_whole():
    assert loop(mixed_batches=0.0)["interference_time"] == pytest.approx(2 * 0.046 + 0.12)


def test_products_of_prompts_are_slower_than_timed_one_by_one():
    """Products alone: 2 × (40 + 0.2 × 30) ms beside 120 ms of attention and codec."""
    assert loop(prompt_slowdown=1.2)["interference_time"] == pytest.approx(0.212)


def test_a_pass_with_a_prompt_takes_the_host_at_least_so_long():
    """32 layers of 5 ms: 160 ms a pass, of which a decode step would take 10; two passes add 300 ms, the device 200."""
    assert loop(prompt_layer_time=5e-3)["interference_time"] == pytest.approx(0.3)
    assert loop(prompt_layer_time=1e-3)["interference_time"] == pytest.approx(0.2)


def test_prompts_of_one_step_share_what_the_host_takes():
    """A pass adds 150 ms on the host: 31 others' prompts of two passes in 256 steps meet 1 - exp(-0.242) of them."""
    others = 31 / 256
    evaluator = loop(prompt_layer_time=5e-3)
    assert evaluator["prompts_of_others_time"] == pytest.approx((1 - math.exp(-2 * others)) * 0.15)
    assert loop()["prompts_of_others_time"] == pytest.approx(others * 0.2)


def test_outputs_of_one_length_run_in_waves_where_prompts_come_first():
    """Of 32 prompts of 212 ms a sequence waits for the half behind its own, and its first token for those before it."""
    evaluator = loop(mixed_batches=0.0, closed_loop=1.0)
    assert evaluator["served_step_time"] == pytest.approx(0.010 + 15.5 / 256 * 0.212)
    assert evaluator["prompt_wait"] == pytest.approx(15.5 * 0.212)
    spread = loop(mixed_batches=0.0, closed_loop=1.0, generated_cv=0.1)
    assert spread["lockstep"] == pytest.approx(0, abs=1e-7)  # after a billion waves
    assert spread["served_step_time"] == pytest.approx(0.010 + 31 / 256 * 0.212)
    assert loop(mixed_batches=0.0)["lockstep"] == 0  # requests that come by themselves


def test_waves_come_apart_with_the_spread_of_lengths_bit_by_bit():
    """Ends are spread over root 120 × 0.05 × 256 × 10 ms = 1.40 s after ten waves, prompts take 32 × 212 ms."""
    drift = 120**0.5 * 0.05 * 2.56 / (32 * 0.212)
    evaluator = loop(mixed_batches=0.0, closed_loop=1.0, generated_cv=0.05, waves=10.0)
    assert evaluator["lockstep"] == pytest.approx(1 - 2 / 3 * drift)
    far = loop(mixed_batches=0.0, closed_loop=1.0, generated_cv=0.5, waves=10.0)
    assert far["lockstep"] == pytest.approx(1 / (3 * (10 * drift) ** 2))
    near = [loop(mixed_batches=0.0, closed_loop=1.0, generated_cv=cv, waves=10.0)["served_ttft"] for cv in (0.0, 1e-6)]
    assert near[1] == pytest.approx(near[0], rel=1e-4)


def test_outputs_of_one_length_keep_requests_in_a_convoy_where_prompts_and_decoding_share_passes():
    """Each waits for three prompts of 220 ms, of the 31 others; ends spread over 140 steps leave the 32 of a convoy."""
    wait = 0.005 + 3 * 31 / 32 * (0.2 + 2 * 0.010)
    alike = loop(closed_loop=1.0, prompts_ahead=3.0, waves=10.0)
    assert alike["convoy"] == 1 and alike["prompt_wait"] == pytest.approx(wait)
    assert alike["served_step_time"] == loop()["served_step_time"]
    steps = 120**0.5 * 0.05 * 256
    apart = loop(closed_loop=1.0, prompts_ahead=3.0, waves=10.0, generated_cv=0.05)
    assert apart["convoy"] == pytest.approx((32 / steps) ** 2 / 3)
    nearly = loop(closed_loop=1.0, prompts_ahead=3.0, waves=10.0, generated_cv=0.005)
    assert nearly["convoy"] == pytest.approx(1 - 2 / 3 * steps / 320)
    assert loop(prompts_ahead=3.0)["prompt_wait"] == pytest.approx(
        loop()["prompt_wait"]
    )  # those that come by themselves
    assert loop(closed_loop=1.0, prompts_ahead=3.0, running=1.0, concurrency=1.0)["prompt_wait"] == pytest.approx(0.005)


def test_a_benchmark_opens_with_all_of_its_slots():
    """One wave of ten waits for half of 31 prompts of 200 ms, and of 62 passes that decode 6 to 10 ms beside; nine do not."""
    steady, benchmark = loop(), loop(waves=10.0)
    expected = 0.1 * 15.5 * (0.2 + 2 * 0.008) + 0.9 * steady["prompt_wait"]
    assert benchmark["served_ttft"] - steady["served_ttft"] == pytest.approx(expected - steady["prompt_wait"])


def test_steps_before_a_server_takes_a_request_delay_its_first_token():
    assert loop(admission_steps=9.0)["served_ttft"] - loop()["served_ttft"] == pytest.approx(
        9 * (0.010 + 31 / 256 * 0.2)
    )
    assert loop(request_overhead=0.03)["served_ttft"] - loop()["served_ttft"] == pytest.approx(0.03)


def test_requests_that_find_no_room_wait_for_those_that_run():
    crowded = loop(concurrency=64.0)
    assert crowded["queue_time"] == pytest.approx(crowded["residence_time"])
    assert crowded["served_throughput"] == pytest.approx(loop()["served_throughput"])


def points(**columns):
    wanted = {"model": "llama-8b", "gpu": "h100-sxm", "tp": 1, "mode": "serving", "prompt_len": 1024, "gen_len": 256}
    wanted |= {"concurrency": 16} | columns
    return pd.DataFrame([wanted])


def first(**columns):
    return predict(points(**columns))[0].iloc[0]


def test_long_outputs_leave_a_decode_step():
    """And what a server's host takes for the one sequence, beside the decode step."""
    served = first(gen_len=100_000, concurrency=1)
    alone = first(mode="static", batch=1, context=1024 + 50_000)
    host = 1e3 * engines.load("vllm", gpus.load("h100-sxm")).numbers["sequence_host_time"]
    assert served["tpot_ms"] == pytest.approx(alone["tpot_ms"] + host, rel=2e-3)


def test_what_is_held_against_what_is_one_concurrency():
    coded, plain = first(scheme="fp8", concurrency=64), first(concurrency=64)
    assert coded["speedup"] == pytest.approx(plain["tpot_ms"] / coded["tpot_ms"], rel=1e-12)
    assert coded["speedup_lo"] < coded["speedup"] < coded["speedup_hi"] and plain["speedup"] == 1


def test_long_prompts_with_short_outputs_are_bound_by_prompts():
    assert first(prompt_len=8192, gen_len=32)["binding_term"] == "prefill"
    assert first(prompt_len=128, gen_len=4096, concurrency=4)["binding_term"] != "prefill"


def test_throughput_stops_growing_where_the_pool_is_full():
    lengths = {"prompt_len": 30_000, "gen_len": 1000}
    held = first(**lengths)["max_batch"]
    few, many = (first(**lengths, concurrency=c) for c in (held, 4 * held))
    assert many["throughput_tok_s"] == pytest.approx(few["throughput_tok_s"], rel=1e-9)
    assert many["ttft_ms"] > 3 * few["ttft_ms"] and many["tpot_ms"] == pytest.approx(few["tpot_ms"])


@given(st.integers(1, 200), st.integers(16, 16_000), st.integers(1, 4000))
def test_prompts_of_others_never_speed_a_token_up(concurrency, prompt_len, gen_len):
    served = first(concurrency=concurrency, prompt_len=prompt_len, gen_len=gen_len)
    running = min(concurrency, served["max_batch"])
    alone = first(mode="static", batch=running, context=served["context"])
    assert served["tpot_ms"] >= alone["tpot_ms"] * (1 - 1e-9)


def test_modes_mix_in_one_table():
    both, said = predict(pd.concat([points(), points(mode="static", batch=16)], ignore_index=True))
    assert both["tpot_ms"].iloc[0] > both["tpot_ms"].iloc[1] and (both["context"] == 1152).all()


def test_no_outputs_no_load():
    with pytest.raises(InputError, match="row 1: gen_len must be greater than 0"):
        predict(points(gen_len=0))


def test_a_benchmark_has_at_least_as_many_requests_as_are_in_flight():
    with pytest.raises(InputError, match="row 1: num_prompts: expected at least the concurrency, 16, got 8"):
        predict(points(num_prompts=8))


@pytest.mark.parametrize("engine", ["vllm", "sglang", "trtllm"])
@given(st.integers(1, 200), st.integers(64, 40_000), st.floats(1.05, 2), st.sampled_from([0, 0.06, 1]))
def test_a_first_token_does_not_come_earlier_after_a_longer_prompt(engine, concurrency, prompt_len, times, gen_cv):
    """But for a step of the products' tiles, which is no more than a few percent."""
    lengths = [prompt_len, int(times * prompt_len)]
    table = pd.concat([points(engine=engine, concurrency=concurrency, gen_cv=gen_cv, prompt_len=n) for n in lengths])
    short, long = predict(table)[0]["ttft_ms"]
    assert long >= 0.96 * short


def test_a_rate_is_served_by_as_many_in_flight_as_little_s_law_says():
    open_load = first(concurrency=None, rate=4.0, gen_len=256)
    in_flight = open_load["concurrency"]
    residence = (open_load["ttft_ms"] + 255 * open_load["tpot_ms"]) / 1e3
    assert in_flight == pytest.approx(4 * residence, rel=1e-3)
    assert open_load["throughput_tok_s"] == pytest.approx(4 * 256, rel=1e-6)
    closed = first(concurrency=in_flight, num_prompts=1e9, gen_len=256)
    assert closed["tpot_ms"] == pytest.approx(open_load["tpot_ms"], rel=1e-6)


def test_more_arrivals_than_a_replica_serves_are_said():
    table, said = predict(points(concurrency=None, rate=1000.0))
    assert table["ttft_ms"].iloc[0] == float("inf") and table["throughput_tok_s"].iloc[0] < 1000 * 256
    assert said[0] == "1 row with more arrivals than the replica serves (rate): 1"
    with pytest.raises(InputError, match="row 1: give concurrency or rate"):
        predict(points(rate=2.0))


def test_capacity_stays_static_and_throughput_under_load_stands_beside_it():
    """Prompts take their share of the device whatever the cache: under load twice the batch is worth less."""
    coded = first(scheme="fp8", concurrency=64, prompt_len=8192, gen_len=512)
    static = first(scheme="fp8", mode="static", batch=1, prompt_len=8192, gen_len=512, context=coded["context"])
    assert coded["speedup_capacity"] == pytest.approx(static["speedup_capacity"], rel=1e-6)
    assert 1 < coded["speedup_under_load"] < coded["speedup_capacity"] and pd.isna(static["speedup_under_load"])


def test_of_an_overloaded_replica_counts_the_throughput():
    """fp8 serves more of what arrives, though its larger batch makes each token slower."""
    where = {"model": "qwen3-32b", "tp": 2, "concurrency": None, "prompt_len": 4096, "gen_len": 512}
    both, calm = (first(**where, scheme="fp8", rate=rate) for rate in (20.0, 0.5))
    assert both["speedup"] == both["speedup_under_load"] > 1.1 and both["verdict"] == "wins"
    alone = first(**where, scheme="fp8", rate=2.5)  # 16 bit serves fewer
    assert alone["verdict"] == "wins" and alone["ttft_ms"] < 1000
    assert calm["ttft_ratio"] == pytest.approx(first(**where, rate=0.5)["ttft_ms"] / calm["ttft_ms"], rel=1e-6)
    ideal = first(**where, scheme="int4", rate=20.0)
    assert ideal["verdict"] == "needs kernel"


def test_hits_of_the_prefix_cache_leave_less_to_compute():
    none, half, most = (first(prompt_len=8192, hit_rate=hits) for hits in (0.0, 0.5, 0.9))
    assert none["ttft_ms"] > 1.5 * half["ttft_ms"] > 1.5 * most["ttft_ms"] and most["tpot_ms"] < none["tpot_ms"]
    with pytest.raises(InputError, match="hit_rate"):
        predict(points(hit_rate=1.0))


def test_prompts_on_other_gpus_are_refused_in_words():
    with pytest.raises(
        InputError, match="row 1: mode: disaggregated serving .* is not modelled; expected static or serving"
    ):
        predict(points(mode="disagg"))


def test_more_requests_than_the_pool_holds_are_said():
    said = predict(points(concurrency=2000, prompt_len=8192))[1]
    assert said[0] == "1 row with more requests than the pool holds, whose preemptions only costmodel load counts: 1"


def test_an_interval_is_in_order_where_prompts_take_most_of_the_time():
    """With slower steps prompts wait less for each other: the slow end has the earlier first token."""
    row = first(
        model="qwen2.5-7b", gpu="a100-sxm", engine="trtllm", scheme="fp8", prompt_len=14_228, gen_len=21, gen_cv=0.5
    )
    for name in ("tpot_ms", "ttft_ms", "throughput_tok_s"):
        assert row[f"{name}_lo"] < row[name] < row[f"{name}_hi"], name
