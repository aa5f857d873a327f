"""The law of a grouped product of experts: one row of the tables by hand, and what every fit must obey."""

from math import ceil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.evaluation.ask.kernels import predict
from costmodel.facts import gpus, profiles

LAYER = {"hidden_size": 4096, "intermediate_size": 1536, "experts_per_token": 8, "experts": 128}


def calls(engine="vllm", dtype="bfloat16", gpu="h100-sxm", cold=False, **columns):
    table = pd.DataFrame({"gpu": [gpu], "engine": engine, "dtype": dtype} | LAYER | columns)
    return predict(table, "experts", "calls", cold)[0]["latency_us"].to_numpy()


def test_one_row_of_the_table_by_hand():
    """16 tokens of Qwen3 235B's layer over four H100s in block-scaled fp8, all experts alike: 247.9 us measured."""
    (fit,) = (
        fit
        for fit in profiles.read_profile_file("h100-sxm--vllm", "grouped").grouped
        if fit.kernel == "vllm_fp8moe_triton_tritonexperts"
    )
    c, gpu = fit.values, gpus.load("h100-sxm").numbers
    width, touched, rows = 1536 / 4, 128, 128  # 16 tokens x 8 choices: every expert, one row each
    weights = touched * 3 * 4096 * width * (1 + 4 / 128**2)
    hit = (c["grouped_l2_usable"] * gpu["l2_size"]) ** 8
    hit /= hit + weights**8
    moved = rows * 4096 * 1 + rows * (5 * width + 2 * 4096) * 2 + 16 * 4096 * 2
    memory = weights * (1 - hit + hit / c["grouped_l2_speedup"]) / (c["grouped_efficiency"] * gpu["hbm_bandwidth"])
    memory += moved / (c["grouped_row_efficiency"] * gpu["hbm_bandwidth"])

    def tensor(height):
        tiles = touched * ceil(rows / (touched * height))
        work = [(max(tiles * n / 128 / gpu["sms"], 1), k) for n, k in ((2 * width, 4096), (4096, width))]
        peak = c["grouped_peak_share"] * gpu["peak_fp8"] / gpu["sms"]
        return sum(waves * 2 * height * 128 * (k + c["grouped_fill_drain"]) / peak for waves, k in work)

    compute = min(tensor(c["grouped_tile"]), tensor(64), tensor(128)) + c["grouped_step_cost"] * (4096 + width)
    p = c["grouped_overlap"]
    floor = c["grouped_launch"] + c["grouped_held_cost"] * 128 + c["grouped_touched_cost"] * 128
    expected = 1e6 * (floor + (memory**p + compute**p) ** (1 / p))
    predicted = calls(dtype="fp8_block", tokens=16, tp=4).item()
    assert predicted == pytest.approx(expected, rel=1e-9)
    assert predicted == pytest.approx(247.9, rel=0.15)


PAIRS = st.sampled_from(
    [
        ("h100-sxm", "vllm", "bfloat16"), ("b200-sxm", "sglang", "nvfp4"), ("l40s", "tensorrt-llm", "fp8"),
        ("h200-sxm", "sglang", "fp8_block"),
    ]
)  # fmt: skip


@settings(max_examples=30)
@given(PAIRS, st.integers(1, 8192), st.sampled_from([1, 2, 8]))
def test_more_tokens_never_take_less(pair, tokens, spread):
    gpu, engine, dtype = pair
    table = {"tokens": [tokens, tokens + 1, 2 * tokens], "ep": spread, "routing": "independent"}
    fewer, one_more, twice = predict(
        pd.DataFrame({"gpu": gpu, "engine": engine, "dtype": dtype} | LAYER | table), "experts", "calls"
    )[0]["latency_us"]
    assert fewer <= one_more * (1 + 1e-9) and one_more <= twice * (1 + 1e-9) or tokens == 1


@settings(max_examples=20)
@given(PAIRS, st.integers(1, 4096))
def test_a_cold_call_is_no_faster_than_a_warm_one_within_hbm(pair, tokens):
    """L2 serves a small layer faster than HBM wherever the fit says that it is the faster of the two."""
    gpu, engine, dtype = pair
    warm, cold = (calls(engine, dtype, gpu, cold=is_cold, tokens=tokens, tp=8).item() for is_cold in (False, True))
    assert np.isfinite(warm) and warm <= cold * (1 + 1e-9)


def test_a_narrower_part_of_every_expert_streams_less():
    whole, split = (calls(dtype="fp8_block", tokens=64, tp=tp).item() for tp in (1, 4))
    assert 2 < whole / split < 4
