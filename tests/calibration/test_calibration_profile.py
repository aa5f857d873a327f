"""Profile files: what is written can be read, is resumed, and keeps to the budget and to the bounds."""

import datetime
import tomllib

import pandas as pd
import pytest

from calibration import profile as files
from calibration import report as reports
from calibration.run import default_kernels
from calibration.spread import pair_correlation, spreads
from costmodel.errors import InputError
from costmodel.language.quantity import Coefficient, catalogue
from costmodel.language.units import parse_quantity

SHIPPED = sorted(files.FOLDER.glob("*--*.toml"))
HEADER = {
    "gpu": "g",
    "engine": "e",
    "engine_version": "1",
    "source": "s",
    "fitted": datetime.date(2026, 1, 2),
    "method": "m",
}


def test_every_coefficient_survives_being_written():
    for quantity in catalogue.values():
        if isinstance(quantity, Coefficient):
            text = files.quantity_text(quantity.start * 1.234567, quantity.unit)
            assert parse_quantity(text, quantity.unit) == pytest.approx(quantity.start * 1.234567, rel=1e-3), (
                quantity.name
            )


def made(tmp_path, monkeypatch, header=HEADER) -> files.Profile:
    """A profile under a temporary folder."""
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    return files.Profile("g", "e", header, {"fp8": "k"})


def test_finished_blocks_are_resumed_byte_for_byte(tmp_path, monkeypatch, fitted_block):
    first = made(tmp_path, monkeypatch)
    first.put(("attention", "made_up", 128), fitted_block)
    sure = fitted_block.certainty.head(1).assign(law="codec", kernel="", head_dim=None)
    first.put(("codec",), files.Block("[codec]\npoints = 1\n", pd.DataFrame([{"law": "codec", "m": 1, "k": 2}]), sure))
    written = first.path.read_text()
    again = made(tmp_path, monkeypatch)
    again.resume()
    assert set(again.blocks) == {("attention", "made_up", 128), ("codec",)}
    again.write()
    assert again.path.read_text() == written
    assert files.read_keys(again.certainty_path).equals(files.read_keys(first.certainty_path))
    assert tomllib.loads(written)["attention"][0]["points"] == len(fitted_block.points)


def test_blocks_of_another_version_are_not_resumed(tmp_path, monkeypatch, fitted_block):
    made(tmp_path, monkeypatch).put(("attention", "made_up", 128), fitted_block)
    other = made(tmp_path, monkeypatch, HEADER | {"engine_version": "2"})
    other.resume()
    assert not other.blocks


def test_fitted_rows_are_outside_no_report(tmp_path, monkeypatch, plain_rows, fitted_block):
    profile = made(tmp_path, monkeypatch)
    profile.put(("attention", "made_up", 128), fitted_block)
    points = files.read_keys(profile.points_path)
    rest = reports.outside(plain_rows, points, reports.ATTENTION_KEY)
    assert len(rest) == len(plain_rows) - len(fitted_block.points)
    merged = rest.merge(fitted_block.points, on=reports.ATTENTION_KEY)
    assert merged.empty
    with pytest.raises(InputError, match="missing from the measured table"):
        reports.outside(rest, points, reports.ATTENTION_KEY)


def test_the_default_kernel_is_the_one_with_most_rows():
    rows = [("fp8", "a")] * 3 + [("fp8", "b")] * 5 + [("bfloat16", "a")] * 2
    assert default_kernels(pd.DataFrame(rows, columns=["kv_dtype", "kernel"])) == {"bfloat16": "a", "fp8": "b"}


def test_a_thin_regime_takes_the_spread_of_all():
    residuals = pd.Series([0.1, -0.1] * 20).to_numpy()
    few = pd.Series([True] * 3 + [False] * 37).to_numpy()
    assert spreads(residuals, {"few": few})["few"] == pytest.approx(0.1 / 1.645)


def test_residuals_that_move_together_correlate(fitted_block):
    rows = fitted_block.points
    together = rows.groupby(["batch", "query_heads", "kv_heads", "context"]).ngroup().to_numpy() / len(rows)
    assert pair_correlation(rows, together) == pytest.approx(1.0)
    assert pair_correlation(rows[rows["kv_dtype"] == "fp8"], together[rows["kv_dtype"] == "fp8"]) is None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_profile_keeps_to_budget_and_bounds(path):
    profile = tomllib.loads(path.read_text())
    points = files.read_keys(files.FOLDER / "points" / f"{path.stem}.csv")
    assert f"{profile['gpu']}--{profile['engine']}" == path.stem
    for table in profile.get("attention", []):
        mine = points[(points["kernel"] == table["kernel"]) & (points["head_dim"] == table["head_dim"])]
        assert len(mine) == table["points"] <= 200
        sets = [table["shared"], *table["main"].values(), *table.get("fallback", {}).values()]
        _within_bounds(sets)
        assert set(table["main"]) == set(table["kv_dtypes"]) == set(table["spread"])
        assert ("fallback" in table) == (table["rule"] != "none")
    for table in profile.get("gemm", []):
        assert (points["law"].eq("gemm") & points["kernel"].eq(table["dtype"])).sum() == table["points"] <= 200
        _within_bounds([table["values"]])
    assert not points.duplicated().any()


def _within_bounds(sets):
    for numbers in sets:
        for name, text in numbers.items():
            coefficient = catalogue[name]
            low = coefficient.low
            assert low * 0.999 <= parse_quantity(text, coefficient.unit) <= coefficient.high * 1.001, name


def test_the_first_profile_meets_its_targets():
    profile = tomllib.loads((files.FOLDER / "h100-sxm--vllm.toml").read_text())
    for table in profile["attention"]:
        if table["kernel"] == "vllm_flash_attn_fa3":
            assert all(table["held_out"][kind]["median"] <= 9 for kind in table["kv_dtypes"])


def test_stated_errors_are_those_computed_again():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    path = files.FOLDER / "a100-sxm--vllm.toml"
    profile = tomllib.loads(path.read_text())
    rows = {row["what"]: row for row in reports.report(path)}
    for table in profile["attention"]:
        stated = table["held_out"]["bfloat16"]
        again = rows[f"{table['kernel']} {table['head_dim']} bfloat16"]
        assert again["n"] == stated["n"] and again["median"] == pytest.approx(stated["median"], rel=1e-3)
    for table in profile["gemm"]:
        again = rows[f"{table['dtype']} small"]
        assert again["p90"] == pytest.approx(table["held_out"]["small"]["p90"], rel=1e-3)


def test_the_first_profile_picks_the_winner():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    rows = {row["what"]: row for row in reports.report(files.FOLDER / "h100-sxm--vllm.toml")}
    assert rows["fastest kernels, pairs"]["sign_5"] >= 93
