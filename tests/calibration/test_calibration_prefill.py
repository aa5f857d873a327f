"""Prefill attention: made-up rows give their numbers back, and shipped companions keep to budget, bounds and targets."""

import itertools
import tomllib

import numpy as np
import pandas as pd
import pytest
from made_up import GPU

from calibration import design, prefill, prefill_block
from calibration import profile as files
from calibration import report as reports
from calibration.companions import calibrate_prefill
from calibration.sources import aiconfigurator as source
from costmodel.language.quantity import catalogue
from costmodel.language.units import parse_quantity

SHIPPED = sorted((files.FOLDER / "prefill").glob("*--*.toml"))
TRUTH = {"prefill_launch": 12e-6, "prefill_peak_share": 0.7, "prefill_efficiency": 0.8, "prefill_diagonal": 120.0}
FP8 = {"prefill_launch": 14e-6, "prefill_write": 0.2}


def measured(unskipped: float = 0.01) -> pd.DataFrame:
    """A grid of prompts in two KV types, with latencies that the formula wrote and 1 % noise."""
    lengths, heads = (16, 64, 128, 512, 1024, 2048, 4096, 8192, 16384), ((1, 1), (8, 8), (32, 8), (24, 1), (64, 8))
    grid = itertools.product(("bfloat16", "fp8"), (1, 2, 4, 16, 64, 256), heads, (0, 128), lengths)
    rows = pd.DataFrame(
        [(kind, b, q, kv, w, n) for kind, b, (q, kv), w, n in grid if b * n <= 131072],
        columns=["kv_dtype", "batch", "query_heads", "kv_heads", "window", "context"],
    ).assign(kernel="made_up", head_dim=128, gpu=GPU, engine="made-up", engine_version="1")
    law, truth = prefill.prefill_law(), TRUTH | {"prefill_unskipped": unskipped}
    numbers = [
        [(truth | (FP8 if kind == "fp8" else {})).get(c.name, c.start) for kind in rows["kv_dtype"]]
        for c in law.coefficients
    ]
    noise = np.exp(np.random.default_rng(3).normal(0, 0.01, len(rows)))
    return rows.assign(latency_us=1e6 * law.time(prefill.columns(rows, GPU), np.array(numbers)) * noise)


def test_known_numbers_come_back():
    rows = measured()
    text, points, _ = prefill_block.prefill_block(rows, GPU)
    (table,) = tomllib.loads(text)["prefill"]
    for kind, wanted in (("bfloat16", TRUTH), ("fp8", TRUTH | FP8)):
        numbers = table["shared"] | table["main"][kind]
        assert parse_quantity(numbers["prefill_launch"], "second") == pytest.approx(wanted["prefill_launch"], rel=0.05)
        assert numbers["prefill_peak_share"] == pytest.approx(0.7, rel=0.05)
        assert table["held_out"][kind]["median"] < 1.5 and 0.003 < table["spread"][kind]["all"] < 0.05
    assert table["main"]["fp8"]["prefill_write"] == pytest.approx(0.2, rel=0.1)
    assert len(points) == table["points"] <= design.BUDGET
    assert sum(table["held_out"][kind]["n"] for kind in table["kv_dtypes"]) + len(points) == len(rows)


def test_a_kernel_that_reads_past_its_window_is_found():
    rows = measured(unskipped=0.8)
    found = prefill.fit_prefill(rows[design.prefill_points(rows)].reset_index(drop=True), GPU, starts=1)
    assert found.number("prefill_unskipped", "fp8")[0] == pytest.approx(0.8, rel=0.1)


def test_elasticities_agree_with_differences():
    law, rows = prefill.prefill_law(), measured().iloc[::17]
    columns = prefill.columns(rows, GPU)
    values = np.array([[c.start * 1.1] for c in law.coefficients]) * np.ones(len(rows))
    _, slopes = law.both(columns, values)
    for place, coefficient in enumerate(law.coefficients):
        up, down = values.copy(), values.copy()
        up[place], down[place] = values[place] * np.exp(1e-5), values[place] * np.exp(-1e-5)
        difference = np.log(law.time(columns, up) / law.time(columns, down)) / 2e-5
        assert slopes[place] == pytest.approx(difference, abs=2e-4), coefficient.name


def test_the_design_takes_shapes_in_both_types_and_most_of_them_at_serving_sizes():
    rows = measured()
    chosen = rows[design.prefill_points(rows)]
    assert len(chosen) <= design.BUDGET
    assert (chosen.groupby(design.SHAPE)["kv_dtype"].nunique() == 2).all()
    assert design.serving_prompts(chosen).mean() == pytest.approx(design.SERVING_SHARE, abs=0.01)


def test_serving_prompts_are_long_and_many():
    rows = pd.DataFrame({"context": [511, 512, 512, 2048], "batch": [64, 3, 4, 1]})
    assert design.serving_prompts(rows).tolist() == [False, False, True, True]


def test_a_companion_is_resumed_from_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    monkeypatch.setattr(source, "source_text", lambda *words: "made up")
    monkeypatch.setattr(source, "prefill_attention", lambda gpu, engine: measured())
    said: list[str] = []
    first = calibrate_prefill(GPU, "made-up", say=said.append)
    text = first.path.read_text()
    calibrate_prefill(GPU, "made-up", say=said.append)
    assert first.path == tmp_path / "prefill" / f"{GPU}--made-up.toml" and first.path.read_text() == text
    assert said[0].startswith("fitted") and said[1] == "kept prefill made_up 128"


def test_too_few_rows_are_said():
    rows = measured()
    assert prefill_block.can_fit(rows, 100, 10) == ""
    assert prefill_block.can_fit(rows.head(10), 100, 10) == "10 rows, 100 due"
    assert prefill_block.can_fit(rows[rows["context"] < 512], 100, 10) == "0 rows at serving sizes, 10 due"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_companion_keeps_to_budget_bounds_and_target(path):
    profile = tomllib.loads(path.read_text())
    points = files.read_keys(path.parent / "points" / f"{path.stem}.csv")
    assert f"{profile['gpu']}--{profile['engine']}" == path.stem
    assert not points.duplicated().any() and set(points["law"]) == {"prefill"}
    for table in profile["prefill"]:
        mine = points[(points["kernel"] == table["kernel"]) & (points["head_dim"] == table["head_dim"])]
        assert len(mine) == table["points"] <= design.BUDGET
        assert set(table["main"]) == set(table["kv_dtypes"]) == set(table["spread"])
        for numbers in (table["shared"], *table["main"].values()):
            for name, text in numbers.items():
                coefficient = catalogue[name]
                low, high = coefficient.low * 0.999, coefficient.high * 1.001
                assert low <= parse_quantity(text, coefficient.unit) <= high, name
    medians = [one["serving_median"] for table in profile["prefill"] for one in table["held_out"].values()]
    assert np.median(medians) <= 9 and max(medians) <= 15


def test_stated_errors_are_those_computed_again():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    path = files.FOLDER / "a100-sxm--vllm.toml"
    profile = tomllib.loads((path.parent / "prefill" / path.name).read_text())
    rows = {row["what"]: row for row in reports.report(path) if row["law"] == "prefill"}
    for table in profile["prefill"]:
        stated = table["held_out"]["bfloat16"]
        again = rows[f"prefill {table['kernel']} {table['head_dim']} bfloat16"]
        assert again["n"] == stated["n"] and again["serving_p90"] == pytest.approx(stated["serving_p90"], rel=1e-3)


def test_prefill_attention_is_tidy_and_starts_from_an_empty_cache():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    table = source.prefill_attention("h100-sxm", "vllm")
    assert list(table.columns) == ["gpu", "engine", "engine_version", *source.ATTENTION_KEY, "latency_us"]
    assert not table.duplicated(source.ATTENTION_KEY).any() and table["context"].max() == 16384
