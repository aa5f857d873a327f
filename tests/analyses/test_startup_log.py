"""Start-up logs of vLLM: what old and new versions print, what explains a difference, what is no log."""

import json

import pytest
from typer.testing import CliRunner

from costmodel.analyses.startup_log import Compared, compare_log, explain, read_log
from costmodel.cli.app import app
from costmodel.errors import InputError

ARGUMENTS = (
    "'max_num_batched_tokens': 8192, 'max_num_seqs': 256, 'gpu_memory_utilization': 0.9, 'kv_cache_dtype': 'fp8'"
)
NEW = f"""INFO [utils.py:233] non-default args: {{'model': 'meta-llama/Llama-3.1-8B', {ARGUMENTS}}}
INFO [core.py:77] Initializing a V1 LLM engine (v0.24.0) with config: model='meta-llama/Llama-3.1-8B',
 tensor_parallel_size=1, quantization=None, kv_cache_dtype=fp8, max_seq_len=131072, enforce_eager=False
INFO [gpu_model_runner.py:3000] Model loading took 14.99 GiB memory and 3.1 seconds
INFO [gpu_worker.py:298] Available KV cache memory: 54.90 GiB
INFO [kv_cache_utils.py:1087] GPU KV cache size: 899,424 tokens
"""
OLD = """INFO llm_engine.py:72] Initializing an LLM engine (v0.4.2) with config: model='meta-llama/Llama-3.1-8B',
 tensor_parallel_size=2, kv_cache_dtype=auto, enforce_eager=True
INFO model_runner.py:175] Loading model weights took 7.5122 GB
INFO gpu_executor.py:83] # GPU blocks: 57168, # CPU blocks: 4096
"""
GIB = 2**30


def test_what_a_log_states_and_measured():
    log = read_log(NEW, "vllm.log")
    assert log.measured == {"weights": 14.99 * GIB, "pool": pytest.approx(54.90 * GIB), "tokens": 899_424}
    assert log.stated == {
        "model": "meta-llama/Llama-3.1-8B", "tp": "1", "kv_cache_dtype": "fp8", "memory_fraction": "0.9", "max_num_seqs": "256",
        "max_num_batched_tokens": "8192", "max_model_len": "131072", "eager": "False", "engine_version": "0.24.0",
    }  # fmt: skip


def test_an_old_log_counts_blocks():
    log = read_log(OLD, "vllm.log")
    assert log.measured["tokens"] == 57_168 * 16 and log.measured["weights"] == 7.5122 * GIB
    assert log.stated["tp"] == "2" and log.stated["eager"] == "True" and "kv_cache_dtype" not in log.stated


def test_a_pool_that_is_as_predicted():
    parts, answer, _ = compare_log(read_log(NEW, "vllm.log"), {"gpu": "h100-sxm"}, "vllm.log")
    assert [part.name for part in parts] == ["weights", "pool", "tokens"] and answer["scheme"] == "fp8"
    assert all(abs(part.difference) < 0.02 for part in parts)
    assert explain(parts).startswith("The pool is as predicted")


def test_the_part_that_explains_a_difference():
    """40 of 60 GiB: weights take 15 more than predicted; then nothing else but a token twice as wide; then the rest."""
    weights = [
        Compared("weights", 30 * GIB, 15 * GIB),
        Compared("pool", 45 * GIB, 60 * GIB),
        Compared("tokens", 45e3, 60e3),
    ]
    assert "is weights" in explain(weights) and "+33.3 % off" in explain(weights)
    wide = [
        Compared("weights", 15 * GIB, 15 * GIB),
        Compared("pool", 60 * GIB, 60 * GIB),
        Compared("tokens", 30e3, 60e3),
    ]
    assert "is bytes of a token" in explain(wide)
    rest = [
        Compared("weights", 15 * GIB, 15 * GIB),
        Compared("pool", 50 * GIB, 60 * GIB),
        Compared("tokens", 50e3, 60e3),
    ]
    assert "forward pass, graphs, communication" in explain(rest)
    assert "states nothing that tells why" in explain([Compared("tokens", 50e3, 60e3)])


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("model,gpu\n", {}, "expected a start-up log of vLLM"), (NEW, {}, "gpu is not in the log: give --gpu"),
        (NEW.replace("meta-llama/Llama-3.1-8B", "None"), {"gpu": "h100-sxm"}, "model is not in the log"),
        (NEW.replace("meta-llama/Llama-3.1-8B", "nobody/nothing"), {"gpu": "h100-sxm"}, "nobody/nothing"),
        (NEW.replace("899,424", "0"), {}, "vllm.log: 'GPU KV cache size: 0 tokens': expected a number above 0, got '0'"),
        (NEW.replace("899,424", ","), {}, "expected a number above 0, got ''"),
        (OLD + "block_size=many", {}, "vllm.log: block_size: expected a number above 0, got 'many'"),
    ],
)  # fmt: skip
def test_logs_that_cannot_be_compared(text, given, message):
    with pytest.raises(InputError, match=message):
        compare_log(read_log(text, "vllm.log"), given, "vllm.log")


def test_the_command(tmp_path):
    path = tmp_path / "vllm.log"
    path.write_text(NEW, encoding="utf-8")
    answer = json.loads(
        CliRunner().invoke(app, ["validate", "--vllm-log", str(path), "--gpu", "h100-sxm", "--json"]).stdout
    )
    assert {part["part"] for part in answer["parts"]} == {"weights", "pool", "tokens"}
    text = CliRunner().invoke(app, ["validate", "--vllm-log", str(path), "--gpu", "h100-sxm"]).stdout
    assert text.startswith("The pool is as predicted") and "899,424 tokens" in text
    missing = CliRunner().invoke(app, ["validate", "--vllm-log", str(tmp_path / "none.log"), "--gpu", "h100-sxm"])
    assert isinstance(missing.exception, InputError)
