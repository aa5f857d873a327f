"""``costmodel stress --numerics`` from the command line to a decoder and back: the tiny one, and SmolLM2 where there is one."""

import json

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.numerics.experiments import EXPERIMENTS

SMALL = {
    "drift": ["--with", "turns=2 conversations=1 user=8 output=2"],
    "retrieval": ["--with", "context=256 trials=1", "--over", "40,200"],
}
SCHEMES = ["--scheme", "none", "--scheme", "int4", "--scheme", "streaming-llm[sinks=4,recent=60]"]


def call(test: str, *words: str) -> str:
    done = CliRunner().invoke(
        app, ["stress", test, "--numerics", *SCHEMES, *SMALL[test], *words], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_every_experiment_is_called_here():
    assert set(SMALL) == set(EXPERIMENTS)


@pytest.mark.parametrize("test", SMALL)
def test_a_run_prints_what_it_measured(test, installed):
    printed = call(test)
    assert installed and "bfloat16; another model may answer otherwise" in printed.lower().replace("measured on ", "")
    assert {"int4", "none"} <= {line.split()[0] for line in printed.splitlines() if line.strip()}
    passes = len(installed)
    assert json.loads(call(test, "--json"))["test"] == test and len(installed) == passes, "kept, not run again"


@pytest.mark.parametrize("test", SMALL)
def test_the_real_decoder_answers_too(test, smollm2, monkeypatch, tmp_path):
    monkeypatch.setattr("costmodel.numerics.store.cache_folder", lambda: tmp_path)
    answer = json.loads(call(test, "--json"))
    numbers = {name: variable["data"] for name, variable in answer["data"]["data_vars"].items()}
    name = {"drift": "answer_divergence", "retrieval": "needle_retention"}[test]
    assert list(tmp_path.rglob("*.json")) and numbers[name][0] != numbers[name][1 if test == "drift" else 2]
