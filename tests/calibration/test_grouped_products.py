"""Experts as one grouped product: what the tables hold, what is left out, and errors on rows that no fit has seen."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from calibration.data import design
from calibration.data.grouped_products import GROUPED_KEY, grouped_products
from calibration.kernel_fits import grouped
from calibration.profiles import writer
from calibration.profiles.companion_profiles import calibrate_grouped
from calibration.profiles.writer import read_table
from calibration.validation.held_out import HeldOut
from costmodel.evaluation.ask.kernels import predict
from costmodel.facts import gpus, profiles

SHIPPED = profiles.identifiers("grouped")
FITS = [fit for identifier in SHIPPED for fit in profiles.read_profile_file(identifier, "grouped").grouped]


@pytest.fixture(scope="module")
def measured():
    """The package of measured tables, or a skip."""
    return pytest.importorskip(
        "aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'"
    )


def test_rows_are_of_one_shape_each_and_what_is_left_out_is_counted(measured):
    left_out = Counter()
    rows = grouped_products("l40s", "tensorrt-llm", lambda reason, count: left_out.update({reason: count}))
    assert not rows.duplicated(GROUPED_KEY).any() and (rows["latency_us"] > 0).all()
    assert left_out["of w4afp8, whose bytes and throughput are not defined"] == 417
    assert set(rows.loc[rows["kernel"].str.contains("nongated"), "matrices"]) == {2}
    (row,) = grouped_products("h100-sxm", "vllm").query(
        "dtype == 'fp8_block' and tokens == 16 and hidden_size == 4096 and intermediate_size == 1536 and tp == 4"
        " and ep == 1 and routing == 'balanced'"
    )["latency_us"]
    assert row == pytest.approx(247.9, abs=0.1)


def test_a_design_keeps_to_its_budget_and_most_of_it_to_a_node(measured):
    rows = grouped_products("h100-sxm", "vllm").query("dtype == 'bfloat16'").reset_index(drop=True)
    inside = rows[design.grouped_points(rows)]
    assert len(inside) == design.BUDGET
    assert (inside["tp"] * inside["ep"] <= design.NODE).mean() == pytest.approx(design.NODE_FRACTION)
    assert (inside["tokens"] <= design.FEW_TOKENS).mean() == pytest.approx(0.5)


def test_the_law_is_found_again_in_rows_that_it_wrote(measured):
    gpu = gpus.load("h100-sxm")
    rows = grouped_products("h100-sxm", "vllm").query("dtype == 'bfloat16'").reset_index(drop=True)
    (fit,) = (f for f in profiles.read_profile_file("h100-sxm--vllm", "grouped").grouped if f.dtype == "bfloat16")
    rows = rows.sample(4000, random_state=0).reset_index(drop=True)
    noise = np.exp(np.random.default_rng(0).normal(0, 0.01, len(rows)))
    section = grouped.grouped_section(rows.assign(latency_us=grouped.predict(fit, rows, gpu) * noise), gpu).fit
    assert section.held_out["all"]["median"] < 1.5 and section.held_out["all"]["p90"] < 5


@pytest.mark.parametrize("identifier", SHIPPED)
def test_a_shipped_fit_keeps_to_its_budget(identifier):
    points = read_table(profiles.points_path(identifier, "grouped"))
    file = profiles.read_profile_file(identifier, "grouped")
    assert {fit.label for fit in file.grouped} == set(points["kernel"])
    for fit in file.grouped:
        assert (points["kernel"] == fit.label).sum() == fit.points <= design.BUDGET


def test_errors_outside_the_fits_over_all_gpus_engines_and_types():
    """Every fit counts the same; what the files state is held against the tables below."""
    assert len(FITS) > 200
    errors = pd.DataFrame([fit.held_out["all"] for fit in FITS])
    assert errors["median"].median() < 8 and errors["p90"].median() < 25 and abs(errors["bias"].median()) < 1
    of_types = pd.DataFrame([{"dtype": fit.dtype} | fit.held_out["all"] for fit in FITS]).groupby("dtype")
    assert (of_types["median"].median() < 11).all() and (of_types["bias"].median().abs() < 3).all()


@pytest.mark.parametrize("identifier", ["h100-sxm--vllm", "b300-sxm--sglang", "l40s--tensorrt-llm"])
def test_stated_errors_are_those_of_rows_outside_the_fit(identifier, measured):
    held_out = HeldOut(identifier)
    for fit, rows in held_out.grouped():
        errors = grouped.held_out_errors(fit, rows, held_out.gpu)
        assert errors["all"]["n"] == fit.held_out["all"]["n"]
        for size, stated in fit.held_out.items():
            assert errors[size]["median"] == pytest.approx(stated["median"], rel=1e-3)
            assert errors[size]["bias"] == pytest.approx(stated["bias"], rel=1e-3, abs=1e-3)


def test_a_call_is_predicted_as_calibration_predicts_it(measured):
    held_out = HeldOut("h100-sxm--vllm")
    for fit, rows in held_out.grouped():
        rows = rows.sample(50, random_state=0).reset_index(drop=True)
        answer, _ = predict(rows.drop(columns=["latency_us"]), "experts", "rows")
        assert answer["latency_us"].to_numpy() == pytest.approx(grouped.predict(fit, rows, held_out.gpu), rel=1e-9)


def test_the_command_writes_what_is_shipped(measured, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(writer, "FOLDER", tmp_path)
    written = calibrate_grouped(gpus.load("b60"), "vllm")
    assert written is not None and written.path.parent == tmp_path / "grouped"
    printed = capsys.readouterr().out
    assert "left out 1,944 rows of an older version of the same kernel" in printed
    assert "skipped grouped vllm_xpu_moe fp8: b60 states no peak_fp8" in printed
    shipped = {fit.label: fit for fit in profiles.read_profile_file("b60--vllm", "grouped").grouped}
    for fit in written.profile().grouped:
        assert dict(fit.values) == pytest.approx(dict(shipped[fit.label].values), rel=0.02)
        assert fit.measured_experts == shipped[fit.label].measured_experts


def test_what_was_not_measured_is_said(measured, capsys):
    assert calibrate_grouped(gpus.load("b60"), "sglang") is None
    assert "skipped grouped products: no moe was measured on b60 with sglang" in capsys.readouterr().out
