"""Pools that people reported, asked with the conditions of their reports, and what is said where one lacks."""

import pandas as pd
import pytest

from costmodel.evaluation.ask.pool_versions import version_ranges, with_version
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts import engines, gpus

GIB = 2**30
REPORTS = {
    # vllm issue 27508, 2025-10-31: 1.71 GiB with a pass of 1,024 tokens; its version by the date
    "gpt-oss": ({"model": "gpt-oss-120b", "gpu": "h100-sxm", "tp": 1, "engine_version": "0.11.0", "memory_fraction": 0.95,
                 "max_num_batched_tokens": 1024}, 1.71),
    # vllm issue 21348, 2025-07-22: 178,880 tokens, 8.11 GiB a GPU; version by the date
    "qwen3-235b": ({"model": "qwen3-235b-a22b", "gpu": "h100-sxm", "tp": 4, "engine_version": "0.10.0",
                    "weight_dtype": "fp8-block", "memory_fraction": 0.9}, 8.11),
    # vllm PR 12569: 22,096 tokens of 320 KiB under VLLM_USE_V1=1
    "llama-70b": ({"model": "llama-3.1-70b", "gpu": "h100-sxm", "tp": 1, "engine_version": "0.7.0+v1", "usage": "offline",
                   "weight_dtype": "int8", "memory_fraction": 0.98, "max_model_len": 2048}, 22_096 * 320 / 2**20),
    # club-3090 issue 612: 5.98 GiB, one sequence, 8,192 tokens a pass, with its vision tower
    "qwen3.5-35b": ({"model": "qwen3.5-35b-a3b", "gpu": "rtx-5090", "tp": 1, "engine_version": "0.24.0", "scheme": "fp8",
                     "weight_dtype": "nvfp4", "memory_fraction": 0.92, "max_model_len": 131_072,
                     "max_num_batched_tokens": 8192, "max_num_seqs": 1}, 5.98),
    # vllm issue 13061: 81,536 tokens of 96 KiB a GPU, of the rank with least
    "qwen-14b": ({"model": "qwen2.5-14b", "gpu": "rtx-4090", "tp": 2, "engine_version": "0.7.2", "memory_fraction": 0.98},
                 81_536 * 96 / 2**20),
}  # fmt: skip
CLOSE = {"gpt-oss": 0.2, "qwen3-235b": 0.13, "llama-70b": 0.11, "qwen3.5-35b": 0.04, "qwen-14b": 0.03}


@pytest.mark.parametrize("name", REPORTS)
def test_the_interval_holds_what_was_printed(name):
    conditions, printed = REPORTS[name]
    answer = predict(pd.DataFrame([conditions | {"batch": 1, "context": 2048}]))[0].iloc[0]
    size = answer["memory_pool_bytes"] / GIB
    assert size == pytest.approx(printed, rel=CLOSE[name])
    ends = [size * answer[f"kv_pool_tokens_{end}"] / answer["kv_pool_tokens"] for end in ("lo", "hi")]
    assert ends[0] <= printed <= ends[1]


def test_a_version_that_nobody_stated_is_said_to_matter():
    row = {"model": "gpt-oss-120b", "gpu": "h100-sxm", "tp": 1, "memory_fraction": 0.95, "batch": 1, "context": 4096}
    remarks = predict(pd.DataFrame([row]))[1]
    (said,) = [remark for remark in remarks if remark.startswith("pool of gpt-oss-120b on 1 × h100-sxm")]
    assert "under vllm 0.24 (max_num_batched_tokens 8,192, max_num_seqs 1,024)" in said
    assert said.endswith("under versions since 0.6 (engine_version)")
    close = predict(pd.DataFrame([row | {"model": "llama-8b"}]))[1]
    assert not any(remark.startswith("pool of") for remark in close), "a few per cent are not worth a sentence"
    stated = predict(pd.DataFrame([row | {"engine_version": "0.11.0"}]))[1]
    assert not any(remark.startswith("pool of") for remark in stated)


def test_an_engine_whose_versions_are_alike_says_nothing():
    row = {"model": "llama-8b", "gpu": "h100-sxm", "engine": "sglang", "batch": 1, "context": 4096}
    assert not any(remark.startswith("pool of") for remark in predict(pd.DataFrame([row]))[1])
    assert version_ranges(engines.load("tensorrt-llm", gpus.load("h100-sxm"))) == []
    ranges = version_ranges(engines.load("vllm", gpus.load("h100-sxm")))
    assert ranges[0] == "0.6" and "0.17" in ranges and ranges == sorted(ranges, key=lambda v: int(v.split(".")[1]))


def test_what_was_stated_stays_under_another_version():
    deployment = resolve_deployment("llama-8b", "h100-sxm", ranks=1, engine="vllm", max_num_seqs=64, eager=True)
    older = with_version(deployment, "0.7")
    assert older.engine.numbers["max_sequences"] == 64 and older.engine.numbers["graph_size"] == 0
    assert older.memory_fraction == 0.9 and deployment.memory_fraction == 0.92
    assert older.engine.numbers["max_batched_tokens"] == 2048
    stated = resolve_deployment("llama-8b", "h100-sxm", ranks=1, engine="vllm", memory_fraction=0.8)
    assert with_version(stated, "0.7").memory_fraction == 0.8
