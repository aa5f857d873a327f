"""Implementations by their ids: listed, shown, asked for, and refused where they cannot be."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.errors import CostModelError

POINT = "--model llama-8b --gpu h100-sxm --tp 1"


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def call(text: str) -> str:
    done = CliRunner().invoke(app, text.split(), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def refused(text: str) -> str:
    done = CliRunner().invoke(app, text.split())
    assert isinstance(done.exception, CostModelError), done.output
    return str(done.exception)


def test_implementations_are_listed_and_shown():
    listed = {one["id"]: one for one in json.loads(call("implementations --json"))}
    assert listed["vllm--int8"]["flag"] == "--kv-cache-dtype int8_per_token_head"
    assert (
        "h100-sxm" in listed["vllm--int8"]["constants learnt on"]
        and listed["vllm--fp8-triton"]["status"] == "pull request"
    )
    assert "vllm--fp8-xqa" in call("implementations")
    shown = call("implementations int8-per-token-head-vllm")
    assert "vllm--int8 (alias" in shown and "NUM_PAR_SOFTMAX_SEGMENTS" in shown
    assert "vllm--int8" in refused("implementations vllm--int")


def test_a_scheme_says_where_it_runs_and_with_which_flag():
    int8 = call("schemes int8")
    assert "--kv-cache-dtype int8_per_token_head" in int8 and "--quant-policy 8" in int8
    assert "Where it runs: nowhere known." in call("schemes kvquant-3bit")
    assert "Where it runs: nowhere known." in call("schemes int8+streaming-llm")
    assert [one["id"] for one in json.loads(call("schemes int8 --json"))["implementations"]] == [
        "lmdeploy--int8",
        "vllm--int8",
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--implementation vllm--int88", ["there is no implementation 'vllm--int88'", "vllm--int8"]),
        ("--implementation compild", ["no implementation 'compild'", "compiled"]),
        ("--implementation sglang--fp8 --engine vllm", ["sglang--fp8", "expected one in vllm, got one in sglang"]),
    ],
)
@pytest.mark.parametrize("command", ["sweep", "regime", "explain", "breakeven"])
def test_an_implementation_that_cannot_be_is_refused(command, options, words):
    message = refused(f"{command} {POINT} --scheme fp8 {options}")
    for word in words:
        assert word in message


def test_an_implementation_that_is_asked_for_is_used():
    found = {}
    for word in ("shipped", "compiled", "ideal", "vllm--int8"):
        (cell, _) = json.loads(
            call(f"regime {POINT} --scheme int8 --batch 8 --context 8K --implementation {word} --json")
        )
        found[word] = (cell["implementation"], cell["evidence"])
    assert found == {
        "shipped": ("vllm--int8", "measured"), "compiled": ("compiled", "compiled"), "ideal": ("ideal", "ideal"),
        "vllm--int8": ("vllm--int8", "measured"),
    }  # fmt: skip


def test_a_table_with_a_column_of_implementations(tmp_path):
    head = "model,gpu,tp,engine,scheme,batch,context,implementation\n"
    row = "llama-8b,h100-sxm,1,vllm,int8,8,8192,{}\n"
    (tmp_path / "points.csv").write_text(head + "".join(row.format(i) for i in ("shipped", "ideal", "vllm--int8")))
    call("predict points.csv --out answer.csv")
    answer = pd.read_csv("answer.csv")
    assert answer["implementation"].tolist() == ["vllm--int8", "ideal", "vllm--int8"]
    assert answer["evidence"].tolist() == ["measured", "ideal", "measured"]
    assert {"kernel_ns", "kernel_budget_ns", "ttft_ratio"} <= set(answer)
    (tmp_path / "wrong.csv").write_text(head + row.format("vllm--int9"))
    message = refused("predict wrong.csv")
    assert "wrong.csv: row 1" in message and "vllm--int8" in message


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("explain --scheme fp8 --implementation vllm--int8", ("expected scheme int8", "got fp8")),
        ("explain --implementation vllm--int8", ("expected scheme int8", "got none")),
        ("regime --scheme kivi-2bit --implementation vllm--int8", ("expected scheme int8", "got kivi-2bit")),
        ("breakeven --scheme fp8 --implementation vllm--int8", ("expected scheme int8", "got fp8")),
        ("stress fork --scheme fp8 --implementation vllm--int8", ("expected scheme int8", "got fp8")),
        ("cite --scheme fp8 --implementation vllm--int8", ("expected scheme int8", "got fp8")),
        ("explain --scheme fp8 --implementation vllm--fp8-xqa", ("expected a GPU of Hopper", "a100-sxm (Ampere)")),
    ],
)
def test_an_implementation_that_would_be_ignored_is_refused(arguments, words):
    said = refused(f"{arguments} --model llama-8b --gpu a100 --tp 1")
    assert all(word in said for word in words), said


def test_a_sweep_takes_an_implementation_of_one_of_its_schemes():
    assert "int8" in call(
        "sweep --model llama-8b --gpu a100 --tp 1 --scheme fp8 --scheme int8 --implementation vllm--int8"
    )
