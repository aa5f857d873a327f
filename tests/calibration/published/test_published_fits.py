"""Fits to published steps: what they see and what judges them, that the shipped profiles are theirs, and the score."""

import numpy as np
import pandas as pd
import pytest

from calibration.__main__ import main
from calibration.published import speedups
from calibration.published.fit import PairLaw, architectures_of, fit_published
from calibration.published.table import MIN_ROWS, published_steps, scheme_of
from costmodel.errors import InputError, UnknownName
from costmodel.facts import gpus, implementations, profiles

TABLE = published_steps()
KEY = ["group", "batch", "context"]


def test_every_row_names_its_source_and_what_ran():
    assert len(TABLE) == 157 and TABLE["source"].str.len().min() > 10
    for name in TABLE["implementation"].unique():
        assert implementations.load(name).kernel, name
    assert (TABLE[["batch", "context", "baseline_ms", "step_ms"]] > 0).all().all()
    assert not TABLE.duplicated(["implementation", *KEY, "step_ms"]).any(), "one row twice would count twice"


def test_a_group_is_one_set_up():
    for _, group in TABLE.groupby(["implementation", "group"]):
        assert all(group[name].nunique() == 1 for name in ("gpu", "model", "ranks", "weight_dtype"))


def fits() -> list[tuple[str, str]]:
    names = sorted(TABLE["implementation"].unique())
    return [(name, a) for name in names if len(published_steps(name)) >= MIN_ROWS for a in architectures_of(name)]


@pytest.fixture(scope="module")
def fitted() -> dict:
    return {key: fit_published(*key) for key in fits()}


def test_no_row_judges_the_fit_that_saw_it(fitted):
    for published in fitted.values():
        seen = {tuple(row) for row in published.inside[KEY].itertuples(index=False)}
        judging = {tuple(row) for row in published.outside[KEY].itertuples(index=False)}
        assert seen and judging and not seen & judging
        assert published.inside["group"].nunique() == 1


def test_shipped_profiles_are_these_fits(fitted):
    shipped = [
        name for name in profiles.identifiers("implementation")
        if profiles.read_profile_file(name, "implementation").header.evidence == "published"
    ]  # fmt: skip
    again = {f"{p.profile.header.gpu}--{p.implementation.id}": p.profile for p in fitted.values()}
    assert sorted(shipped) == sorted(again)
    for name in shipped:
        (was,), (now,) = profiles.read_profile_file(name, "implementation").attention, again[name].attention
        assert was.points == now.points <= 200
        (kv_dtype,) = was.main
        for constant in ("token_cost", "attention_launch"):
            assert now.main[kv_dtype][constant] == pytest.approx(was.main[kv_dtype][constant], rel=0.02), (
                name,
                constant,
            )
        assert was.held_out[kv_dtype]["median"] == pytest.approx(now.held_out[kv_dtype]["median"], rel=0.05)


def test_what_ran_beside_attention_is_taken_from_the_16_bit_step():
    """A scheme step that is the 16-bit step plus a millisecond leaves a millisecond more for attention, whatever the rest."""
    rows = published_steps("vllm--turboquant-4bit").query("gpu == 'a100-sxm-40gb'").reset_index(drop=True)
    implementation = implementations.load("vllm--turboquant-4bit")
    laws = [PairLaw(rows.assign(baseline_ms=rows["baseline_ms"] + shift), implementation) for shift in (0, 5)]
    assert laws[1].rest - laws[0].rest == pytest.approx(np.full(len(rows), 5e-3), rel=1e-6)


def test_few_rows_are_no_fit(monkeypatch):
    few = TABLE[TABLE["implementation"] == "vllm--turboquant-4bit"].head(MIN_ROWS - 1).reset_index(drop=True)
    monkeypatch.setattr("calibration.published.fit.published_steps", lambda name=None: few)
    with pytest.raises(InputError, match=f"at least {MIN_ROWS} published steps, got {MIN_ROWS - 1}"):
        fit_published("vllm--turboquant-4bit", "Ampere")


def test_an_implementation_that_nobody_published_is_named():
    with pytest.raises(UnknownName, match="published steps"):
        published_steps("vllm--kivi")


def test_an_eviction_scheme_runs_with_the_budget_of_its_publication():
    assert scheme_of("lmdeploy--h2o") == "h2o[budget=512]"
    assert scheme_of("vllm--int8") == "int8"


def test_rows_outside_are_of_no_fit_and_not_of_fp8(fitted):
    outside = speedups.rows_outside()
    assert "fp8" not in {implementations.load(name).scheme for name in outside["implementation"]}
    for (name, _), published in fitted.items():
        seen = {tuple(row) for row in published.inside[KEY].itertuples(index=False)}
        own = outside[outside["implementation"] == name]
        assert not seen & {tuple(row) for row in own[KEY].itertuples(index=False)}


def test_the_score_by_hand():
    results = pd.DataFrame(
        {
            "implementation": ["vllm--int8"] * 4, "verdict": ["wins", "loses", "loses", "cannot tell"],
            "published": [1.2, 0.5, 1.1, 1.0], "low": [1.1, 0.6, 0.5, 0.5], "high": [1.3, 0.7, 0.9, 2.0],
        }
    )  # fmt: skip
    score = speedups.score(results)
    assert (score["rows"], score["decided"], score["right"]) == (4, 3, 2)
    assert score["undecided"] == 0.25 and score["coverage"] == 0.5
    assert score["half_width"] == pytest.approx(np.expm1(np.median(np.log(results["high"] / results["low"]) / 2)))


def test_published_sides_are_right_where_one_is_given():
    """A side is right in nine of ten, and intervals hold, of kernels that engines ship as of the others."""
    results = speedups.predicted_speedups(speedups.rows_outside())
    score = speedups.score(results)
    assert score["decided"] >= 10 and score["right"] >= 0.9 * score["decided"]
    assert 0.8 <= score["coverage"] <= 0.97
    shipped = results["implementation"].map(lambda name: implementations.load(name).status == "shipped")
    of_shipped = speedups.score(results[shipped])
    assert of_shipped["coverage"] >= 0.8 and of_shipped["undecided"] <= 0.5


def test_the_command_prints_fits_and_score(capsys):
    assert main(["published"]) == 0
    said = capsys.readouterr().out
    for name in TABLE["implementation"].unique():
        assert (name in said) == (len(published_steps(name)) >= MIN_ROWS)
    assert "Whole predictions" in said and "shipped by an engine" in said


def test_the_command_writes_profiles_into_a_folder(tmp_path, capsys):
    assert main(["published", "vllm--int8", "--out", str(tmp_path)]) == 0
    assert "Whole predictions" not in capsys.readouterr().out
    (path,) = (tmp_path / "profiles" / "implementations").glob("*.toml")
    assert 'evidence = "published"' in path.read_text()
    assert gpus.load(path.stem.partition("--")[0]).architecture == "Ampere"


def test_an_unknown_implementation_is_one_line(capsys):
    assert main(["published", "vllm--int9"]) == 2
    assert "vllm--int8" in capsys.readouterr().err
