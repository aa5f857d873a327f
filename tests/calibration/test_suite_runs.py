"""The suite's runs that ship: all of them, with their origin, and which of them show the device."""

import shutil

import numpy as np
import pandas as pd
import pytest

from calibration.data import suite_runs
from costmodel.errors import CostModelError
from costmodel.facts import gpus


def test_the_first_run_on_an_h100_is_whole():
    runs = suite_runs.load_suite_runs()
    assert len(runs.rows) == 487 and gpus.load(runs.header["gpu"]).id == "h100-sxm"
    assert runs.rows["case"].value_counts()["attention-own"] == 264
    assert (runs.rows["microseconds_low"] <= runs.rows["microseconds_high"]).all()
    empty = runs.rows.query("kernel == 'triton-empty'")["microseconds_median"]
    assert empty.tolist() == [pytest.approx(28.1, abs=0.1)]  # what a launch by the host takes
    assert runs.header["source"] and all(runs.header["columns"].values())


def test_large_shapes_show_the_ratios_that_were_measured():
    rows = suite_runs.load_suite_runs().rows
    large = rows.query("case == 'codec-attention' and batch == 64 and context == 16384")
    times = large.set_index("codec")["microseconds_median"]
    ratios = (times["bf16"] / times).round(2).to_dict()
    assert ratios == {
        "bf16": 1.0,
        "fp8": 1.36,
        "int8-token": 1.06,
        "int4-token": 1.16,
        "int4-group": 0.64,
        "int4-channel": 0.41,
        "int2-group": 0.72,
        "int2-channel": 0.76,
    }


def test_the_device_rules_where_a_run_is_long_and_steady():
    table = pd.DataFrame(
        {
            "microseconds_low": [140.0, 190.0, 199.0],
            "microseconds_median": [145.0, 200.0, 200.0],
            "microseconds_high": [146.0, 205.0, 203.0],
        }
    )
    assert suite_runs.device_rules(table).tolist() == [False, False, True]


def test_rows_that_fits_take_are_the_devices_own():
    rows = suite_runs.decode_attention(suite_runs.load_suite_runs())
    assert rows["kv_dtype"].value_counts().to_dict() == {"bfloat16": 45, "fp8": 40}
    assert rows["latency_us"].min() > suite_runs.HOST_LIMIT
    # A long row doubles with its context, which no launch by the host would do.
    wide = rows.query("batch == 64 and kv_dtype == 'fp8' and query_heads == 32").set_index("context")["latency_us"]
    assert np.allclose(wide[32768] / wide[16384], 2, rtol=0.02)


def test_the_second_run_is_timed_on_the_device():
    runs = suite_runs.load_suite_runs(suite_runs.H100_GRAPHS)
    assert len(runs.rows) == 499 and (runs.rows["timing"] == "graph").sum() == 495
    empty = runs.rows.query("kernel == 'triton-empty'")
    assert empty["microseconds_median"].max() < 1 and empty["launch_microseconds"].min() > 25
    assert suite_runs.decode_attention(runs)["kv_dtype"].value_counts().to_dict() == {"bfloat16": 135, "fp8": 135}


def test_where_both_runs_show_the_device_their_times_agree():
    key = ["batch", "query_heads", "context", "kv_dtype"]
    first, second = (
        suite_runs.decode_attention(suite_runs.load_suite_runs(name))
        for name in (suite_runs.H100, suite_runs.H100_GRAPHS)
    )
    both = first.merge(second, on=key, suffixes=("", "_again"))
    ratio = both["latency_us_again"] / both["latency_us"]
    assert len(both) == 85 and abs(ratio.median() - 1) < 0.01 and np.quantile(abs(np.log(ratio)), 0.9) < 0.04


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("h100-suite.csv", "microseconds_low", "microseconds_least", "expected the columns"),
        ("h100-suite.csv", "48.99", "-48.99", "h100-suite.csv:2: microseconds_low: expected a time above 0"),
        ("h100-suite.toml", "runs = 487", "runs = 486", "expected 486 runs, got 487"),
        ("h100-suite.toml", "source =", "sauce =", "sauce"),
    ],
)
def test_a_table_that_disagrees_with_its_description_is_refused(tmp_path, file, old, new, message):
    for path in suite_runs.FOLDER.glob("h100-suite.*"):
        shutil.copy(path, tmp_path)
    changed = tmp_path / file
    changed.write_text(changed.read_text().replace(old, new, 1))
    with pytest.raises(CostModelError, match=message):
        suite_runs.load_suite_runs(folder=tmp_path)
