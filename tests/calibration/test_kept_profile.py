"""The profile of the project's own kernels on an H100: what its rows identify, what is held, how far off it is."""

import math

import numpy as np
import pytest
from synthetic import GPU, measure, shapes

from calibration.__main__ import main
from calibration.data import suite_runs
from calibration.data.columns import Dispatch
from calibration.kernel_fits import identified
from calibration.kernel_fits.attention_law import fit_dispatch
from calibration.profiles.kept_profile import calibrate_kept
from calibration.profiles.writer import ProfileWriter
from costmodel.errors import CostModelError
from costmodel.facts import gpus, profiles

H100 = gpus.load("h100-sxm")


@pytest.fixture(scope="module")
def rows():
    return suite_runs.decode_attention(suite_runs.load_suite_runs())


@pytest.fixture(scope="module")
def fitted(tmp_path_factory) -> ProfileWriter:
    return calibrate_kept("h100-sxm", tmp_path_factory.mktemp("data"))


def test_the_shipped_profile_is_what_the_kept_runs_give(fitted):
    shipped = profiles.read_profile_file("h100-sxm--embedded").attention[0]
    (fit,) = fitted.profile().attention
    assert fit.points == shipped.points == 85
    for kv_dtype in ("bfloat16", "fp8"):
        for name, number in {**fit.shared, **fit.main[kv_dtype]}.items():
            assert {**shipped.shared, **shipped.main[kv_dtype]}[name] == pytest.approx(number, rel=0.02), name


def test_the_launch_is_held_and_said_instead_of_ending_at_a_bound(fitted):
    text = fitted.path.read_text()
    assert text.count('attention_launch = "8 us"  # not identified: its start') == 2
    assert "hbm_efficiency = 1.0  # not identified: the datasheet's" in text
    fit = fitted.profile().attention[0]
    assert fit.spread["fp8"]["launch"] == pytest.approx(math.log(2) / 1.645, rel=1e-3)  # x or / 2 at 90 %
    assert fit.spread["fp8"]["cold"] < 0.2


def test_errors_are_those_of_fits_that_saw_no_repeat_of_a_row(fitted):
    """15 to 21 % was what the first fit, through launches of the host, came to."""
    held_out = fitted.profile().attention[0].held_out
    assert (held_out["bfloat16"]["n"], held_out["fp8"]["n"], held_out["pairs"]["n"]) == (45, 40, 40)
    assert held_out["bfloat16"]["median"] < 6 and held_out["fp8"]["median"] < 9
    assert (
        held_out["bfloat16"]["p90"] < 20 and held_out["fp8"]["p90"] < 30
    )  # programs that split a context are off most
    assert held_out["pairs"]["sign_5"] > 85


def test_left_out_errors_by_hand(rows, monkeypatch):
    """Fitted rows count with the residual of their fold, the others with the prediction of the fit."""
    mask = np.arange(len(rows)) % 2 == 0
    monkeypatch.setattr(identified, "left_out_residuals", lambda inside, *_: np.full(len(inside), math.log(1.1)))
    monkeypatch.setattr(identified, "predict", lambda fit, outside, gpu: (1.2 * outside["latency_us"].to_numpy(), None))
    fit = profiles.read_profile_file("h100-sxm--embedded").attention[0]
    errors = identified.left_out_errors(rows, mask, H100, fit, {})
    assert errors["fp8"]["n"] == 40 and errors["fp8"]["median"] == pytest.approx(15.0)
    assert errors["bfloat16"]["p90"] == pytest.approx(20.0)


def test_a_shape_is_inside_or_outside_with_all_its_query_heads(rows):
    assert identified._points(rows, H100).all()  # so few rows are all fitted
    many = measure(shapes(), Dispatch(), 0.01)
    mask = identified._points(many, GPU)
    inside, outside = (set(map(tuple, many[chosen][identified.ALIKE].to_numpy())) for chosen in (mask, ~mask))
    assert 100 < mask.sum() <= 200 and inside and outside and not inside & outside


def test_what_rows_identify_is_recovered_and_what_they_do_not_is_held():
    table = measure(shapes(), Dispatch(), 0.01).sample(150, random_state=2).reset_index(drop=True)
    fit = identified.fit_identified(table, GPU)
    assert {"window_edge", "window_wave", "window_cost"} <= set(fit.layout.fixed)  # no row has a window
    assert "attention_launch" not in fit.layout.fixed
    assert fit.number("attention_launch", "bfloat16") == pytest.approx(8e-6, rel=0.05)
    assert fit.number("attention_launch", "fp8") == pytest.approx(9.5e-6, rel=0.05)


def test_a_coefficient_that_is_held_stays_at_its_number():
    table = measure(shapes(), Dispatch(), 0.01).sample(80, random_state=2).reset_index(drop=True)
    fit = fit_dispatch(table, GPU, Dispatch("none"), held={"attention_launch": 8e-6})
    assert fit.number("attention_launch", "fp8") == pytest.approx(8e-6) == fit.number("attention_launch", "bfloat16")


def test_a_gpu_whose_runs_are_not_kept_is_named(capsys):
    with pytest.raises(CostModelError, match="h100-sxm"):
        calibrate_kept("l40s")
    assert main(["fit", "--gpu", "l40s", "--engine", "embedded"]) == 2
    assert "h100-sxm" in capsys.readouterr().err
