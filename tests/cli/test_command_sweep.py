"""``costmodel sweep``: chosen columns, sweeps that are never held whole, maps of verdicts, and what it refuses."""

import json

import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from costmodel.cli import sweep_files
from costmodel.cli.app import app

POINT = ("sweep", "--model", "llama-8b", "--gpu", "h100-sxm", "--tp", "1", "--scheme", "fp8")


def run(*arguments, status=0):
    result = CliRunner().invoke(app, [*POINT, *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.output


def test_columns_of_the_file_are_chosen(tmp_path):
    out = tmp_path / "s.csv"
    printed = run("--outputs", "speedup,max_batch", "--out", out)
    written = pd.read_csv(out)
    assert {"speedup", "speedup_lo", "speedup_hi", "max_batch"} < set(written) and "tpot_ms" not in written
    assert "5 columns" in printed or "4 columns" in printed


def test_a_large_sweep_is_streamed_and_says_how_often_each_wins(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep_files, "MAX_HELD_POINTS", 100)
    out = tmp_path / "s.parquet"
    answer = json.loads(run("--out", out, "--json"))
    written = pd.read_parquet(out)
    assert answer["points"] == len(written) == 144
    counted = {scheme: dict(rows["verdict"].value_counts()) for scheme, rows in written.groupby("scheme")}
    assert answer["verdicts"] == counted
    assert "does not fit" in run("--out", out)


def test_a_map_of_verdicts(tmp_path):
    out = tmp_path / "map.nc"
    answer = json.loads(run("--batch", "1:64:20", "--context", "1K:64K:30", "--cells", 5, "--out", out, "--json"))
    with xr.open_dataset(out, engine="h5netcdf") as data:
        assert data.sizes["batch"] == data.sizes["context"] == 5
        assert float(data["points"].sum()) == answer["points"]
        assert data["share"].sum("verdict").values == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--cells", "5", "--out", "map.csv"), ".nc or .zarr"),
        (("--cells", "0", "--out", "map.nc"), "from 1 to 1,000"),
        (("--dask", "local", "--out", "s.csv"), ".parquet"),
        (("--outputs", ","), "--outputs"),
        (("--outputs", "tpot"), "tpot_ms"),
    ],
)
def test_what_cannot_be_is_refused(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from costmodel.errors import CostModelError

    result = CliRunner().invoke(app, [*POINT, *arguments])
    assert isinstance(result.exception, CostModelError) and words in str(result.exception)
