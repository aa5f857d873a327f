"""The static estimates frozen before the first run on a GPU, and the score that they got."""

import shutil
import tomllib

import numpy as np
import pandas as pd
import pytest

from calibration.__main__ import main
from calibration.commands import static_comparisons
from calibration.data.shapes import kv_bytes
from calibration.data.suite_runs import H100_GRAPHS
from calibration.static import codecs, frozen
from costmodel.errors import CostModelError


def test_the_committed_table_is_what_the_runs_and_the_frozen_estimates_give():
    table = frozen.read_comparison()
    assert len(table) == 195  # 7 codecs at 9 cold shapes, fp8 at 132 warm ones
    pd.testing.assert_frame_equal(table, frozen.compare())
    assert [*table.columns] == [*frozen.frozen_estimates()["columns"]]


def test_predictions_by_hand():
    # 16 bit: 512 bytes a token and head over 3.35 TB/s outlast 14.85 cycles of one of 132 multiprocessors at 1.98 GHz.
    assert frozen.predicted_nanoseconds("bf16", "simulated") == pytest.approx(1e9 * 512 / 3.35e12)
    assert frozen.predicted_nanoseconds("int4-channel", "simulated") == pytest.approx(1e9 * 35.65 / (132 * 1.98e9))
    # Keys and values of 64 bytes each; a record of 4 bytes for 32 numbers.
    assert frozen.token_bytes("int4-group") == frozen.token_bytes("int4-channel") == 128 + 32
    assert frozen.token_bytes("int8-token") == 256 + 8 and frozen.token_bytes("fp8") == 256


def test_the_score_is_the_one_of_the_frozen_estimates():
    """Every codec was predicted to win: right for fp8 and mostly for int4 per token, wrong for all others."""
    score = frozen.score(frozen.read_comparison()).set_index("codec")
    right = {name: (row["right simulated"], row["differ"], row["pairs"]) for name, row in score.iterrows()}
    assert right == {
        "fp8": (30, 30, 43),
        "int8-token": (0, 1, 3),
        "int4-token": (2, 3, 3),
        "int4-group": (0, 3, 3),
        "int4-channel": (0, 3, 3),
        "int2-group": (0, 3, 3),
        "int2-channel": (0, 3, 3),
        "all": (32, 46, 61),
    }
    assert score["off by"]["int4-channel"] == pytest.approx(2.72, abs=0.01)
    assert score["off by"]["all"] == pytest.approx(1.45, abs=0.01)


def test_graphs_on_the_device_confirm_the_score():
    """The second run shows short shapes too: fp8 wins wherever it differs, every other codec loses almost everywhere."""
    table = frozen.compare(H100_GRAPHS)
    assert len(table) == 198 and (table["device"] == "yes").all()
    score = frozen.score(table).set_index("codec")
    right = {name: (row["right simulated"], row["differ"], row["pairs"]) for name, row in score.iterrows()}
    assert right == {
        "fp8": (63, 63, 144),
        "int8-token": (0, 6, 9),
        "int4-token": (3, 9, 9),
        "int4-group": (0, 9, 9),
        "int4-channel": (0, 9, 9),
        "int2-group": (0, 9, 9),
        "int2-channel": (0, 9, 9),
        "all": (66, 114, 198),
    }
    assert score["off by"]["all"] == pytest.approx(1.73, abs=0.01)


def test_where_both_runs_show_the_device_their_ratios_agree():
    key = ["codec", *frozen.SHAPE]
    both = frozen.compare().query("device == 'yes'").merge(frozen.compare(H100_GRAPHS), on=key, suffixes=("", "_again"))
    off = abs(np.log(both["speedup_measured_again"] / both["speedup_measured"]))
    assert len(both) == 61 and off.median() < 0.01 and off.max() < 0.2


def test_a_sign_counts_beyond_ten_percent_where_the_device_rules():
    rows = [("yes", 1.05), ("yes", 1.2), ("yes", 0.8), ("no", 0.5)]
    table = pd.DataFrame(rows, columns=["device", "speedup_measured"]).assign(codec="fp8")
    table = table.assign(speedup_simulated=1.2, speedup_issue=0.9, speedup_roofline=2.0)
    row = frozen.score(table).iloc[0]
    assert (row["pairs"], row["differ"]) == (3, 2)
    assert (row["right simulated"], row["right issue"], row["right roofline"]) == (1, 1, 1)


def test_estimates_that_lack_a_codec_are_refused(tmp_path):
    for path in frozen.FOLDER.glob("h100-static*"):
        shutil.copy(path, tmp_path)
    changed = tmp_path / f"{frozen.NAME}.toml"
    assert tomllib.loads(changed.read_text())["codec"].keys() == codecs.CODECS.keys()
    changed.write_text(changed.read_text().replace('[codec."fp8"]', '[codec."fp9"]'))
    with pytest.raises(CostModelError, match="h100-static-comparison.toml: codec"):
        frozen.frozen_estimates(tmp_path)


def test_the_command_prints_the_comparison(capsys, monkeypatch):
    monkeypatch.setattr(static_comparisons, "print_validation", lambda: print("the kernels of SGLang"))
    assert main(["static", "--architecture", "sm-90", "--rows"]) == 0
    printed = capsys.readouterr().out
    assert "198 of 198 pairs count" in printed
    assert "frozen before it ran" in printed and "134 of 195 pairs do not count" in printed
    assert printed.count("int4-channel") >= 9 and "the kernels of SGLang" in printed


def test_a_table_without_rows_has_no_bytes():
    rows = pd.DataFrame({name: [] for name in ("batch", "kv_heads", "head_dim", "context", "window")}, dtype=float)
    assert len(kv_bytes(rows.assign(kv_dtype=pd.Series([], dtype=str)))) == 0


def test_the_errors_that_the_tables_state_are_too_small():
    """× or ÷ 1.5 for fp8 and × or ÷ 2 for integers were the stated errors; ``docs/limits.md`` says how many lie outside."""
    table = frozen.read_comparison().query("device == 'yes'")
    off = np.exp(abs(np.log(table["speedup_simulated"] / table["speedup_measured"])))
    is_fp8 = table["codec"] == "fp8"
    assert ((off > 1.5) & is_fp8).sum() == 13 and is_fp8.sum() == 43
    assert ((off > 2) & ~is_fp8).sum() == 10 and (~is_fp8).sum() == 18
