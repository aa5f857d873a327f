"""Prefill attention by hand: pairs under a window, waves of tiles, and what several prompts add."""

import numpy as np
import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_formulas, load_scheme
from costmodel.facts.layers import PLAIN

PADDING = {"prefill_diagonal": 64.0, "prefill_edge": 32.0, "prefill_unskipped": 0.25} | PLAIN


def pairs(context, window):
    return float(
        Evaluator({"context": context, "window": window} | PADDING, load_formulas().formulas)["attended_pairs"]
    )


def test_pairs_without_a_window_are_a_triangle_and_its_padded_diagonal():
    assert pairs(1024.0, np.inf) == 1024 * 1024 / 2 + 1024 * 64 == 589_824
    assert pairs(1024.0, 2048.0) == pairs(1024.0, np.inf)


def test_pairs_under_a_window_are_a_band_with_two_padded_edges_and_what_is_not_skipped():
    band = 1024 * 256 - 256 * 256 / 2
    assert pairs(1024.0, 256.0) == band + 0.25 * 768 * 768 / 2 + 1024 * (64 + 32) == 401_408


def called(**changes):
    values = {"query_heads": 32.0, "ranks": 1.0, "kv_heads": 8.0, "sms": 128.0, "peak_16bit": 1e15, "attends": 1.0}
    values |= {"hbm_bandwidth": 3e12, "activation_size": 2.0, "expanded_key_width": 128.0, "window": np.inf}
    values |= {"expanded_value_width": 128.0, "key_width": 128.0, "value_width": 128.0, "key_bits": 2.0}
    values |= {"value_bits": 2.0, "context": 1024.0, "prompts": 1.0, "prefill_launch": 1e-5, "prefill_doubling": 1e-6}
    values |= {"prefill_peak_share": 0.5, "prefill_efficiency": 1.0, "prefill_overlap": 1.0, "prefill_roundness": 1.0}
    values |= {"prefill_wave": 1e-6, "prefill_write": 0.5} | PADDING | changes
    return Evaluator(values, load_formulas().formulas)


def test_one_prompt_by_hand():
    evaluator = called()
    assert evaluator["prefill_fullness"] == 32 * 8 / 128
    compute = 2 * 32 * 256 * 589_824 / 0.5e15 + 1e-6
    memory = 1024 * (32 * 256 * 2 + 8 * 512) / 3e12
    write = 1024 * 8 * (512 + 512) / 1.5e12
    floor = 1e-5 + 3e-6
    assert evaluator["prefill_attention_time"] == pytest.approx(floor + write + compute + memory)


def test_prompts_multiply_the_work_and_not_the_launch():
    single, four = called(), called(prompts=4.0)
    assert four["prefill_floor"] == single["prefill_floor"]
    assert four["prefill_write_time"] == pytest.approx(4 * single["prefill_write_time"])
    assert four["prefill_compute_time"] == pytest.approx(4 * (single["prefill_compute_time"] - 1e-6) + 7e-6)


def test_below_one_wave_a_tile_takes_its_own_time():
    few, fewer = called(query_heads=2.0, kv_heads=1.0), called(query_heads=1.0, kv_heads=1.0)
    assert few["prefill_compute_time"] == pytest.approx(fewer["prefill_compute_time"])


def test_a_latent_is_attended_to_in_its_multi_head_form():
    evaluator = build_evaluator(resolve_deployment("deepseek-v2-lite", "h100-sxm"), load_scheme("none"), 1, 4096.0)
    assert (np.unique(evaluator["expanded_key_width"] + evaluator["expanded_value_width"]) == [192 + 128]).all()
    assert (evaluator["prefill_attention_time"] > 0).all()
