"""The whole loop on the processor at hand: kernels that compute what NumPy does, a real run that fits, a run resumed."""

import shutil
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.__main__ import main
from calibration.cpu import kernels, measure, suite
from costmodel.errors import CostModelError, InputError
from costmodel.facts import profiles
from costmodel.facts.kv_types import KV_BYTES
from costmodel.language.units import parse_quantity

DATA = Path(__file__).parent / "data"
KV_DTYPES = ("float32", "int8", "int4")
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler on PATH: apt install gcc")


def reference(query, keys, values):
    """Softmax attention of every unit in double precision."""
    score = np.einsum("ush,uth->ust", query.astype(float), keys) / np.sqrt(query.shape[-1])
    weight = np.exp(score - score.max(axis=-1, keepdims=True))
    return np.einsum("ust,uth->ush", weight / weight.sum(axis=-1, keepdims=True), values)


@needs_compiler
@settings(max_examples=40)
@given(
    st.sampled_from(KV_DTYPES), st.integers(1, 5), st.integers(1, 16), st.integers(1, 200),
    st.sampled_from([32, 64, 96, 128, 256]), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_the_kernel_computes_attention_over_what_it_decodes(kv_dtype, units, shared, tokens, width, seed):
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal((2, units, tokens, width), dtype=np.float32)
    query = rng.standard_normal((units, shared, width), dtype=np.float32)
    keys, values = (kernels.encode(kv_dtype, array) for array in numbers)
    out = np.empty_like(query)
    kernels.attention(query, keys, values, tokens, out)()
    expected = reference(
        query, *(kernels.decode(cache, array.shape) for cache, array in zip((keys, values), numbers, strict=True))
    )
    np.testing.assert_allclose(out, expected, rtol=2e-4, atol=2e-5)


@given(st.sampled_from(KV_DTYPES), st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_codes_are_as_wide_and_as_near_as_their_type_says(kv_dtype, seed, scale):
    numbers = scale * np.random.default_rng(seed).standard_normal((2, 7, 64), dtype=np.float32)
    cache = kernels.encode(kv_dtype, numbers)
    assert cache.size == pytest.approx(KV_BYTES[kv_dtype] * numbers.size)
    groups = numbers.reshape(-1, kernels.GROUP)
    span = {"float32": 0, "int8": np.abs(groups).max(1) / 127, "int4": (groups.max(1) - groups.min(1)) / 15}[kv_dtype]
    error = np.abs(kernels.decode(cache, groups.shape) - groups).max(1)
    # Half a step; of int4, scale and zero are rounded to 8 bits of mantissa, which moves the ends by up to two steps.
    assert (
        error
        <= span * {"float32": 0, "int8": 0.5001, "int4": 3}[kv_dtype]
        + np.abs(groups).max(1) / 128 * (kv_dtype == "int4")
    ).all()


def test_a_repeated_cache_says_the_same_over_and_over():
    numbers = np.random.default_rng(0).standard_normal((1, 4, 32), dtype=np.float32)
    for kv_dtype in KV_DTYPES:
        few = kernels.encode(kv_dtype, numbers)
        many = few.repeated(11, 4)
        decoded = kernels.decode(few, (4, 32))
        shaped = kernels.Cache(
            kv_dtype, many.codes.reshape(-1, *few.codes.shape[1:]) if kv_dtype != "float32" else many.codes,
            many.extra.reshape(-1, *few.extra.shape[1:]) if kv_dtype != "float32" else many.extra,
        )  # fmt: skip
        np.testing.assert_array_equal(kernels.decode(shaped, (11, 32)), np.tile(decoded, (3, 1))[:11])


@needs_compiler
def test_a_group_that_is_too_wide_is_refused():
    cache = kernels.encode("float32", np.zeros((1, 4, 64), np.float32))
    with pytest.raises(InputError, match="got 17 of width 64"):
        query = np.zeros((1, 17, 64), np.float32)
        kernels.attention(query, cache, cache, 4, query.copy())
    with pytest.raises(InputError, match="multiple of 32"):
        kernels.encode("int8", np.zeros((1, 4, 40)))


def test_no_compiler_is_told(monkeypatch, data_folder, capsys):
    from costmodel.evaluation.compile import c_compiler as compiler

    compiler.shared_library.cache_clear()
    kernels.library.cache_clear()
    monkeypatch.setenv("CC", "no-such-compiler")
    assert main(["measure"]) == 2 and "no C compiler 'no-such-compiler'" in capsys.readouterr().err
    with pytest.raises(CostModelError):
        kernels.library()


def test_shapes_are_designed_and_bounded():
    plan = measure.load_plan()
    rows = measure.shapes(plan, "attention")
    assert rows.groupby(["batch", "query_heads", "kv_heads", "context"])["kv_dtype"].nunique().eq(3).all()
    size = 8 * rows["batch"] * rows["kv_heads"] * rows["context"] * rows["head_dim"]
    assert size.max() <= parse_quantity(plan["largest_cache"], "byte") and len(rows) > 500


PLAN = measure.load_plan() | {
    "timing": {"rounds": 2, "least": "1 us"},
    "attention": {"batch": [1], "heads": [[2, 1]], "context": [16, 64]},
}


@needs_compiler
def test_a_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    rows, runs, calls = measure.shapes(PLAN, "attention"), tmp_path / "runs.jsonl", []
    monkeypatch.setattr(measure, "sample", lambda row, least, turn: calls.append(row) or 1e-6 * (turn + row["context"]))
    first = measure.attention(rows, PLAN, runs)
    assert len(calls) == 12 and first["latency_us"].iloc[0] == pytest.approx(16.25)
    lines = runs.read_text().splitlines()
    runs.write_text("\n".join([*lines[:5], lines[5][:20]]) + "\n")
    again = measure.attention(rows, PLAN, runs)
    assert len(calls) == 12 + 7
    pd.testing.assert_frame_equal(first, again)


def test_it_pays_from_where_it_pays_ever_after():
    def ratio(*values):
        return pd.Series(values, index=[16, 32, 64])

    assert suite.pays_from(ratio(1.2, 1.1, 0.9)) == 64
    assert suite.pays_from(ratio(0.9, 1.1, 0.9)) == 64
    assert suite.pays_from(ratio(0.9, 0.8, 0.9)) == 16
    assert np.isnan(suite.pays_from(ratio(0.9, 0.8, 1.0)))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run of a real processor (AMD EPYC, one thread, 2026-11-23), fitted anew in a data directory of its own."""
    folder, patch = tmp_path_factory.mktemp("data"), pytest.MonkeyPatch()
    patch.setenv("COSTMODEL_DATA", str(folder))
    (folder / "gpus").mkdir()
    shutil.copy(DATA / "cpu_device.toml", folder / "gpus" / f"{suite.DEVICE}.toml")
    profiles.clear_caches()
    yield suite.fit(pd.read_csv(DATA / "cpu_run.csv"), measure.load_plan(), folder, log=lambda _: None)
    patch.undo()
    profiles.clear_caches()


def test_a_stored_run_gives_its_stored_profile(stored):
    expected = tomllib.loads((DATA / "cpu_profile.toml").read_text())["attention"][0]
    refitted = tomllib.loads(stored.profile.read_text())["attention"][0]
    for kv_dtype in KV_DTYPES:
        for name in ("attention_launch", "token_cost"):
            unit = "second" if name == "attention_launch" else "second*sm/token/head"
            numbers = [parse_quantity(table["main"][kv_dtype][name], unit) for table in (refitted, expected)]
            assert numbers[0] == pytest.approx(numbers[1], rel=0.02), (kv_dtype, name)


def test_held_out_shapes_are_predicted_within_what_is_asked(stored):
    assert stored.held_out.loc["all", "median"] < 12 and stored.held_out.loc["all", "n"] > 400
    assert 80 < stored.held_out.loc["all", "coverage"] < 97
    assert stored.rows["fitted"].sum() <= 200
    measured, predicted = stored.crossover.set_index(["cache", "what"])["pays from"]["int4"][["measured", "predicted"]]
    assert measured == 1024 and predicted in (512, 1024, 2048)


def test_the_profile_is_found_by_every_command(stored, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from costmodel.cli.app import app

    monkeypatch.chdir(tmp_path)
    row = {"gpu": "cpu-local", "engine": "embedded", "batch": 1, "num_heads": 8, "num_kv_heads": 8, "head_dim": 128}
    pd.DataFrame([row | {"context": 4096, "kv_dtype": kv_dtype} for kv_dtype in KV_DTYPES]).to_csv("p.csv", index=False)
    outcome = CliRunner().invoke(
        app, "predict --kernel decode-attention p.csv --out q.csv".split(), catch_exceptions=False
    )
    assert outcome.exit_code == 0
    predicted = pd.read_csv("q.csv").set_index("kv_dtype")
    assert predicted.loc["int4", "latency_us"] < predicted.loc["float32", "latency_us"] and set(
        predicted["calibrated"]
    ) == {"measured"}


def test_a_profile_of_the_data_directory_counts_everywhere(stored, capsys):
    """In the report, in what profiles state and what is recomputed, on the calibration page, and in a prediction."""
    from calibration.validation.held_out import profile_ids
    from calibration.validation.recompute import recompute
    from costmodel.analyses import validation
    from costmodel.facts import gpus

    identifier = f"{suite.DEVICE}--{suite.ENGINE}"
    assert identifier in profile_ids() and profile_ids(suite.DEVICE) == [identifier]
    assert identifier in {errors.profile for errors in validation.kernels()}
    assert profiles.select_profile(gpus.load(suite.DEVICE), suite.ENGINE).origin == "measured"
    assert main(["report", "--gpu", suite.DEVICE]) == 0
    output = capsys.readouterr().out
    assert f"{identifier}: errors as the profile states them" in output and "float32" in output
    with pytest.raises(InputError, match=f"{identifier}: its measurements are not among the imported tables"):
        recompute(suite.DEVICE)


def test_a_profile_of_the_data_directory_does_not_stop_the_others(stored):
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    from calibration.validation import recompute

    ids = ["l40s--sglang", f"{suite.DEVICE}--{suite.ENGINE}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recompute.held_out, "profile_ids", lambda *_: ids)
        validation = recompute.recompute()
    assert set(validation.skipped) == {ids[1]} and set(validation.attention["profile"]) == {ids[0]}


def test_the_calibration_page_lists_a_profile_of_the_data_directory(stored):
    pytest.importorskip("dash", reason="needs the dashboard: pip install 'costmodel[dashboard]'")
    from dashboards import profile_tables

    for section in (profile_tables.errors_section, profile_tables.coverage_section):
        section.cache_clear()
    try:
        assert f"{suite.DEVICE}--{suite.ENGINE}" in str(profile_tables.errors_section())
        assert suite.DEVICE in str(profile_tables.coverage_section())
    finally:
        for section in (profile_tables.errors_section, profile_tables.coverage_section):
            section.cache_clear()
