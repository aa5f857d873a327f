"""What was asked for and cannot run is said first: by every command, in one way."""

import json
import math

import pandas as pd
import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.evaluation.ask.limits import limit_remarks
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.deployments import resolve_deployment

HERE = resolve_deployment("llama-3-8b", "a100-sxm", ranks=1, engine="vllm")
SHORT = "--model llama-3-8b --gpu a100-sxm --tp 1"  # 8,192 tokens
TOO_LONG = "Context 32,768 beyond the model's context limit of 8,192 tokens."
COMMANDS = {
    f"explain {SHORT} --scheme fp8 --context 32K": TOO_LONG,
    f"sweep {SHORT} --scheme fp8 --batch 1 --context 4K,32K --out sweep.csv": TOO_LONG,
    f"regime {SHORT} --scheme fp8 --batch 1 --context 4K,32K --comparison same-batch": TOO_LONG,
    f"breakeven {SHORT} --scheme fp8 --at 32K": TOO_LONG,
    f"breakeven {SHORT} --scheme fp8 --longest 32K": TOO_LONG,
    f"stress fork {SHORT} --scheme fp8 --with context=32K": TOO_LONG,
    f"plot regime {SHORT} --scheme fp8 --batch 1 --context 32K --out map.pdf": TOO_LONG,
    f"replay {SHORT} --scheme fp8 --requests 20 --prompt 10K --output 16": "20 of 20 requests beyond the model's context limit",
    f"explain {SHORT} --scheme fp8 --batch 4096 --context 8K": "Batch 4,096 beyond the pool, which holds 114 at context 8,192",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_first_line_says_it(command):
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0].startswith(COMMANDS[command])


def test_json_stays_json():
    done = CliRunner().invoke(app, f"explain {SHORT} --context 32K --json".split())
    assert json.loads(done.stdout)["outputs"]["verdict"] == "beyond context limit" and done.stderr.strip() == TOO_LONG


def test_nothing_is_said_of_what_runs():
    assert limit_remarks(HERE, ["fp8"], [1, 8], [1024, 8192]) == []


def test_a_batch_that_one_scheme_holds_is_not_beyond_the_pool():
    """The pool that a prediction names, divided by the bytes of a sequence, counted by hand."""
    (remark,) = limit_remarks(HERE, ["none"], [100], [8192])
    row = {"model": "llama-3-8b", "gpu": "a100-sxm", "tp": 1, "batch": 1, "context": 8192}
    pool = predict(pd.DataFrame([row]))[0]["kv_pool_bytes"].item()
    held = math.floor(pool / (32 * 8 * 128 * 2 * 2 * 8192))
    assert remark == f"batch 100 beyond the pool, which holds {held} at context 8,192 (none)"
    assert limit_remarks(HERE, ["none", "fp8"], [100], [8192]) == []


def test_a_context_that_leaves_no_room_is_named():
    tight = resolve_deployment("llama-8b", "rtx-3090", ranks=1, engine="vllm")
    starts, beyond = limit_remarks(tight, ["none"], [4], [4096, 65536])
    assert beyond.startswith("context 65,536 beyond the pool, which holds 0 there")
    assert starts.startswith(
        "llama-3.1-8b on 1 × rtx-3090 does not fit: vllm does not start with a context limit of 131,072"
    )


def test_rows_of_a_table_are_counted_and_named():
    row = {"model": "llama-3-8b", "gpu": "a100", "scheme": "fp8", "batch": 1, "context": 2000, "prompt_len": 2000}
    rows = [row | {"prompt_len": 3000}, row | {"context": 20_000}, row | {"batch": 100_000}, row]
    assert predict(pd.DataFrame(rows))[1][:3] == [
        "1 row beyond the model's context limit: 2",
        "1 row with a batch beyond the pool (max_batch_memory): 3",
        "1 row with prompt_len above context: 1",
    ]
