"""The adapter to vLLM and its connector, against a stand-in package that behaves like vLLM 0.24 where the adapter touches it."""

import importlib.util
import json
from pathlib import Path

import pytest
from test_engine_command import taught  # noqa: F401 - a fixture

from calibration.__main__ import main
from calibration.engine import process, records
from calibration.engine.model_config import model_config, write_config
from calibration.engine.vllm_adapter import MISSING, adapter
from costmodel.errors import InputError
from costmodel.facts import models

FAKE = Path(__file__).parent / "fake_vllm"
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="the stand-in for vLLM keeps its cache in torch tensors"
)
needs_no_vllm = pytest.mark.skipif(importlib.util.find_spec("vllm") is not None, reason="vLLM is installed here")
ARGUMENTS = ["engine", "vllm", "--model", "llama-8b", "--gpu", "h100-sxm", "--minutes", "0.3"]


@needs_no_vllm
def test_without_vllm_it_says_what_to_install(taught, capsys):  # noqa: F811
    with pytest.raises(InputError, match="pip install vllm==0.24.0"):
        adapter().installed()
    assert main(ARGUMENTS) == 2
    assert capsys.readouterr().err == f"calibration: {MISSING}\n"


@needs_torch
@needs_no_vllm
def test_the_adapter_runs_decode_steps_prefills_and_a_burst(taught, monkeypatch, tmp_path, capsys):  # noqa: F811
    monkeypatch.syspath_prepend(FAKE)
    types = "auto,int8_per_token_head,turboquant_4bit_nc"
    assert main([*ARGUMENTS, "--kv-cache-dtype", types, "--out", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert "turboquant_4bit_nc: the engine did not start, exit status 1" in err
    assert "ERROR the attention backend refuses" in err and "ValueError: No valid attention backend found" in err
    assert records.finished(tmp_path / "out") == ["auto", "int8_per_token_head"] and "int8: constants" not in out
    pools = records.read(tmp_path / "out", "pools.csv")
    first = pools.to_dict("records")[0]
    assert (first["pool_tokens"], first["block_size"], first["max_context"]) == (40_000, 16, 8192)
    assert (first["attention"], first["graphs"], first["weight_dtype"]) == (
        "_FakeAttentionImpl", "FULL_AND_PIECEWISE", "bfloat16",
    )  # fmt: skip
    steps = records.read(tmp_path / "out", "steps.csv")
    # Prompts were declared present: 24 tokens are 24 steps of the whole batch, four are dropped.
    assert (steps["steps"] == 20).all() and steps["prompt_len"].max() == 8192 - 128 and steps["batch"].max() >= 64
    bursts = records.read_bursts(tmp_path / "out")
    # Prompts were computed: 17 requests of 2,048 tokens come in chunks of 8,192.
    assert bursts[0]["requests"] == 17 and bursts[0]["step_tokens"][:3] == [4, 7, 11]
    assert len(bursts[0]["first_token_s"]) == 17 and sum(bursts[0]["step_tokens"]) == 17 * 128
    tokens = records.read(tmp_path / "out", "ttft.csv")
    assert (tokens["ttft_ms"] > 1e3 * 2e-4).all() and records.read(tmp_path / "out", "kernels.csv").empty


@needs_torch
@needs_no_vllm
def test_kv_types_and_version_are_the_installed_ones(monkeypatch):
    monkeypatch.syspath_prepend(FAKE)
    installed = process.installed("calibration.engine.vllm_adapter:adapter")
    assert installed.version == "0.24.0" and installed.tested == ("0.24",) and installed.device == ""
    assert installed.kv_types == ("auto", "fp8", "int8_per_token_head", "turboquant_4bit_nc")


@pytest.mark.parametrize(
    "name", ["llama-8b", "qwen3-8b", "qwen2.5-7b", "mistral-7b", "yi-6b", "smollm2-135m", "vicuna-7b"]
)
def test_a_written_config_describes_the_model_again(name, tmp_path):
    model = models.load(name)
    path = write_config(model, tmp_path)
    again = models.from_config(path)
    assert again.parameters == model.parameters and again.max_context == model.max_context
    assert again.weight_dtype == model.weight_dtype and again.groups == model.groups


def test_a_given_config_is_copied(tmp_path):
    given, model = tmp_path / "given" / "config.json", models.load("qwen3-30b-a3b")
    given.parent.mkdir()
    given.write_text(json.dumps({"hidden_size": 2048, "num_hidden_layers": 48, "num_experts": 128}))
    for source in (given, given.parent):
        path = write_config(model, tmp_path, source)
        assert json.loads(path.read_text()) == json.loads(given.read_text())


def test_a_given_config_of_another_model_is_refused(tmp_path):
    (tmp_path / "own.json").write_text(json.dumps(model_config(models.load("qwen3-8b")) | {"num_hidden_layers": 35}))
    with pytest.raises(
        InputError, match=r"own\.json: num_hidden_layers: expected 36, as model qwen3-8b has it, got 35"
    ):
        write_config(models.load("qwen3-8b"), tmp_path, tmp_path / "own.json")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gemma-2-9b", "its family is 'gemma-2', known are llama-2"),
        ("qwen3-30b-a3b", "feed_forward: expected 'dense', got 'experts'|is no shape of a plain decoder layer"),
        ("mistral-7b-v0.1", "mixer: expected 'full', got 'sliding'|window is no shape"),
    ],
)
def test_a_model_whose_facts_are_not_enough_asks_for_its_config(name, reason):
    with pytest.raises(InputError, match=reason) as raised:
        model_config(models.load(name))
    assert "name the model's own with --config PATH" in str(raised.value)
