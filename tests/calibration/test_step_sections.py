"""What a step's kernels by name teach goes into a copy of the profile, and counts from then on."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from calibration.__main__ import main
from calibration.profiles.in_step import fit_in_step
from calibration.profiles.step_sections import gap_between_kernels
from calibration.profiles.writer import ProfileWriter, open_writer
from costmodel.errors import InputError
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import models, profiles

DATA = Path(__file__).parents[3] / "shared" / "data"
WHERE = ["--engine", "vllm", "--gpu", "h100-sxm", "--model", "llama-8b"]
POINTS = [(1, 2048), (16, 8192), (64, 4096), (256, 1024)]


def bare():
    """The deployment on the shipped profile, without what it learnt from steps."""
    deployment = resolve_deployment("llama-8b", "h100-sxm", ranks=1, engine="vllm")
    file = dataclasses.replace(
        deployment.profile.file,
        sections={n: s for n, s in deployment.profile.file.sections.items() if n not in profiles.STEP_SECTIONS},
    )
    return dataclasses.replace(deployment, profile=dataclasses.replace(deployment.profile, file=file))


def kernels(floor=0.9, streaming=1.1, products=1.05) -> pd.DataFrame:
    """Kernels of steps whose attention and products differ from their benchmarks by known factors."""
    rows = []
    for batch, prompt in POINTS:
        step = build_evaluator(bare(), load_scheme("none"), np.array([float(batch)]), np.array([float(prompt)]))
        launch, whole, product = (
            1e6 * np.ravel(drop_model_axes(step[name]))[0]
            for name in ("attention_launch_time", "attention_step_time", "matrix_step_time")
        )
        by_name = {
            "nvjet_a": (128, products * product), "flash_fwd": (32, floor * launch + streaming * (whole - launch)),
            "rms_norm": (64, 120.0 + batch), "argmax": (1, 40.0 + 0.5 * batch), "reshape_and_cache_flash": (32, 50.0),
        }  # fmt: skip
        rows += [("auto", batch, prompt, name, *numbers) for name, numbers in by_name.items()]
    return pd.DataFrame(rows, columns=["kv_cache_dtype", "batch", "prompt_len", "kernel", "calls_a_step", "us_a_step"])


def steps(table: pd.DataFrame, gap_us: float) -> pd.DataFrame:
    """Times on the clock of the same steps."""
    key = ["kv_cache_dtype", "batch", "prompt_len"]
    whole = table.groupby(key)[["calls_a_step", "us_a_step"]].sum().reset_index()
    return whole[key].assign(step_ms=1e-3 * (whole["us_a_step"] + gap_us * whole["calls_a_step"]))


def test_factors_are_recovered():
    from calibration.kernel_fits.step_kernels import steps_by_kind

    fit = fit_in_step(bare(), steps_by_kind(kernels(), 32), "this test")
    assert fit.values == pytest.approx(
        {"floor_in_step": 0.9, "streaming_in_step": 1.1, "products_in_step": 1.05}, rel=1e-6
    )
    assert fit.model == "llama-3.1-8b, tp 1, bfloat16" and fit.points == 4


def test_three_steps_are_too_few():
    from calibration.kernel_fits.step_kernels import steps_by_kind

    with pytest.raises(InputError, match="at least 4 steps"):
        fit_in_step(bare(), steps_by_kind(kernels().query("batch < 256"), 32), "x")


def test_the_gap_is_what_the_clock_shows_beyond_the_kernels():
    from calibration.kernel_fits.step_kernels import steps_by_kind

    by_kind = steps_by_kind(kernels(), 32)
    assert gap_between_kernels(by_kind, steps(kernels(), 0.4)) == pytest.approx(0.4e-6, rel=1e-9)
    with pytest.raises(InputError, match="above the sum of their kernels"):
        gap_between_kernels(by_kind, steps(kernels(), -0.4))
    with pytest.raises(InputError, match="none has the cache type"):
        gap_between_kernels(by_kind, steps(kernels(), 0.4).assign(batch=7))
    with pytest.raises(InputError, match="step_ms is missing"):
        gap_between_kernels(by_kind, steps(kernels(), 0.4).drop(columns="step_ms"))


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("us_a_step", "abc", "row 2: us_a_step: expected a number above 0"),
        ("us_a_step", -5, "row 2: us_a_step"),
        ("us_a_step", None, "row 2: us_a_step"),
        ("calls_a_step", 0, "row 2: calls_a_step"),
        ("engine", "sglang", "row 2: engine: expected vllm"),
    ],
)
def test_what_is_no_kernel_is_one_line(column, value, words, tables, data_folder, capsys):
    table = pd.read_csv(tables[0]).astype(object).assign(engine="vllm")
    table.loc[1, column] = value
    table.to_csv(tables[0], index=False)
    assert main(["step-kernels", *tables, *WHERE]) == 2
    printed = capsys.readouterr().err
    assert words in printed and printed.count("\n") == 1
    assert not (data_folder / "profiles" / "h100-sxm--vllm.toml").exists()


def test_steps_in_seconds_are_refused(tables, data_folder, capsys):
    table = pd.read_csv(tables[1])
    table.assign(step_ms=table["step_ms"] / 1e3).to_csv(tables[1], index=False)
    assert main(["step-kernels", *tables, *WHERE]) == 2
    assert "these look like seconds" in capsys.readouterr().err


@pytest.fixture
def tables(tmp_path) -> list[str]:
    kernels().to_csv(tmp_path / "kernels.csv", index=False)
    steps(kernels(), 0.4).to_csv(tmp_path / "steps.csv", index=False)
    return [str(tmp_path / "kernels.csv"), str(tmp_path / "steps.csv")]


def test_the_command_writes_a_copy_that_counts(data_folder, tables, capsys):
    shipped = profiles.load_profile("h100-sxm--vllm")
    assert main(["step-kernels", *tables, *WHERE, "--source", "our cluster"]) == 0
    assert "floor_in_step" in (printed := capsys.readouterr().out) and "0.4 us" in printed
    own = profiles.load_profile("h100-sxm--vllm")
    assert own.file.sections["in_step"].values["products_in_step"] == pytest.approx(1.05, rel=1e-3)
    assert own.file.sections["small_kernel"].source == "our cluster"
    assert [fit.main for fit in own.file.attention] == [fit.main for fit in shipped.file.attention]
    for beside in ("certainty", "points"):
        assert (data_folder / "profiles" / beside / "h100-sxm--vllm.csv").exists()
    assert main(["list"]) == 0 and "h100-sxm--vllm" in capsys.readouterr().out
    assert main(["remove", "h100-sxm--vllm"]) == 0
    assert profiles.load_profile("h100-sxm--vllm").file.sections["small_kernel"].source != "our cluster"


def test_a_gpu_without_kernels_of_its_own_is_refused(data_folder, tables, capsys):
    assert main(["step-kernels", *tables, "--engine", "vllm", "--gpu", "rtx-3090", "--model", "llama-8b"]) == 2
    assert "rtx-3090--vllm" in (printed := capsys.readouterr().err) and "calibrate steps" in printed


def test_a_refit_keeps_what_steps_taught(monkeypatch, tmp_path):
    from calibration.profiles import writer as writers

    shipped = profiles.read_profile_file("h100-sxm--vllm")
    monkeypatch.setattr(writers, "FOLDER", tmp_path)
    (tmp_path / "h100-sxm--vllm.toml").write_text(profiles.format_profile(shipped))
    again = open_writer(shipped.header, refit=True)
    assert isinstance(again, ProfileWriter) and not again.sections
    assert set(again.profile().sections) == set(profiles.STEP_SECTIONS)


@pytest.mark.skipif(not DATA.exists(), reason="needs the measurements beside the repository")
def test_the_shipped_sections_are_what_the_command_gives(data_folder):
    shipped = profiles.read_profile_file("h100-sxm--vllm").sections
    files = [str(DATA / f"h100_vllm024_{name}.parquet") for name in ("kernels", "steps")]
    assert main(["step-kernels", *files, *WHERE, "--gap-from", "int8_per_token_head"]) == 0
    profiles.clear_caches()
    own = profiles.read_profile_file("h100-sxm--vllm").sections
    for name in profiles.STEP_SECTIONS:
        assert dict(own[name].values) == pytest.approx(dict(shipped[name].values), rel=1e-9), name
        assert dict(own[name].spread) == pytest.approx(dict(shipped[name].spread), rel=1e-9), name


def test_spreads_in_step_serve_the_shapes_that_were_listed():
    profile = profiles.load_profile("h100-sxm--vllm")
    llama, twin = models.load("llama-8b"), models.load("llama-70b")
    assert llama.has_shapes_of(llama) and not llama.has_shapes_of(twin)
    measured = profile.in_step(llama, 1, "bfloat16")
    assert measured.launch_spread is not None and measured.product_spread is not None
    for other in (
        profile.in_step(llama, 2, "bfloat16"),
        profile.in_step(llama, 1, "fp8"),
        profile.in_step(twin, 1, "bfloat16"),
    ):
        assert other.launch_spread is None and (other.floor, other.streaming) == (measured.floor, measured.streaming)


def test_an_inherited_profile_takes_factors_and_no_spreads():
    inherited = profiles.load_profile("h100-sxm--vllm", "inherited").in_step(models.load("llama-8b"), 1, "bfloat16")
    assert inherited.products != 1 and inherited.product_spread is None


def test_a_profile_that_learnt_nothing_leaves_benchmarks_alone():
    assert (
        profiles.load_profile("h100-sxm--embedded").in_step(models.load("llama-8b"), 1, "bfloat16") == profiles.InStep()
    )
