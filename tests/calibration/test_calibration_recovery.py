"""Rows that the formula wrote give the formula's numbers back, through the very code that fits measurements."""

import tomllib

import numpy as np
import pandas as pd
import pytest
from made_up import GPU, TRUTH, measure, shapes, truth

from calibration import attention, blocks, gemm, small, stored
from calibration.design import attention_points
from calibration.device import need
from calibration.ties import Slots
from costmodel.language.units import parse_quantity


def test_elasticities_agree_with_differences(plain_rows):
    law, rows = attention.attention_law(), plain_rows.iloc[::37]
    columns, _ = attention.columns(rows, GPU, attention.Dispatch())
    values = np.array([[c.start * 1.1] for c in law.coefficients]) * np.ones(len(rows))
    _, slopes = law.both(columns, values)
    for place, coefficient in enumerate(law.coefficients):
        if coefficient.name == "units_per_sm":
            continue  # its derivative stands still at jumps of whole waves, by design
        up, down = values.copy(), values.copy()
        up[place], down[place] = values[place] * np.exp(1e-5), values[place] * np.exp(-1e-5)
        difference = np.log(law.time(columns, up) / law.time(columns, down)) / 2e-5
        assert slopes[place] == pytest.approx(difference, abs=2e-4), coefficient.name


def test_time_is_homogeneous_in_what_has_seconds(plain_rows):
    """Euler: scaling all costs in seconds, and slowing memory alike, scales the time; so elasticities add up to one."""
    law = attention.attention_law()
    columns, _ = attention.columns(plain_rows, GPU, attention.Dispatch())
    _, slopes = law.both(columns, np.array([[c.start] for c in law.coefficients]) * np.ones(len(plain_rows)))
    names = [c.name for c in law.coefficients]
    seconds = sum(slopes[i] for i, c in enumerate(law.coefficients) if "second" in c.unit)
    efficiency, speedup = slopes[names.index("hbm_efficiency")], slopes[names.index("l2_speedup")]
    assert seconds - efficiency - speedup == pytest.approx(np.ones(len(plain_rows)), abs=1e-9)


def test_known_numbers_come_back(fitted_block):
    (table,) = tomllib.loads(fitted_block.text)["attention"]
    assert table["rule"] == "none" and not table["ignores_window"]
    for kind in ("bfloat16", "fp8"):
        main = table["main"][kind]
        assert parse_quantity(main["attention_launch"], "second") == pytest.approx(
            TRUTH["attention_launch"][kind], rel=0.05
        )
        assert parse_quantity(main["token_cost"], "second*sm/token/head") == pytest.approx(
            TRUTH["token_cost"][kind], rel=0.15
        )
    assert table["shared"]["hbm_efficiency"] == pytest.approx(TRUTH["hbm_efficiency"], rel=0.05)
    assert table["shared"]["l2_usable"] == pytest.approx(TRUTH["l2_usable"], rel=0.1)


def test_unseen_rows_are_predicted_within_the_noise(fitted_block):
    (table,) = tomllib.loads(fitted_block.text)["attention"]
    for kind in ("bfloat16", "fp8"):
        assert table["held_out"][kind]["median"] < 1.5
        assert all(0.003 < value < 0.05 for value in table["spread"][kind].values())
    assert table["held_out"]["pairs"]["sign_5"] > 99
    assert table["held_out"]["pairs"]["n"] * 2 + table["points"] == len(shapes())


@pytest.mark.parametrize("rule", ["single", "group-above-32"])
def test_the_rule_that_made_the_rows_is_chosen(rule):
    rows = measure(shapes(), attention.Dispatch(rule), 0.01)
    rows = rows[attention_points(rows, need(GPU, "l2_size"))].reset_index(drop=True)
    assert attention.fit_attention(rows, GPU, 1)[0] == attention.Dispatch(rule)


def test_a_kernel_that_reads_past_its_window_is_found():
    rows = measure(shapes(windows=(0, 128)), attention.Dispatch(ignores_window=True), 0.01)
    rows = rows[attention_points(rows, need(GPU, "l2_size"))].reset_index(drop=True)
    assert attention.fit_attention(rows, GPU, 1)[0].ignores_window


def test_a_window_sends_calls_to_the_fallback_path():
    rows = shapes(windows=(0, 128))
    _, fallback = attention.columns(rows, GPU, attention.Dispatch("window"))
    assert (fallback == (rows["window"] > 0)).all()


def test_a_product_comes_back_with_its_tile():
    heights, widths = (1, 16, 48, 64, 80, 96, 112, 192, 512, 2048, 8192), (1024, 4096, 14336)
    sizes = [(m, n, k) for m in heights for n in widths for k in (1024, 4096, 8192)]
    rows = pd.DataFrame(sizes, columns=["m", "n", "k"]).assign(dtype="fp8")
    law = gemm.gemm_law()
    wanted = {"gemm_launch": 5e-6, "gemm_efficiency": 0.85, "gemm_peak_share": 0.6, "gemm_tile": 64.0}
    values = np.array([wanted.get(c.name, c.start) for c in law.coefficients])
    rows["latency_us"] = 1e6 * law.time(gemm.columns(rows, GPU), values)
    found = gemm.fit_gemm(rows, GPU)
    assert found.number("gemm_tile")[0] == pytest.approx(64.0)
    assert found.number("gemm_launch")[0] == pytest.approx(5e-6, rel=0.1)
    assert found.number("gemm_efficiency")[0] == pytest.approx(0.85, rel=0.03)
    assert found.number("gemm_peak_share")[0] == pytest.approx(0.6, rel=0.1)


def test_the_codec_pass_is_a_floor_and_bytes_over_bandwidth():
    rows = pd.DataFrame([(m, k) for m in (1, 4, 16384, 32768) for k in (1024, 2048, 16384, 51200)], columns=["m", "k"])
    law = small.codec_law()
    columns = small.codec_columns(rows, GPU)
    values = {"kernel_floor": 2e-6, "copy_efficiency": 0.8}
    rows["latency_us"] = 1e6 * law.time(columns, np.array([values[c.name] for c in law.coefficients]))
    assert rows["latency_us"].to_numpy() == pytest.approx(2 + 1e6 * 3 * rows["m"] * rows["k"] / (0.8 * 3.35e12))
    found = small.fit_small(law, columns, rows)
    assert found.number("kernel_floor")[0] == pytest.approx(2e-6, rel=0.02)
    assert found.number("copy_efficiency")[0] == pytest.approx(0.8, rel=0.02)


def test_left_out_residuals_are_those_of_fits_without_the_row():
    rows = pd.DataFrame([(m, k) for m in (1, 64, 4096, 32768) for k in (1024, 4096, 16384)], columns=["m", "k"])
    law, rng = small.codec_law(), np.random.default_rng(1)
    columns = small.codec_columns(rows, GPU)
    clean = law.time(columns, np.array([2e-6, 0.8]))
    rows["latency_us"] = 1e6 * clean * np.exp(rng.normal(0, 0.02, len(rows)))
    stated = small.fit_small(law, columns, rows).left_out_residuals()
    for place in range(len(rows)):
        kept = rows.drop(index=place).reset_index(drop=True)
        found = small.fit_small(law, small.codec_columns(kept, GPU), kept)
        one = rows.iloc[[place]]
        time = law.time(small.codec_columns(one, GPU), np.exp(found.logs))
        assert np.log(1e6 * time / one["latency_us"]).item() == pytest.approx(stated[place], abs=0.004)


def test_the_file_and_the_fit_predict_alike(plain_rows):
    rows = plain_rows[attention_points(plain_rows, need(GPU, "l2_size"))].reset_index(drop=True)
    dispatch, found = attention.fit_attention(rows, GPU, 1)
    numbers, _ = blocks.attention_numbers(found)
    table = {"kv_dtypes": list(found.slots.kv_dtypes), "rule": dispatch.rule, "ignores_window": dispatch.ignores_window}
    written, _ = stored.attention_prediction(table | numbers, rows, GPU)
    assert np.log(written / rows["latency_us"].to_numpy()) == pytest.approx(found.residual, abs=2e-3)


def test_slots_share_what_the_vocabulary_says():
    slots = Slots(attention.attention_law().coefficients, ("bfloat16", "fp8"), ("main", "fallback"))
    labels = [entry.label for entry in slots.entries]
    assert labels.count("hbm_efficiency") == 1
    assert sum(label.startswith("attention_launch") for label in labels) == 4
    assert sum(label.startswith("overlap") for label in labels) == 2
    assert sum(label.startswith("min_split_tokens") for label in labels) == 3
    assert not any("fallback" in label and label.startswith("group") for label in labels)


def test_errors_are_as_large_as_the_fit_says():
    """Over many seeds of the noise, known numbers lie off by about their standard error: the spread of z is near 1."""
    plan, names = attention.Dispatch(), ("attention_launch", "token_cost", "hbm_efficiency", "l2_usable", "overlap")
    clean = shapes()
    clean = clean[attention_points(clean.assign(latency_us=1.0), need(GPU, "l2_size"))].reset_index(drop=True)
    scores = []
    for seed in range(14):
        found = attention.fit_dispatch(measure(clean, plan, 0.02, seed), GPU, plan)
        for entry, log, error in zip(found.slots.entries, found.logs, found.uncertainty(), strict=True):
            if entry.coefficient.name in names:
                scores.append((log - np.log(truth(entry.coefficient, entry.kv_dtype or "fp8", False))) / error)
    assert len(scores) == 14 * 8 and 0.7 < np.std(scores) < 1.4 and abs(np.mean(scores)) < 0.4
