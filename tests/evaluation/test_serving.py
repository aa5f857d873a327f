"""Continuous batching: hand-worked loops, limits in which nobody disturbs anybody, and what does not fit waits."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import InputError
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas

LOOP = {
    "decode_time": 10e-3, "decode_forward_time": 6e-3, "forward_pass_time": 46e-3, "prompt_chunks": 2.0,
    "prefill_attention_total": 100e-3, "prefill_codec_total": 20e-3, "prompts": 1.0, "running": 32.0,
    "concurrency": 32.0, "generated": 256.0, "generated_cv": 0.0, "mixed_batches": 1.0,
    "prompt": 10_000.0, "max_batched_tokens": 8192.0,
}  # fmt: skip


def loop(**changed):
    return Evaluator(LOOP | changed, load_formulas().formulas)


def test_a_loop_by_hand():
    """Two chunks add 46 - 6 ms each, attention and codec 120: 200 ms a prompt, 32 prompts in 256 steps."""
    evaluator = loop()
    assert evaluator["interference_time"] == pytest.approx(0.2)
    assert evaluator["prompts_per_step"] == pytest.approx(0.125)
    assert evaluator["served_step_time"] == pytest.approx(0.035)
    assert evaluator["prompt_load"] == pytest.approx(0.025 / 0.035)
    wait = 0.005 + (0.025 / 0.035) * 0.2 / (2 * (0.010 / 0.035))
    assert evaluator["prompt_wait"] == pytest.approx(wait)
    first = wait + 0.2 + 2 * 0.010
    assert evaluator["served_ttft"] == pytest.approx(first)
    assert evaluator["served_throughput"] == pytest.approx(32 * 256 / (first + 255 * 0.035))


def test_prompts_that_run_alone_pay_for_their_passes_whole():
    assert loop(mixed_batches=0.0)["interference_time"] == pytest.approx(2 * 0.046 + 0.12)


def test_outputs_of_one_length_run_in_waves_where_prompts_come_first():
    """Of 32 prompts of 212 ms a sequence waits for the half behind its own, and its first token for the half before."""
    evaluator = loop(mixed_batches=0.0)
    assert evaluator["served_step_time"] == pytest.approx(0.010 + 16 / 256 * 0.212)
    assert evaluator["prompt_wait"] == pytest.approx(16 * 0.212)
    spread = loop(mixed_batches=0.0, generated_cv=0.1)
    assert spread["served_step_time"] == pytest.approx(0.010 + 32 / 256 * 0.212)


def test_prompts_that_began_together_share_a_pass():
    """Four prompts of 2,000 tokens fit into a pass of 8,192: the first token of each comes with all four."""
    alone = loop(generated_cv=0.1)
    evaluator = loop(prompt=2000.0)
    assert evaluator["prompts_together"] == 4 and alone["prompts_together"] == 1
    assert evaluator["served_ttft"] - loop()["served_ttft"] == pytest.approx(3 * 0.2)
    assert loop(prompt=2000.0, running=2.0)["prompts_together"] == 2


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
    served = first(gen_len=100_000, concurrency=1)
    alone = first(mode="static", batch=1, context=1024 + 50_000)
    assert served["tpot_ms"] == pytest.approx(alone["tpot_ms"], rel=2e-3)


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
