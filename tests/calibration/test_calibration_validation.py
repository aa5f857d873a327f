"""Recomputed from the raw tables, the held-out errors are those that the profiles state, and beat simpler laws."""

import json

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.facts import profiles

pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")


@pytest.fixture(scope="module")
def answer():
    arguments = "validate --recompute --gpu h100-sxm --engine sglang --json".split()
    return json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).output)


def test_stated_errors_are_those_of_the_raw_tables(answer):
    fits = profiles.read_profile_file("h100-sxm--sglang").attention
    stated = {(fit.kernel, fit.head_dim): fit.held_out for fit in fits}
    checked = 0
    for row in answer["attention"]:
        if row["head_dim"] != "all":
            expected = stated[row["kernel"], row["head_dim"]][row["kv_dtype"]]
            assert row["n"] == expected["n"] and row["median"] == pytest.approx(expected["median"], rel=2e-3)
            checked += 1
    assert checked >= 8


def test_the_law_beats_simpler_ones_on_the_same_points(answer):
    pooled = answer["summary"][0]
    assert pooled["law"] == "decode attention"
    for name in ("roofline", "efficiency", "interpolation"):
        assert pooled["median"] < 0.75 * pooled[name], name
    assert 80 < pooled["coverage"] < 97


def test_winners_and_other_laws_are_reported(answer):
    (winners,) = answer["winners"]
    assert winners["sign_5"] > 93.5 and winners["balanced_5"] > 92
    assert {"gemm", "prefill", "all_reduce", "codec"} <= {row["law"] for row in answer["others"]}
