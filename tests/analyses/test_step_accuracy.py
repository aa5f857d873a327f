"""Whole steps of a real engine beside their predictions: the bounds that the project holds itself to, and the arithmetic."""

import numpy as np
import pytest

from costmodel.analyses.step_validation import predicted_steps, step_accuracy
from costmodel.facts import store

LISTED = {(1, 2048), (16, 8192), (64, 4096), (256, 1024)}  # their kernels by name taught the profile
KEPT_BACK = {"turboquant_4bit_nc": 6, "turboquant_k8v4": 4, "turboquant_k3v4_nc": 2, "turboquant_3bit_nc": 2}
FACTS = store.read_toml(store.PACKAGE / "measurements" / "engine_steps.toml")


@pytest.fixture(scope="module")
def accuracy():
    return {entry.kv_cache_dtype: entry for entry in step_accuracy()}


def test_every_step_is_predicted_and_has_an_interval():
    rows = predicted_steps()
    assert len(rows) == 120 and np.isfinite(rows[["predicted", "lo", "hi"]]).all().all()
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
    assert accuracy["auto"].rows + accuracy["fp8"].rows < rows["kv_cache_dtype"].isin(["auto", "fp8"]).sum()


def test_steps_that_were_learnt_are_marked(accuracy):
    learnt = [kv_type for kv_type, entry in accuracy.items() if entry.is_learnt]
    assert learnt == ["int8_per_token_head"]


def test_of_turboquant_only_steps_judge_that_no_fit_saw(accuracy):
    """Every third point in the order of measuring was kept back before anything was fitted."""
    rows = predicted_steps()
    for kv_type, count in KEPT_BACK.items():
        order = rows[rows["kv_cache_dtype"] == kv_type].reset_index(drop=True)
        assert [word == "no" for word in order["fitted"]] == [index % 3 == 2 for index in order.index]
        assert accuracy[kv_type].rows == count and not accuracy[kv_type].is_learnt
        assert accuracy[kv_type].evidence == "measured"


def test_turboquant_steps_are_roughly_right():
    """Fourteen steps of four types: the law has no whole waves of a grid with splits, and batch 1 rotates slowly."""
    rows = predicted_steps()
    rows = rows[rows["kv_cache_dtype"].isin(KEPT_BACK) & (rows["fitted"] == "no")]
    error = np.abs(rows["predicted"] / rows["step_ms"] - 1)
    assert len(rows) == 14 and error.median() < 0.05 and error.max() < 0.15
    assert ((rows["lo"] <= rows["step_ms"]) & (rows["step_ms"] <= rows["hi"])).sum() >= 11


def test_figures_are_those_of_the_rows(accuracy):
    rows = predicted_steps().query("kv_cache_dtype == 'fp8'")
    listed = [tuple(point) in LISTED for point in rows[["batch", "prompt_len"]].itertuples(index=False)]
    rows = rows[~np.array(listed)]
    assert accuracy["fp8"].rows == len(rows) == 20
    error = rows["predicted"] / rows["step_ms"] - 1
    assert accuracy["fp8"].median == pytest.approx(error.abs().median())
    assert accuracy["fp8"].bias == pytest.approx(error.median())
    assert accuracy["fp8"].half_width == pytest.approx((np.sqrt(rows["hi"] / rows["lo"]) - 1).median())
