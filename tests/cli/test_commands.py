"""Every command as a user types it: help with an example, JSON that parses, files that are whole."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.errors import InputError
from costmodel.mechanisms import load_mechanisms

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "sweep": "--model llama-8b --tp 1 --scheme fp8 --batch 1,8 --context 1K,8K",
    "regime": "--model llama-8b --tp 1 --scheme fp8 --batch 1,8 --context 1K,8K --tpot 20ms",
    "breakeven": "--model llama-8b --tp 1 --scheme fp8 --batch 1",
    "explain": "--model llama-8b --tp 1 --scheme int4",
    "stress": "fork --model llama-8b --tp 1 --scheme h2o",
    "models": "",
    "gpus": "",
    "engines": "",
    "implementations": "",
    "schemes": "",
    "quality": "--scheme int4 --benchmark gsm8k",
    "cite": "--model llama-8b --scheme kivi-2bit",
    "tex": "attention_time --chain",
    "validate": "",
}
runner = CliRunner()


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "118")


def call(text: str, **options):
    done = runner.invoke(app, text.split(), catch_exceptions=False, **options)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_version_is_that_of_the_package():
    import tomllib

    import costmodel

    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert call("--version") == f"costmodel {version}\n" and costmodel.__version__ == version
    with pytest.raises(AttributeError, match="no attribute 'version'"):
        costmodel.version  # noqa: B018


def test_type_hints_are_shipped():
    assert (ROOT / "costmodel" / "py.typed").exists()


def test_mechanisms_are_listed_with_their_fields():
    rows = json.loads(call("schemes --mechanisms --json"))
    by_name = {(row["kind"], row["field"]): row for row in rows}
    assert {kind for kind, _ in by_name} == set(load_mechanisms()) and all(row["meaning"] for row in rows)
    assert by_name["evict", "budget"] | {"meaning": ""} == {
        "kind": "evict", "field": "budget", "unit": "token/sequence", "default": None, "required": True, "choices": [],
        "meaning": "",
    }  # fmt: skip
    assert by_name["redefine", "kept_tokens"]["unit"] == "token/sequence"
    words = call("schemes --mechanisms").split()
    assert {"redefine", "kept_tokens", "required", "choice", "all,"} <= set(words)
    with pytest.raises(InputError, match="expected a scheme or --mechanisms, got both"):
        call("schemes h2o --mechanisms")


def test_every_command_is_listed_with_help():
    names = {command.name for command in app.registered_commands}
    assert names >= set(COMMANDS) | {"predict", "plot", "calibrate"}
    output = call("--help")
    for name in names:
        assert re.search(rf"\b{name}\b", output), name


@pytest.mark.parametrize("command", app.registered_commands, ids=lambda c: c.name)
def test_every_command_has_an_example(command):
    assert f"Example: costmodel {command.name}" in command.callback.__doc__


@pytest.mark.parametrize("name", COMMANDS)
def test_json_parses_and_text_prints(name):
    assert json.loads(call(f"{name} {COMMANDS[name]} --json"))
    assert call(f"{name} {COMMANDS[name]}").strip()


@pytest.mark.parametrize("ending", ["csv", "parquet", "nc", "zarr"])
def test_sweep_writes_every_format(ending, tmp_path):
    import pandas as pd
    import xarray as xr

    call(f"sweep {COMMANDS['sweep']} --out out.{ending}")
    target = tmp_path / f"out.{ending}"
    if ending == "nc":
        dataset = xr.load_dataset(target, engine="h5netcdf")
        assert dataset["step_time"].attrs["units"] == "second" and dataset.sizes["context"] == 2
    elif ending == "zarr":
        assert xr.open_zarr(target)["speedup"].sel(scheme="fp8").shape[-2:] == (2, 2)
    else:
        table = pd.read_csv(target) if ending == "csv" else pd.read_parquet(target)
        assert len(table) == 8 and set(table.scheme) == {"none", "fp8"} and (table.tpot_ms > 0).all()
    assert not list(tmp_path.glob(".*partial*"))


def test_sweep_says_what_it_assumed_and_where_it_wrote(tmp_path):
    output = call("sweep --model llama-70b --scheme fp8 --batch 1,64 --context 1K,32K")
    assert "Llama 3.1 70B on 4 × h100-sxm" in output and "Assumed: GPU h100-sxm (--gpu)" in output
    assert "costmodel-out/sweep-llama-3.1-70b-h100-sxm.csv" in output
    assert (tmp_path / "costmodel-out" / "sweep-llama-3.1-70b-h100-sxm.csv").exists()


def test_uncalibrated_is_said():
    assert "UNCALIBRATED" in call("sweep --model llama-8b --gpu mi300x --scheme fp8 --batch 1 --context 1K")
    assert "inherited" in call("explain --model llama-8b --gpu a100-pcie")


def test_breakeven_prints_never_in_words():
    output = call("breakeven --model llama-8b --gpu h100-sxm --tp 1 --scheme quest[budget=131072] --batch 1")
    assert "never" in output


def test_tex_compiles_to_balanced_latex():
    output = call("tex step_time --chain --scheme kivi-2bit")
    assert output.count(r"\begin") == output.count(r"\end") == 2
    assert output.count("{") == output.count("}")


def test_plot_writes_figure_and_table(tmp_path):
    pytest.importorskip("matplotlib")
    call("plot regime --model llama-8b --tp 1 --batch 1,8 --context 1K,8K --out r.pdf")
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF") and b"Type3" not in (tmp_path / "r.pdf").read_bytes()
    assert (tmp_path / "r.csv").read_text().startswith("scheme,batch,context,ratio,low,high,verdict,binding")


LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}


def test_a_hugging_face_config_is_a_model(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text(json.dumps(LLAMA))
    from_config = json.loads(call("explain --hf-config mine/config.json --tp 1 --scheme fp8 --json"))
    from_file = json.loads(call("explain --model llama-3.1-8b --tp 1 --scheme fp8 --json"))
    assert from_config["outputs"] == from_file["outputs"]


def test_real_configs_sweep(tmp_path):
    configs = pytest.importorskip("aiconfigurator_core", reason="pip install 'costmodel[measured]' brings real configs")
    from pathlib import Path

    from costmodel.errors import CostModelError
    from costmodel.evaluation.ask.grid import grid
    from costmodel.evaluation.assemble.deployments import resolve_deployment
    from costmodel.facts import models

    done = 0
    for path in sorted((Path(configs.__file__).parent / "model_configs").glob("*_config.json")):
        try:
            deployment = resolve_deployment(models.from_config(path), "b300-sxm")
        except CostModelError:
            continue  # refused with a reason: tests/facts/test_huggingface.py lists which and why
        swept = grid(deployment, scheme=["none", "fp8"], batch=[4], context=[1024], outputs="all")
        assert (swept.columns["tpot_ms"] > 0).all() and (swept.columns["kv_bytes_per_sequence"] > 0).all(), path.name
        done += 1
    assert done >= 50
