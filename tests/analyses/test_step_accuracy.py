"""Whole steps of a real engine beside their predictions: the bounds that the project holds itself to, and the arithmetic."""

import numpy as np
import pytest

from costmodel.analyses.step_validation import predicted_steps, step_accuracy
from costmodel.facts import store

LISTED = {(1, 2048), (16, 8192), (64, 4096), (256, 1024)}  # their kernels by name taught the profile
FACTS = store.read_toml(store.PACKAGE / "measurements" / "engine_steps.toml")


@pytest.fixture(scope="module")
def accuracy():
    return {entry.kv_cache_dtype: entry for entry in step_accuracy()}


def test_every_step_is_predicted_and_has_an_interval():
    rows = predicted_steps()
    assert len(rows) == 53 and np.isfinite(rows[["predicted", "lo", "hi"]]).all().all()
    assert (rows["lo"] <= rows["predicted"]).all() and (rows["predicted"] <= rows["hi"]).all()


@pytest.mark.parametrize("kv_type", ["auto", "fp8"])
def test_steps_that_nobody_fitted_are_right(accuracy, kv_type):
    entry = accuracy[kv_type]
    assert entry.median <= 0.015 and entry.p90 <= 0.03 and abs(entry.bias) <= 0.005
    assert entry.evidence == "measured" and not entry.is_learnt


def test_intervals_of_both_caches_hold_and_are_narrow():
    rows = predicted_steps().query("kv_cache_dtype in ['auto', 'fp8']")
    inside = ((rows["lo"] <= rows["step_ms"]) & (rows["step_ms"] <= rows["hi"])).mean()
    assert 0.85 <= inside <= 0.97


def test_steps_whose_kernels_were_listed_do_not_judge(accuracy):
    assert {tuple(point) for point in FACTS["listed"]} == LISTED
    rows = predicted_steps()
    assert accuracy["auto"].rows + accuracy["fp8"].rows < (rows["kv_cache_dtype"] != "int8_per_token_head").sum()


def test_steps_that_were_learnt_are_marked(accuracy):
    assert accuracy["int8_per_token_head"].is_learnt
    assert FACTS["learnt"] == ["int8_per_token_head"]


def test_figures_are_those_of_the_rows(accuracy):
    rows = predicted_steps().query("kv_cache_dtype == 'fp8'")
    listed = [tuple(point) in LISTED for point in rows[["batch", "prompt_len"]].itertuples(index=False)]
    rows = rows[~np.array(listed)]
    assert accuracy["fp8"].rows == len(rows) == 20
    error = rows["predicted"] / rows["step_ms"] - 1
    assert accuracy["fp8"].median == pytest.approx(error.abs().median())
    assert accuracy["fp8"].bias == pytest.approx(error.median())
    assert accuracy["fp8"].half_width == pytest.approx((np.sqrt(rows["hi"] / rows["lo"]) - 1).median())
