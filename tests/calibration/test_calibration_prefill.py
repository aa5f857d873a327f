"""Prefill attention: synthetic rows give their numbers back, and shipped companions keep to budget, bounds and targets."""

import itertools

import numpy as np
import pandas as pd
import pytest
from synthetic import GPU, assert_elasticities_are_slopes

from calibration.data import aiconfigurator as source
from calibration.data import design
from calibration.data.columns import prefill_columns
from calibration.data.shapes import ATTENTION_KEY, SHAPE
from calibration.kernel_fits import prefill
from calibration.profiles import writer as writers
from calibration.profiles.companion_profiles import calibrate_prefill
from calibration.validation.report import report
from costmodel.facts import profiles
from costmodel.language.quantity import catalogue

SHIPPED = profiles.identifiers("prefill")
TRUTH = {"prefill_launch": 12e-6, "prefill_peak_share": 0.7, "prefill_efficiency": 0.8, "prefill_diagonal": 120.0}
FP8 = {"prefill_launch": 14e-6, "prefill_write": 0.2}


def measured(unskipped: float = 0.01) -> pd.DataFrame:
    """A grid of prompts in two KV types, with latencies that the formula wrote and 1 % noise."""
    lengths, heads = (16, 64, 128, 512, 1024, 2048, 4096, 8192, 16384), ((1, 1), (8, 8), (32, 8), (24, 1), (64, 8))
    grid = itertools.product(("bfloat16", "fp8"), (1, 2, 4, 16, 64, 256), heads, (0, 128), lengths)
    rows = pd.DataFrame(
        [(kv_dtype, b, q, kv, w, n) for kv_dtype, b, (q, kv), w, n in grid if b * n <= 131072],
        columns=["kv_dtype", "batch", "query_heads", "kv_heads", "window", "context"],
    ).assign(kernel="synthetic", head_dim=128, gpu=GPU.id, engine="synthetic", engine_version="1")
    law, truth = prefill.prefill_law(), TRUTH | {"prefill_unskipped": unskipped}
    numbers = [
        [(truth | (FP8 if kv_dtype == "fp8" else {})).get(c.name, c.start) for kv_dtype in rows["kv_dtype"]]
        for c in law.coefficients
    ]
    noise = np.exp(np.random.default_rng(3).normal(0, 0.01, len(rows)))
    return rows.assign(latency_us=1e6 * law.time(prefill_columns(rows, GPU), np.array(numbers)) * noise)


def test_known_numbers_come_back():
    rows = measured()
    fit, points, _ = prefill.prefill_section(rows, GPU)
    for kv_dtype, truth in (("bfloat16", TRUTH), ("fp8", TRUTH | FP8)):
        numbers = fit.shared | fit.main[kv_dtype]
        assert numbers["prefill_launch"] == pytest.approx(truth["prefill_launch"], rel=0.05)
        assert numbers["prefill_peak_share"] == pytest.approx(0.7, rel=0.05)
        assert fit.held_out[kv_dtype]["median"] < 1.5 and 0.003 < fit.spread[kv_dtype]["all"] < 0.05
    assert fit.main["fp8"]["prefill_write"] == pytest.approx(0.2, rel=0.1)
    assert len(points) == fit.points <= design.BUDGET
    assert sum(fit.held_out[kv_dtype]["n"] for kv_dtype in fit.kv_dtypes) + len(points) == len(rows)


def test_a_kernel_that_reads_past_its_window_is_found():
    rows = measured(unskipped=0.8)
    fit = prefill.fit_prefill(rows[design.prefill_points(rows)].reset_index(drop=True), GPU, starts=1)
    assert fit.number("prefill_unskipped", "fp8") == pytest.approx(0.8, rel=0.1)


def test_elasticities_agree_with_differences():
    law, rows = prefill.prefill_law(), measured().iloc[::17]
    assert_elasticities_are_slopes(law, prefill_columns(rows, GPU), len(rows))


def test_the_design_takes_shapes_in_both_types_and_most_of_them_at_serving_sizes():
    rows = measured()
    designed = rows[design.prefill_points(rows)]
    assert len(designed) <= design.BUDGET
    assert (designed.groupby(SHAPE)["kv_dtype"].nunique() == 2).all()
    assert design.serving_prompts(designed).mean() == pytest.approx(design.SERVING_FRACTION, abs=0.01)


def test_serving_prompts_are_long_and_many():
    rows = pd.DataFrame({"context": [511, 512, 512, 2048], "batch": [64, 3, 4, 1]})
    assert design.serving_prompts(rows).tolist() == [False, False, True, True]


def test_a_companion_is_resumed_from_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(writers, "FOLDER", tmp_path)
    monkeypatch.setattr(source, "source_text", lambda *arguments: "synthetic")
    monkeypatch.setattr(source, "prefill_attention", lambda gpu, engine: measured())
    lines: list[str] = []
    first = calibrate_prefill(GPU, "synthetic", log=lines.append)
    text = first.path.read_text()
    calibrate_prefill(GPU, "synthetic", log=lines.append)
    assert first.path == tmp_path / "prefill" / f"{GPU.id}--synthetic.toml" and first.path.read_text() == text
    assert lines[0].startswith("fitted") and lines[1] == "kept prefill synthetic 128"


def test_too_few_rows_are_reported():
    rows = measured()
    assert prefill.reason_not_to_fit(rows, 100, 10) == ""
    assert prefill.reason_not_to_fit(rows.head(10), 100, 10) == "10 rows, at least 100 needed"
    assert (
        prefill.reason_not_to_fit(rows[rows["context"] < 512], 100, 10) == "0 rows at serving sizes, at least 10 needed"
    )


@pytest.mark.parametrize("identifier", SHIPPED)
def test_a_shipped_companion_keeps_to_budget_bounds_and_target(identifier):
    profile = profiles.read_profile_file(identifier, "prefill")
    points = writers.read_table(profiles.points_path(identifier, "prefill"))
    assert f"{profile.header.gpu}--{profile.header.engine}" == identifier
    assert not points.duplicated().any() and set(points["law"]) == {"prefill"}
    for fit in profile.prefill:
        own = points[(points["kernel"] == fit.kernel) & (points["head_dim"] == fit.head_dim)]
        assert len(own) == fit.points <= design.BUDGET
        assert set(fit.main) == set(fit.kv_dtypes) == set(fit.spread)
        for numbers in (fit.shared, *fit.main.values()):
            for name, number in numbers.items():
                assert catalogue[name].low * 0.999 <= number <= catalogue[name].high * 1.001, name
    medians = [errors["serving_median"] for fit in profile.prefill for errors in fit.held_out.values()]
    assert np.median(medians) <= 9 and max(medians) <= 15


def test_stated_errors_are_those_computed_again():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    rows = {row["what"]: row for row in report("a100-sxm--vllm") if row["law"] == "prefill"}
    for fit in profiles.read_profile_file("a100-sxm--vllm", "prefill").prefill:
        stated = fit.held_out["bfloat16"]
        again = rows[f"prefill {fit.kernel} {fit.head_dim} bfloat16"]
        assert again["n"] == stated["n"] and again["serving_p90"] == pytest.approx(stated["serving_p90"], rel=1e-3)


def test_prefill_attention_is_tidy_and_starts_from_an_empty_cache():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    table = source.prefill_attention("h100-sxm", "vllm")
    assert list(table.columns) == ["gpu", "engine", "engine_version", *ATTENTION_KEY, "latency_us"]
    assert not table.duplicated(ATTENTION_KEY).any() and table["context"].max() == 16384
