"""A context that the model does not serve has no verdict of a kernel, in tables, sweeps, maps and under load."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from costmodel.analyses.regime import compute_regimes
from costmodel.cli.app import app
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.ask.sweep import sweep
from costmodel.evaluation.ask.verdicts import BEYOND, TOO_LONG, VERDICTS, is_absent, within_limit
from costmodel.evaluation.assemble.deployments import resolve_deployment

LIMIT = 131_072
ROW = {"model": "llama-8b", "gpu": "h100-sxm", "tp": 1, "scheme": "fp8"}


def test_the_limit_itself_is_served():
    codes = within_limit(np.array([2, 2, 3]), np.array([LIMIT, LIMIT + 1, LIMIT + 1]), LIMIT)
    assert list(codes) == [2, TOO_LONG, TOO_LONG] and VERDICTS[TOO_LONG] == BEYOND
    assert list(is_absent(VERDICTS)) == [False, False, False, True, False, True]


def test_a_table_says_so_in_its_rows_and_in_words():
    predicted, remarks = predict(pd.DataFrame([ROW | {"context": LIMIT}, ROW | {"context": LIMIT + 16}]))
    assert predicted["verdict"][0] == "wins" and predicted["verdict"][1] == BEYOND
    assert remarks[0] == "1 row beyond the model's context limit: 2"


def test_a_request_under_load_counts_prompt_and_output():
    row = ROW | {"mode": "serving", "prompt_len": LIMIT - 100, "concurrency": 2}
    predicted, _ = predict(pd.DataFrame([row | {"gen_len": 100}, row | {"gen_len": 101}]))
    assert predicted["verdict"][0] != BEYOND and predicted["verdict"][1] == BEYOND


@pytest.mark.parametrize("comparison", ["same-batch", "own-batch"])
def test_a_map_ends_at_the_limit(comparison):
    deployment = resolve_deployment("llama-8b", "h100-sxm", ranks=1, engine="vllm")
    (regimes,) = compute_regimes(deployment, ["fp8"], [1.0], [65536.0, 2.0 * LIMIT], [comparison])[comparison]
    assert regimes.verdict[0, 0] == "wins" and regimes.verdict[0, 1] == BEYOND
    assert regimes.counts()[BEYOND] == 1


def test_a_sweep_carries_it():
    data = sweep("llama-8b", "h100-sxm", scheme=["fp8"], batch=[1], context=[65536, 2 * LIMIT], outputs=["verdict"])
    assert list(np.ravel(data["verdict"].sel(scheme="fp8"))) == ["wins", BEYOND]


def test_explain_says_it_before_anything_else():
    output = CliRunner().invoke(app, "explain --model llama-8b --gpu h100-sxm --tp 1 --context 1M".split()).output
    assert output.splitlines()[0] == "Context 1,048,576 beyond the model's context limit of 131,072 tokens."


def test_a_regime_table_leaves_the_cell_blank():
    words = "regime --model llama-8b --gpu h100-sxm --tp 1 --scheme fp8 --batch 1 --context 64K,256K"
    output = CliRunner().invoke(app, words.split()).output
    row = next(line for line in output.splitlines() if line.strip().startswith("256K"))
    assert row.split()[1:6] == ["–", "–", "beyond", "context", "limit"]
