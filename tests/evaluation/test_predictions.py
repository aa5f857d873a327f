"""A table of points comes back with predictions beside what was given, row for row, or is refused with row and column."""

import pandas as pd
import pytest

from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.ask import kernels
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.ask.predict import COLUMNS, predict

POINTS = pd.DataFrame(
    {
        "model": ["llama-8b", "Qwen/Qwen3-32B", "llama-8b", "deepseek-v3"],
        "gpu": ["H100_SXM", "h200-sxm", "h100", "b200-sxm"],
        "tp": [1, 2, 1, 8],
        "scheme": ["fp8", "kivi-2bit[group=64]", "none", "none"],
        "batch": [8, 4, 8, 16],
        "prompt_len": [8000, 4096, 8000, 2048],
        "gen_len": [384, 0, 384, 256],
        "mine": ["a", "b", "c", "d"],
    },
    index=[7, 5, 3, 1],
)


def test_rows_stay_in_order_and_foreign_columns_pass_through():
    result, said = predict(POINTS)
    assert list(result["mine"]) == list("abcd") and list(result["batch"]) == [8, 4, 8, 16]
    assert set(COLUMNS) <= set(result.columns) and result[list(COLUMNS)].notna().all().all()
    assert "context = prompt_len + gen_len / 2" in said and list(result["context"])[0] == 8192
    assert list(result["baseline"]) == ["none"] * 4 and result["calibrated"].isin(["measured"]).all()


def test_a_point_says_what_a_grid_says():
    result, _ = predict(POINTS.iloc[[0]].assign(gen_len=0, prompt_len=8192))
    grid_result = grid("llama-8b", "h100-sxm", ["none", "fp8"], [8], [8192], outputs="all", ranks=1)
    for name in ("tpot_ms", "speedup", "speedup_lo", "max_batch", "ttft_ms", "kv_bytes_per_sequence"):
        assert result[name].iloc[0] == pytest.approx(grid_result.column(name, "fp8").item(), rel=1e-12), name


def test_the_speed_up_is_that_of_the_two_rows():
    result, _ = predict(POINTS)
    fp8, none = result.iloc[0], result.iloc[2]
    assert fp8["speedup"] == pytest.approx(none["tpot_ms"] / fp8["tpot_ms"], rel=1e-12)


def test_model_and_gpu_are_enough():
    result, said = predict(pd.DataFrame({"model": ["llama-70b"], "gpu": ["h100-sxm"]}))
    assert result["tp"].item() == 4 and result["tpot_ms"].item() > 5
    assert {"engine = vllm", "scheme = none", "batch = 1"} <= set(said)


BAD = [
    (pd.DataFrame(), "expected rows, got none"),
    (pd.DataFrame({"model": ["llama-8b"]}), "no column 'gpu'"),
    (pd.DataFrame({"model": ["llama-8b", None], "gpu": ["h100", "h100"]}), "row 2: model is empty"),
    (pd.DataFrame({"model": ["x"], "gpu": ["h100"]}), "row 1: there is no model 'x'"),
    (
        pd.DataFrame({"model": ["llama-8b"], "gpu": ["h100"], "batch": ["many"]}),
        "row 1: batch: expected a number above 0, .*got 'many'",
    ),
    (
        pd.DataFrame({"model": ["llama-8b"], "gpu": ["h100"], "batch": [0]}),
        "batch: expected a number above 0, .*got '0'",
    ),
    (
        pd.DataFrame({"model": ["llama-8b"], "gpu": ["h100"], "context": [-5]}),
        "context: expected a number above 0, .*got '-5'",
    ),
    (pd.DataFrame({"model": ["llama-70b"], "gpu": ["h100"], "tp": [1]}), "row 1: .*does not fit"),
    (pd.DataFrame({"model": ["llama-8b"], "gpu": ["h100"], "tp": ["two"]}), "tp: expected a number of GPUs, got 'two'"),
    (pd.DataFrame({"model": ["llama-8b"], "gpu": ["h100"], "mode": ["served"]}), "no mode 'served'"),
    (pd.DataFrame({"model": ["llama-8b"], "gpu": ["h100"], "scheme": ["h2o[budget=1]"]}), "knob budget"),
]


@pytest.mark.parametrize(("points", "word"), BAD)
def test_bad_tables_are_refused(points, word):
    with pytest.raises(InputError, match=word):
        predict(points)


CALLS = pd.DataFrame(
    {"gpu": "h100-sxm", "batch": [1, 64], "num_heads": 32, "num_kv_heads": 8, "head_dim": 128, "context": [1024, 16384]}
)


def test_kernel_calls_are_warm_unless_cold_is_asked():
    warm, said = kernels.predict(CALLS.assign(kv_dtype="fp8"), "decode-attention", "calls")
    cold, _ = kernels.predict(CALLS.assign(kv_dtype="fp8"), "decode-attention", "calls", cold=True)
    assert (cold["latency_us"] >= warm["latency_us"]).all() and "engine = vllm" in said
    assert (warm["latency_us_lo"] < warm["latency_us"]).all() and (warm["kernel"] == "vllm_flash_attn_fa3").all()


def test_a_window_bounds_what_a_kernel_reads():
    free, _ = kernels.predict(CALLS, "decode-attention", "calls")
    cut, _ = kernels.predict(CALLS.assign(window=512), "decode-attention", "calls")
    assert cut["latency_us"].iloc[1] < free["latency_us"].iloc[1] / 4


def test_products_stream_weights_when_small_and_compute_when_large():
    shapes = pd.DataFrame({"gpu": "h100-sxm", "m": [1, 8192], "n": 8192, "k": 8192, "dtype": "bfloat16"})
    result, _ = kernels.predict(shapes, "gemm", "calls")
    streaming, computing = 2 * 8192**2 / 3.35e12 * 1e6, 2 * 8192**3 / 989.4e12 * 1e6
    assert streaming < result["latency_us"].iloc[0] < 2 * streaming
    assert computing < result["latency_us"].iloc[1] < 2.5 * computing


OTHERS = {
    "prefill-attention": pd.DataFrame(
        {
            "gpu": "h100-sxm",
            "batch": 1,
            "num_heads": 32,
            "num_kv_heads": 8,
            "head_dim": 128,
            "prompt_len": [2048, 16384],
        }
    ),
    "mla-decode": pd.DataFrame(
        {"gpu": "h100-sxm", "engine": "trtllm", "batch": [1, 64], "num_heads": 128, "context": 8192}
    ),
    "quantize": pd.DataFrame({"gpu": "h100-sxm", "m": [8, 32768], "k": 8192}),
    "all-reduce": pd.DataFrame({"gpu": "h100-sxm", "num_gpus": [2, 8], "message_bytes": [16384, 2**26]}),
}


@pytest.mark.parametrize("kernel", OTHERS)
def test_other_kernels_take_longer_for_more_and_are_measured(kernel):
    result, _ = kernels.predict(OTHERS[kernel], kernel, "calls")
    first, last = result["latency_us"]
    assert 1 < first < last < 1e5 and (result["calibrated"] == "measured").all()
    assert ((result["latency_us_lo"] < result["latency_us"]) & (result["latency_us"] < result["latency_us_hi"])).all()


def test_a_long_prompt_is_bound_by_its_pairs():
    # 4 B H d L^2 / 2 operations: 32 heads x 128, 16,384 tokens are 2.2e12 of them, 2.2 ms at H100's peak
    result, _ = kernels.predict(OTHERS["prefill-attention"], "prefill-attention", "calls")
    assert 2.2e3 < result["latency_us"].iloc[1] < 2 * 2.2e3


@pytest.mark.parametrize(
    ("calls", "kernel", "word"),
    [
        (CALLS, "conv", "no kernel 'conv'"),
        (CALLS.drop(columns="batch"), "decode-attention", "no column 'batch'"),
        (CALLS.assign(num_kv_heads=5), "decode-attention", "no multiple"),
        (CALLS.assign(kv_dtype="int3"), "decode-attention", "int3"),
        (CALLS.assign(context=[1, -1]), "decode-attention", "row 2: context"),
        (OTHERS["all-reduce"].assign(num_gpus=1), "all-reduce", "num_gpus"),
        (OTHERS["mla-decode"].drop(columns="batch"), "mla-decode", "no column 'batch'"),
        (pd.DataFrame({"gpu": ["h100"], "m": [1], "n": [1], "k": [1], "dtype": ["fp3"]}), "gemm", "fp3"),
    ],
)
def test_bad_kernel_tables_are_refused(calls, kernel, word):
    with pytest.raises(CostModelError, match=word):
        kernels.predict(calls, kernel, "calls")
