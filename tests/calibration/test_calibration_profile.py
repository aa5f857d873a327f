"""Profile files: what is written can be read, is resumed, and keeps to the budget and to the bounds."""

import datetime

import pandas as pd
import pytest

from calibration.data.shapes import ATTENTION_KEY
from calibration.fitting.residual_spread import pair_correlation, spreads
from calibration.kernel_fits.section import ProfileSection
from calibration.profiles import writer as writers
from calibration.profiles.comments import comments
from calibration.profiles.fit_profile import default_kernels
from calibration.validation.held_out import outside
from calibration.validation.report import report
from costmodel.errors import InputError
from costmodel.facts import profiles, store
from costmodel.facts.fit_covariance import load_fit_covariance
from costmodel.facts.profiles.schema import FOLDERS
from costmodel.facts.profiles.write import format_coefficient
from costmodel.language.quantity import Coefficient, catalogue
from costmodel.language.renamed import RENAMED
from costmodel.language.units import parse_quantity

SHIPPED = [identifier for identifier in profiles.identifiers() if "--" in identifier]
HEADER = profiles.Header("g", "e", "s", "1", datetime.date(2026, 1, 2), "m", {"fp8": "k"})


def test_every_coefficient_survives_being_written():
    for quantity in catalogue.values():
        if isinstance(quantity, Coefficient):
            text = format_coefficient(quantity.start * 1.234567, quantity.unit)
            assert parse_quantity(text, quantity.unit) == pytest.approx(quantity.start * 1.234567, rel=1e-3), (
                quantity.name
            )


def format_shipped(identifier: str, file_kind: str) -> str:
    """A shipped profile as the writer prints what the reader made of it."""
    file = profiles.read_profile_file(identifier, file_kind)
    notes = {}
    for fit in file.fits():
        law, *key = profiles.key_of(fit)
        if law in ("attention", "prefill", "gemm", "grouped", "all_reduce", "codec"):
            notes |= comments(fit, load_fit_covariance(identifier, "latent" if file_kind == "latent" else law, *key))
    return profiles.format_profile(file, notes)


@pytest.mark.parametrize("file_kind", FOLDERS)
def test_every_shipped_file_is_printed_back_byte_for_byte(file_kind):
    for identifier in profiles.identifiers(file_kind):
        text = store.files(FOLDERS[file_kind])[identifier].read_text(encoding="utf-8")
        assert format_shipped(identifier, file_kind) == text, identifier


def write_empty(tmp_path, monkeypatch, header=HEADER) -> writers.ProfileWriter:
    """A writer of a profile under a temporary folder."""
    monkeypatch.setattr(writers, "FOLDER", tmp_path)
    return writers.ProfileWriter(header)


def test_finished_sections_are_resumed_byte_for_byte(tmp_path, monkeypatch, fitted_section):
    first = write_empty(tmp_path, monkeypatch)
    first.put(fitted_section)
    covariance = fitted_section.covariance.head(1).assign(law="codec", kernel="", head_dim=None)
    codec = profiles.SectionFit("codec", {"kernel_floor": 2e-6, "copy_efficiency": 0.8}, points=1)
    first.put(ProfileSection(codec, pd.DataFrame([{"law": "codec", "m": 1, "k": 2}]), covariance))
    written = first.path.read_text()
    again = write_empty(tmp_path, monkeypatch)
    again.resume()
    assert set(again.sections) == {("attention", "synthetic", 128), ("codec",)}
    again.write()
    assert again.path.read_text() == written
    assert writers.read_table(again.covariance_path).equals(writers.read_table(first.covariance_path))
    (fit,) = profiles.parse_profile(store.read_toml(first.path), "written").attention
    assert fit.points == len(fitted_section.points) and dict(fit.shared) == fitted_section.fit.shared


def test_sections_of_another_version_are_not_resumed(tmp_path, monkeypatch, fitted_section):
    write_empty(tmp_path, monkeypatch).put(fitted_section)
    other = write_empty(tmp_path, monkeypatch, profiles.Header(**vars(HEADER) | {"engine_version": "2"}))
    other.resume()
    assert not other.sections


def test_a_profile_of_version_0_1_is_resumed_under_todays_names(tmp_path, monkeypatch, fitted_section):
    """The names of version 0.1 stand in the file and in the table beside it; both are read and written anew."""
    first = write_empty(tmp_path, monkeypatch)
    first.put(fitted_section)
    written = {path: path.read_text() for path in (first.path, first.covariance_path)}
    for path, text in written.items():
        for old, new in RENAMED.items():
            text = text.replace(f"\n{new} =", f"\n{old} =").replace(f",{new},", f",{old},")
        assert text != written[path]
        path.write_text(text)
    again = write_empty(tmp_path, monkeypatch)
    again.resume()
    assert set(again.sections) == {("attention", "synthetic", 128)}
    again.write()
    assert {path: path.read_text() for path in written} == written


def test_fitted_rows_are_outside_no_report(tmp_path, monkeypatch, plain_rows, fitted_section):
    writer = write_empty(tmp_path, monkeypatch)
    writer.put(fitted_section)
    points = writers.read_table(writer.points_path)
    rest = outside(plain_rows, points, ATTENTION_KEY)
    assert len(rest) == len(plain_rows) - len(fitted_section.points)
    merged = rest.merge(fitted_section.points, on=ATTENTION_KEY)
    assert merged.empty
    with pytest.raises(InputError, match="missing from the measured table"):
        outside(rest, points, ATTENTION_KEY)


def test_the_default_kernel_is_the_one_with_most_rows():
    rows = [("fp8", "a")] * 3 + [("fp8", "b")] * 5 + [("bfloat16", "a")] * 2
    assert default_kernels(pd.DataFrame(rows, columns=["kv_dtype", "kernel"])) == {"bfloat16": "a", "fp8": "b"}


def test_a_thin_regime_takes_the_spread_of_all():
    residuals = pd.Series([0.1, -0.1] * 20).to_numpy()
    few = pd.Series([True] * 3 + [False] * 37).to_numpy()
    assert spreads(residuals, {"few": few})["few"] == pytest.approx(0.1 / 1.645)


def test_residuals_that_move_together_correlate(fitted_section):
    rows = fitted_section.points
    together = rows.groupby(["batch", "query_heads", "kv_heads", "context"]).ngroup().to_numpy() / len(rows)
    assert pair_correlation(rows, together) == pytest.approx(1.0)
    assert pair_correlation(rows[rows["kv_dtype"] == "fp8"], together[rows["kv_dtype"] == "fp8"]) is None


@pytest.mark.parametrize("identifier", SHIPPED)
def test_a_shipped_profile_keeps_to_budget_and_bounds(identifier):
    profile = profiles.read_profile_file(identifier)
    points = writers.read_table(profiles.points_path(identifier))
    assert f"{profile.header.gpu}--{profile.header.engine}" == identifier
    for fit in profile.attention:
        own = points[(points["kernel"] == fit.kernel) & (points["head_dim"] == fit.head_dim)]
        assert len(own) == fit.points <= 200
        _within_bounds([fit.shared, *fit.main.values(), *fit.fallback.values()])
        assert set(fit.main) == set(fit.kv_dtypes) == set(fit.spread)
        assert bool(fit.fallback) == (fit.rule != "none")
    for fit in profile.gemm:
        assert (points["law"].eq("gemm") & points["kernel"].eq(fit.dtype)).sum() == fit.points <= 200
        _within_bounds([fit.values])
    assert not points.duplicated().any()


def _within_bounds(tables):
    for table in tables:
        for name, number in table.items():
            assert catalogue[name].low * 0.999 <= number <= catalogue[name].high * 1.001, name


def test_the_first_profile_meets_its_targets():
    for fit in profiles.read_profile_file("h100-sxm--vllm").attention:
        if fit.kernel == "vllm_flash_attn_fa3":
            assert all(fit.held_out[kv_dtype]["median"] <= 9 for kv_dtype in fit.kv_dtypes)


def test_stated_errors_are_those_computed_again():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    profile = profiles.read_profile_file("a100-sxm--vllm")
    rows = {row["what"]: row for row in report("a100-sxm--vllm")}
    assert profile.attention and profile.gemm
    for fit in profile.attention:
        stated = fit.held_out["bfloat16"]
        again = rows[f"{fit.kernel} {fit.head_dim} bfloat16"]
        assert again["n"] == stated["n"] and again["median"] == pytest.approx(stated["median"], rel=1e-3)
    for fit in profile.gemm:
        again = rows[f"{fit.dtype} small"]
        assert again["p90"] == pytest.approx(fit.held_out["small"]["p90"], rel=1e-3)


def test_the_first_profile_picks_the_winner():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    rows = {row["what"]: row for row in report("h100-sxm--vllm")}
    assert rows["fastest kernels, pairs"]["sign_5"] >= 93
