"""Rows that the formula wrote give the formula's numbers back, through the very code that fits measurements."""

import numpy as np
import pandas as pd
import pytest
from synthetic import GPU, TRUTH, assert_elasticities_are_slopes, measure, shapes, truth

from calibration.data.columns import Dispatch, attention_columns, codec_columns, gemm_columns
from calibration.data.design import attention_points
from calibration.fitting.parameter_layout import ParameterLayout
from calibration.kernel_fits import attention, gemm, small_kernels
from calibration.kernel_fits.attention_law import attention_law, fit_attention, fit_dispatch
from calibration.kernel_fits.section import tables
from costmodel.facts.profiles import AttentionFit

L2_SIZE = GPU.numbers["l2_size"]


def test_elasticities_agree_with_differences(plain_rows):
    law, rows = attention_law(), plain_rows.iloc[::37]
    columns, _ = attention_columns(rows, GPU, Dispatch())
    # The derivative of units_per_sm stands still at jumps of whole waves, by design.
    assert_elasticities_are_slopes(law, columns, len(rows), skip=("units_per_sm",))


def test_time_is_homogeneous_in_what_has_seconds(plain_rows):
    """Euler: scaling all costs in seconds, and slowing memory alike, scales the time; so elasticities add up to one."""
    law = attention_law()
    columns, _ = attention_columns(plain_rows, GPU, Dispatch())
    _, slopes = law.time_and_elasticities(
        columns, np.array([[c.start] for c in law.coefficients]) * np.ones(len(plain_rows))
    )
    names = [c.name for c in law.coefficients]
    seconds = sum(slopes[i] for i, c in enumerate(law.coefficients) if "second" in c.unit)
    efficiency, speedup = slopes[names.index("hbm_efficiency")], slopes[names.index("l2_speedup")]
    assert seconds - efficiency - speedup == pytest.approx(np.ones(len(plain_rows)), abs=1e-9)


def test_known_numbers_come_back(fitted_section):
    fit = fitted_section.fit
    assert fit.rule == "none" and not fit.ignores_window
    for kv_dtype in ("bfloat16", "fp8"):
        main = fit.main[kv_dtype]
        assert main["attention_launch"] == pytest.approx(TRUTH["attention_launch"][kv_dtype], rel=0.05)
        assert main["token_cost"] == pytest.approx(TRUTH["token_cost"][kv_dtype], rel=0.15)
    assert fit.shared["hbm_efficiency"] == pytest.approx(TRUTH["hbm_efficiency"], rel=0.05)
    assert fit.shared["l2_usable"] == pytest.approx(TRUTH["l2_usable"], rel=0.1)


def test_unseen_rows_are_predicted_within_the_noise(fitted_section):
    fit = fitted_section.fit
    for kv_dtype in ("bfloat16", "fp8"):
        assert fit.held_out[kv_dtype]["median"] < 1.5
        assert all(0.003 < value < 0.05 for value in fit.spread[kv_dtype].values())
    assert fit.held_out["pairs"]["sign_5"] > 99
    assert fit.held_out["pairs"]["n"] * 2 + fit.points == len(shapes())


@pytest.mark.parametrize("rule", ["single", "group-above-32"])
def test_the_rule_behind_the_rows_is_selected(rule):
    rows = measure(shapes(), Dispatch(rule), 0.01)
    rows = rows[attention_points(rows, L2_SIZE)].reset_index(drop=True)
    assert fit_attention(rows, GPU, 1)[0] == Dispatch(rule)


def test_a_kernel_that_reads_past_its_window_is_found():
    rows = measure(shapes(windows=(0, 128)), Dispatch(ignores_window=True), 0.01)
    rows = rows[attention_points(rows, L2_SIZE)].reset_index(drop=True)
    assert fit_attention(rows, GPU, 1)[0].ignores_window


def test_a_window_sends_calls_to_the_fallback_path():
    rows = shapes(windows=(0, 128))
    _, fallback = attention_columns(rows, GPU, Dispatch("window"))
    assert (fallback == (rows["window"] > 0)).all()


def test_a_product_comes_back_with_its_tile():
    heights, widths = (1, 16, 48, 64, 80, 96, 112, 192, 512, 2048, 8192), (1024, 4096, 14336)
    sizes = [(m, n, k) for m in heights for n in widths for k in (1024, 4096, 8192)]
    rows = pd.DataFrame(sizes, columns=["m", "n", "k"]).assign(dtype="fp8")
    law = gemm.gemm_law()
    truth_of = {"gemm_launch": 5e-6, "gemm_efficiency": 0.85, "gemm_peak_share": 0.6, "gemm_tile": 64.0}
    values = np.array([truth_of.get(c.name, c.start) for c in law.coefficients])
    rows["latency_us"] = 1e6 * law.time(gemm_columns(rows, GPU), values)
    fit = gemm.fit_gemm(rows, GPU)
    assert fit.number("gemm_tile") == pytest.approx(64.0)
    assert fit.number("gemm_launch") == pytest.approx(5e-6, rel=0.1)
    assert fit.number("gemm_efficiency") == pytest.approx(0.85, rel=0.03)
    assert fit.number("gemm_peak_share") == pytest.approx(0.6, rel=0.1)


def test_the_codec_pass_is_a_floor_and_bytes_over_bandwidth():
    rows = pd.DataFrame([(m, k) for m in (1, 4, 16384, 32768) for k in (1024, 2048, 16384, 51200)], columns=["m", "k"])
    law = small_kernels.codec_law()
    columns = codec_columns(rows, GPU)
    values = {"kernel_floor": 2e-6, "copy_efficiency": 0.8}
    rows["latency_us"] = 1e6 * law.time(columns, np.array([values[c.name] for c in law.coefficients]))
    assert rows["latency_us"].to_numpy() == pytest.approx(2 + 1e6 * 3 * rows["m"] * rows["k"] / (0.8 * 3.35e12))
    fit = small_kernels.fit_small(law, columns, rows)
    assert fit.number("kernel_floor") == pytest.approx(2e-6, rel=0.02)
    assert fit.number("copy_efficiency") == pytest.approx(0.8, rel=0.02)


def test_leverage_residuals_are_those_of_fits_without_the_row():
    rows = pd.DataFrame([(m, k) for m in (1, 64, 4096, 32768) for k in (1024, 4096, 16384)], columns=["m", "k"])
    law, rng = small_kernels.codec_law(), np.random.default_rng(1)
    columns = codec_columns(rows, GPU)
    clean = law.time(columns, np.array([2e-6, 0.8]))
    rows["latency_us"] = 1e6 * clean * np.exp(rng.normal(0, 0.02, len(rows)))
    residuals = small_kernels.fit_small(law, columns, rows).leverage_residuals()
    for index in range(len(rows)):
        inside, outside = rows.drop(index=index).reset_index(drop=True), rows.iloc[[index]]
        fit = small_kernels.fit_small(law, codec_columns(inside, GPU), inside)
        time = law.time(codec_columns(outside, GPU), np.exp(fit.logs))
        assert np.log(1e6 * time / outside["latency_us"]).item() == pytest.approx(residuals[index], abs=0.004)


def test_the_file_and_the_fit_predict_alike(plain_rows):
    rows = plain_rows[attention_points(plain_rows, L2_SIZE)].reset_index(drop=True)
    dispatch, fit = fit_attention(rows, GPU, 1)
    stated = {"kv_dtypes": fit.layout.kv_dtypes, "rule": dispatch.rule, "ignores_window": dispatch.ignores_window}
    written, _ = attention.predict(AttentionFit("synthetic", 128, **stated | tables(fit)), rows, GPU)
    assert np.log(written / rows["latency_us"].to_numpy()) == pytest.approx(fit.residual, abs=2e-3)


def test_the_layout_shares_what_the_vocabulary_says():
    layout = ParameterLayout(attention_law().coefficients, ("bfloat16", "fp8"), ("main", "fallback"))
    labels = [parameter.label for parameter in layout.parameters]
    assert labels.count("hbm_efficiency") == 1
    assert sum(label.startswith("attention_launch") for label in labels) == 4
    assert sum(label.startswith("overlap") for label in labels) == 2
    assert sum(label.startswith("min_split_tokens") for label in labels) == 3
    assert not any("fallback" in label and label.startswith("group") for label in labels)


def test_errors_are_as_large_as_the_fit_says():
    """Over many seeds of the noise, known numbers lie off by about their standard error: the spread of z is near 1."""
    dispatch, names = Dispatch(), ("attention_launch", "token_cost", "hbm_efficiency", "l2_usable", "overlap")
    clean = shapes()
    clean = clean[attention_points(clean.assign(latency_us=1.0), L2_SIZE)].reset_index(drop=True)
    scores = []
    for seed in range(14):
        fit = fit_dispatch(measure(clean, dispatch, 0.02, seed), GPU, dispatch)
        for parameter, log, error in zip(fit.layout.parameters, fit.logs, fit.standard_errors(), strict=True):
            if parameter.coefficient.name in names:
                number = truth(parameter.coefficient, parameter.kv_dtype or "fp8", False)
                scores.append((log - np.log(number)) / error)
    assert len(scores) == 14 * 8 and 0.7 < np.std(scores) < 1.4 and abs(np.mean(scores)) < 0.4
