"""Steps that a table keeps back judge the fit and never enter it; the shipped profiles of TurboQuant were fitted so."""

import numpy as np
import pandas as pd
import pytest
from step_tables import TIMED, UNSEEN, WHERE, table

from calibration.__main__ import main
from calibration.steps.learn import KEPT_BACK, learn_steps
from costmodel.errors import InputError
from costmodel.facts import store
from costmodel.facts.profiles import parse_profile

STEPS = store.PACKAGE / "measurements" / "engine_steps.csv"
LEARNT = {"turboquant-4bit": (14, 6), "turboquant-k8v4": (8, 4), "turboquant-k3v4": (6, 2), "turboquant-3bit": (6, 2)}


def marked(fitted, kept_back) -> pd.DataFrame:
    return pd.concat([fitted.assign(fitted="yes"), kept_back.assign(fitted="no")], ignore_index=True)


@pytest.fixture
def rows() -> pd.DataFrame:
    """Synthetic steps of 4-bit TurboQuant, those of other shapes kept back and wrong by a tenth."""
    others = table("turboquant-4bit", UNSEEN)
    return marked(table("turboquant-4bit"), others.assign(step_ms=1.1 * others["step_ms"]))


def test_the_fit_is_that_of_the_fitted_rows_alone(rows, data_folder):
    learnt = learn_steps(rows, scheme="turboquant-4bit", **WHERE)
    alone = learn_steps(table("turboquant-4bit"), scheme="turboquant-4bit", **WHERE)
    assert learnt.fit.constants == alone.fit.constants and len(learnt.rows) == len(TIMED)
    (stated,), (of_fit,) = learnt.profile.attention, alone.profile.attention
    assert stated.spread == of_fit.spread, "what judges a fit does not widen it"
    assert KEPT_BACK in learnt.profile.header.method and KEPT_BACK not in alone.profile.header.method


def test_errors_are_those_of_the_rows_kept_back(rows, data_folder):
    learnt = learn_steps(rows, scheme="turboquant-4bit", **WHERE)
    assert learnt.kept_back_errors == pytest.approx(np.full(len(UNSEEN), np.log(1 / 1.1)), abs=0.03)
    held_out = learnt.profile.attention[0].held_out["turboquant-4bit"]
    assert held_out["n"] == len(UNSEEN) and held_out["bias"] == pytest.approx(-9.5, abs=1.5)
    assert f"{len(UNSEEN)} kept back within" in str(learnt)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.assign(fitted="maybe"), "row 1: fitted: expected yes or no, got 'maybe'"),
        (lambda rows: rows.assign(fitted="no"), "expected rows of turboquant-4bit to fit"),
        (
            lambda rows: marked(table("turboquant-4bit"), table("turboquant-4bit")),
            "cannot both be fitted and be kept back",
        ),
    ],
)
def test_a_column_that_cannot_be_meant_is_refused(rows, change, message, data_folder):
    with pytest.raises(InputError, match=message):
        learn_steps(change(rows), scheme="turboquant-4bit", **WHERE)


def test_the_16_bit_rows_are_nobodys_fit(rows, data_folder):
    baseline = table("none", rule="none").assign(fitted="no", scheme="none")
    learnt = learn_steps(
        pd.concat([rows.assign(scheme="turboquant-4bit"), baseline]), scheme="turboquant-4bit", **WHERE
    )
    assert len(learnt.baseline_errors) == len(TIMED) and len(learnt.kept_back_errors) == len(UNSEEN)


@pytest.mark.parametrize("scheme", LEARNT)
def test_the_shipped_constants_follow_from_the_kept_rows(scheme, data_folder, capsys):
    assert (
        main(
            [
                "steps",
                str(STEPS),
                "--scheme",
                scheme,
                "--engine",
                "vllm",
                "--gpu",
                "h100-sxm",
                "--model",
                "llama-3.1-8b",
            ]
        )
        == 0
    )
    fitted, kept_back = LEARNT[scheme]
    assert f"{fitted} steps" in (said := capsys.readouterr().out) and f"{kept_back} steps." in said
    name = f"h100-sxm--vllm--{scheme}.toml"
    shipped, refitted = (
        parse_profile(store.read_toml(folder / "profiles" / "implementations" / name), name, "implementation")
        for folder in (store.PACKAGE, data_folder)
    )
    assert shipped.header.evidence == "measured"
    (was,), (now,) = shipped.attention, refitted.attention
    assert was.points == now.points == fitted and was.held_out[scheme]["n"] == kept_back
    assert dict(now.main[scheme]) == pytest.approx(dict(was.main[scheme]), rel=0.02)
    assert now.held_out[scheme]["median"] == pytest.approx(was.held_out[scheme]["median"], rel=0.05)
