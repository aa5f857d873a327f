"""Decode attention over a latent: the decode law with one shared head of 576 numbers, fitted in files of its own."""

import tomllib

import numpy as np
import pytest
from made_up import GPU, shapes

from calibration import attention, blocks, design
from calibration import profile as files
from calibration import report as reports
from calibration.paths import columns
from calibration.sources import aiconfigurator as source

SHIPPED = sorted((files.FOLDER / "latent").glob("*--*.toml"))


def latents():
    """Shapes of a made-up latent: one cached head, all query heads share it."""
    rows = shapes().query("kv_heads == 1").assign(head_dim=source.LATENT_WIDTH // 2, latent=True)
    law = attention.attention_law()
    numbers = np.array([[c.start] for c in law.coefficients])
    table, _ = columns(rows, GPU, attention.Dispatch())
    return rows.assign(latency_us=1e6 * law.time(table, numbers * np.ones(len(rows)))).reset_index(drop=True)


def test_a_latent_is_576_numbers_read_once():
    rows = latents()
    table, _ = columns(rows, GPU, attention.Dispatch())
    size = rows["kv_dtype"].map(design.KV_BYTES)
    assert (table["read_size"] == rows["context"] * 576 * size).all()
    assert (table["query_width"] == 576).all() and (table["output_width"] == 512).all()
    assert (table["key_elements"] + table["value_elements"] == 2 * table["kernel_width"]).all()
    assert (table["heads_per_work_unit"] == rows["query_heads"]).all()


def test_the_block_says_that_it_is_of_a_latent():
    text, points, _ = blocks.attention_block(latents(), GPU)
    (table,) = tomllib.loads(text)["attention"]
    assert table["latent"] is True and table["head_dim"] == 288 and len(points) <= design.BUDGET
    assert all(table["held_out"][kind]["median"] < 1.5 for kind in table["kv_dtypes"])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_companion_keeps_to_budget_and_target(path):
    profile = tomllib.loads(path.read_text())
    points = files.read_keys(path.parent / "points" / f"{path.stem}.csv")
    for table in profile["attention"]:
        assert len(points) == table["points"] <= design.BUDGET and table["latent"]
        assert all(table["held_out"][kind]["median"] <= 12 for kind in table["kv_dtypes"])


def test_types_known_to_be_wrong_do_not_arrive():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    assert set(source.latent_attention("l40s", "tensorrt-llm")["kv_dtype"]) == {"bfloat16"}
    assert set(source.latent_attention("h100-sxm", "sglang")["kv_dtype"]) == {"bfloat16", "fp8"}


def test_stated_errors_are_those_computed_again():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    path = files.FOLDER / "a100-sxm--tensorrt-llm.toml"
    (table,) = tomllib.loads((path.parent / "latent" / path.name).read_text())["attention"]
    (row,) = (row for row in reports.report(path) if row["law"] == "latent")
    assert row["p90"] == pytest.approx(table["held_out"]["bfloat16"]["p90"], rel=1e-3)
