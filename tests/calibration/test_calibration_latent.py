"""Decode attention over a latent: the decode law with one shared head of 576 numbers, fitted in files of its own."""

import numpy as np
import pytest
from synthetic import GPU, shapes

from calibration.data import aiconfigurator as source
from calibration.data.columns import Dispatch, attention_columns
from calibration.data.design import BUDGET
from calibration.kernel_fits.attention import attention_section
from calibration.kernel_fits.attention_law import attention_law
from calibration.profiles.writer import read_table
from calibration.validation.report import report
from costmodel.facts import profiles
from costmodel.facts.kv_types import KV_BYTES

SHIPPED = profiles.identifiers("latent")


def latents():
    """Shapes of a synthetic latent: one cached head, all query heads share it."""
    rows = shapes().query("kv_heads == 1").assign(head_dim=source.LATENT_WIDTH // 2, latent=True)
    law = attention_law()
    numbers = np.array([[c.start] for c in law.coefficients])
    table, _ = attention_columns(rows, GPU, Dispatch())
    return rows.assign(latency_us=1e6 * law.time(table, numbers * np.ones(len(rows)))).reset_index(drop=True)


def test_a_latent_is_576_numbers_read_once():
    rows = latents()
    table, _ = attention_columns(rows, GPU, Dispatch())
    size = rows["kv_dtype"].map(KV_BYTES)
    assert (table["read_size"] == rows["context"] * 576 * size).all()
    assert (table["query_width"] == 576).all() and (table["output_width"] == 512).all()
    assert (table["key_elements"] + table["value_elements"] == 2 * table["kernel_width"]).all()
    assert (table["heads_per_work_unit"] == rows["query_heads"]).all()


def test_the_block_says_that_it_is_of_a_latent():
    fit, points, _ = attention_section(latents(), GPU)
    assert fit.latent is True and fit.head_dim == 288 and len(points) <= BUDGET
    assert all(fit.held_out[kv_dtype]["median"] < 1.5 for kv_dtype in fit.kv_dtypes)
    assert "latent = true" in profiles.format_profile(profiles.ProfileFile(profiles.Header("g", "e", "s"), (fit,)))


@pytest.mark.parametrize("identifier", SHIPPED)
def test_a_shipped_companion_keeps_to_budget_and_target(identifier):
    points = read_table(profiles.points_path(identifier, "latent"))
    for fit in profiles.read_profile_file(identifier, "latent").attention:
        assert len(points) == fit.points <= BUDGET and fit.latent
        assert all(fit.held_out[kv_dtype]["median"] <= 12 for kv_dtype in fit.kv_dtypes)


def test_types_known_to_be_wrong_do_not_arrive():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    assert set(source.latent_attention("l40s", "tensorrt-llm")["kv_dtype"]) == {"bfloat16"}
    assert set(source.latent_attention("h100-sxm", "sglang")["kv_dtype"]) == {"bfloat16", "fp8"}


def test_stated_errors_are_those_computed_again():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    (fit,) = profiles.read_profile_file("a100-sxm--tensorrt-llm", "latent").attention
    (row,) = (row for row in report("a100-sxm--tensorrt-llm") if row["law"] == "latent")
    assert row["p90"] == pytest.approx(fit.held_out["bfloat16"]["p90"], rel=1e-3)
