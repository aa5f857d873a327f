"""Recomputed from the raw tables, the held-out errors are those that the profiles state, and beat simpler laws."""

import json

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.facts import store

pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")


@pytest.fixture(scope="module")
def told():
    at = "validate --recompute --gpu h100-sxm --engine sglang --json".split()
    return json.loads(CliRunner().invoke(app, at, catch_exceptions=False).output)


def test_stated_errors_are_those_of_the_raw_tables(told):
    stated = {
        (f["kernel"], f["head_dim"]): f["held_out"]
        for f in store.read_fact_file("profiles", "h100-sxm--sglang")["attention"]
    }
    checked = 0
    for row in told["attention"]:
        if row["head_dim"] != "all":
            wanted = stated[row["kernel"], row["head_dim"]][row["kv_dtype"]]
            assert row["n"] == wanted["n"] and row["median"] == pytest.approx(wanted["median"], rel=2e-3)
            checked += 1
    assert checked >= 8


def test_the_law_beats_simpler_ones_on_the_same_points(told):
    pooled = told["summary"][0]
    assert pooled["law"] == "decode attention"
    for name in ("roofline", "efficiency", "interpolation"):
        assert pooled["median"] < 0.75 * pooled[name], name
    assert 80 < pooled["coverage"] < 97


def test_winners_and_other_laws_are_told(told):
    (winners,) = told["winners"]
    assert winners["sign_5"] > 93.5 and winners["balanced_5"] > 92
    assert {"gemm", "prefill", "all_reduce", "codec"} <= {row["law"] for row in told["others"]}
