"""Published serving runs: errors by concurrency, nothing left out in silence."""

import re

import numpy as np
import pandas as pd
import pytest

from calibration.__main__ import main
from calibration.data.published_runs import published_runs
from calibration.validation import serving_constants
from calibration.validation.serving_report import KINDS, compared
from calibration.validation.serving_runs import (
    DEPLOYMENT,
    by_concurrency,
    by_group,
    compare_expert_runs,
    compare_runs,
    coverage,
    is_fitted,
)
from costmodel.facts import engines, gpus
from costmodel.facts.layers import ROUTER_VARIATION


def test_errors_by_concurrency_are_counted_by_hand():
    rows = pd.DataFrame(
        {"concurrency": [1, 4, 4, 5, 64, 512], "tpot_ms": 10.0, "serving_ms": [11.0, 8.0, 10.5, 5.0, 10.0, 2.0]}
    )
    errors = by_concurrency(rows)
    assert list(errors["n"]) == [3, 1, 1, 1, 6]
    assert errors.loc["1 to 4", ["median", "p90", "bias"]].tolist() == pytest.approx([10.0, 18.0, 5.0])
    assert errors["bias"].tolist()[1:4] == pytest.approx([-50.0, 0.0, -80.0])


@pytest.fixture
def measured():
    """The package of measured tables, or a skip."""
    return pytest.importorskip(
        "aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'"
    )


def test_every_run_is_compared_or_counted_as_left_out(measured):
    rows, left_out = compare_runs()
    assert len(rows) + sum(left_out.values()) == len(published_runs())
    assert np.isfinite(rows["serving_ms"]).all() and (rows[["serving_ms", "static_ms"]] > 0).all(axis=None)


def test_prompts_of_others_are_what_the_static_step_misses(judged, capsys):
    """Bounds a little above what the README states; nothing of the model was fitted to these runs."""
    assert main(["serving"]) == 0
    assert "left out: " in capsys.readouterr().out
    rows = judged["dense models"]
    served, static = by_concurrency(rows), by_concurrency(rows, "static_ms")
    assert served.loc["all", "median"] < 8 and abs(served.loc["all", "bias"]) < 3
    assert served.loc["65 and more", "median"] < static.loc["65 and more", "median"] / 2
    assert static.loc["1 to 4", "median"] < 10 and (static["bias"].iloc[:4].diff().dropna() < 0).all()


def test_mixtures_of_experts_within_a_node(measured):
    """Bounds a little above what docs/limits.md states; by the law of one dense product the median was 18 %, and 14 % while the
    type of the cache was not known and drafts were among the runs."""
    rows, left_out = compare_expert_runs()
    assert len(rows) + sum(left_out.values()) == len(published_runs())
    assert (rows["tp"] <= 8).all() and (rows["expert_gpus"] == rows["tp"]).all()
    errors = by_concurrency(rows)
    assert errors.loc["all", "median"] < 11
    by_model = by_group(rows, ["model", "engine"])["median"]
    assert by_model["minimax-m2.5", "vllm"] < 7 and by_model["kimi-k2.5", "vllm"] < 11
    assert by_model["deepseek-v3", "sglang"] < 10


def test_by_class(judged):
    """What docs/limits.md states of classes; a bias of hybrids within 3 % is due and missed (gpt-oss 9 and 11 % too slow)."""
    errors = by_group(pd.concat(judged.values()), ["class"])
    due = {"dense": (8, 24, 3), "experts": (12, 30, 3), "latent (MLA)": (12, 36, 3), "hybrid": (14, 30, 8)}
    for name, (median, p90, bias) in due.items():
        row = errors.loc[name]
        assert row["median"] < median and row["p90"] < p90 and abs(row["bias"]) < bias, name


@pytest.fixture(scope="module")
def judged():
    """Compared runs that no constant was fitted to, by kind."""
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    together, _ = compared()
    return {kind: rows for kind, rows in together[~together["is_fitted"]].groupby("kind")}


@pytest.mark.parametrize("kind", KINDS)
def test_first_tokens_outside_the_fit(judged, kind):
    """Bounds a little above what docs/limits.md states; 47 and 59 % before a benchmark's opening was in the formula."""
    assert by_concurrency(judged[kind], "first_ms", "ttft_ms").loc["all", "median"] < 25
    assert coverage(judged[kind])["inside"].between(80, 95).all()


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_not_off_to_one_side(judged, kind):
    assert abs(by_concurrency(judged[kind]).loc["all", "bias"]) < 3


MISSED = {  # docs/limits.md says why; each has to come off this list once it is met
    (
        "mixtures of experts",
        "bias",
    ): "DeepSeek's prompts took longer, of old images and on B300 up to tenfold: -12 % over all",
    ("dense models", "width"): "what holds nine in ten tokens is wider, p90 being 21 %: 26.2 > 3 x 6.5 %",
    ("mixtures of experts", "width"): "likewise, p90 being 26 %: 28.2 > 3 x 9.3 %",
}


def bounds(what: str) -> list:
    """Both kinds, those that are known to miss a bound expected to."""
    missed = [
        pytest.mark.xfail(strict=True, reason=MISSED[kind, what]) if (kind, what) in MISSED else () for kind in KINDS
    ]
    return [pytest.param(kind, marks=mark) for kind, mark in zip(KINDS, missed, strict=True)]


@pytest.mark.parametrize("kind", bounds("bias"))
def test_first_tokens_are_not_off_to_one_side(judged, kind):
    assert abs(by_concurrency(judged[kind], "first_ms", "ttft_ms").loc["all", "bias"]) < 6


@pytest.mark.parametrize("kind", bounds("width"))
def test_intervals_are_no_wider_than_three_errors(judged, kind):
    held = coverage(judged[kind])
    assert (held["half-width"] < 3 * held["median error"]).all()


def test_images_of_the_last_month_are_not_off_to_one_side(judged):
    """What makes the first tokens of all mixtures too fast are the images of winter, whose kernels no table measured."""
    months = by_group(judged["mixtures of experts"], ["month"], "first_ms", "ttft_ms")
    last = judged["mixtures of experts"]["month"] == "2026-04"
    assert last.sum() > 300 and months["n"].sum() == len(last)
    tokens = by_group(judged["mixtures of experts"][last], ["month"]).iloc[0]
    assert tokens["median"] < 8 and abs(tokens["bias"]) < 3
    assert months.loc["2026-04", "median"] < 15 and abs(months.loc["2026-04", "bias"]) < 3
    assert (months.loc[["2025-11", "2025-12", "2026-01"], "bias"] < -30).all()


def test_engines_state_what_the_fit_gives(measured, capsys):
    """``calibrate serving --constants`` prints what their files hold, to the digits that these have."""
    assert main(["serving", "--constants"]) == 0
    printed = capsys.readouterr().out
    variation = float(re.search(r"router_variation=([\d.]+)", printed)[1])
    assert pytest.approx(variation, abs=0.06) == ROUTER_VARIATION
    for engine in ("vllm", "sglang", "tensorrt-llm"):
        numbers = engines.load(engine, gpus.load("h100-sxm")).numbers
        line = next(line for line in printed.splitlines() if f"'{engine}'" in line)
        for name in ("sequence_host_time", "request_overhead", "prompts_ahead", "load_spread", "first_token_spread"):
            fitted = float(re.search(rf"{name}=([\d.e-]+)", line)[1])
            assert numbers[name] == pytest.approx(fitted, rel=0.05), (engine, name)


def test_a_deployment_is_on_one_side_alone(measured):
    rows = compared()[0]
    fitted = is_fitted(rows)
    keys = rows[DEPLOYMENT].astype(str).agg(" ".join, axis=1)
    assert not set(keys[fitted]) & set(keys[~fitted]) and 0.1 < fitted.mean() <= 0.2
    shuffled = rows.sample(frac=1, random_state=1)
    assert set(shuffled[is_fitted(shuffled)].index) == set(rows[fitted].index)


def test_one_deployment_of_five_is_fitted_to_wherever_it_lies():
    """Ten of an engine in the order of their names: the third and the eighth."""
    runs = pd.DataFrame({"engine": "x", "model": [f"m{number}" for number in range(10)]}).assign(
        **{name: 1 for name in DEPLOYMENT if name not in ("engine", "model")}
    )
    assert np.flatnonzero(is_fitted(runs)).tolist() == [2, 7]


def test_few_deployments_widen_a_spread():
    """Student's 95 % quantile of 11 degrees of freedom is 1.796, of 1 it is 6.314; the normal one 1.645."""
    assert serving_constants._of_few(12) == pytest.approx(1.796 / 1.645, rel=1e-3)
    assert serving_constants._of_few(2) == serving_constants._of_few(1) == pytest.approx(6.314 / 1.645, rel=1e-3)


def test_what_an_interval_holds_beside_its_kernels_by_hand():
    """Nine of ten errors of up to 0.3: a normal law of 0.3 / 1.645 holds them."""
    errors = np.array([*np.linspace(-0.3, 0.3, 9), 2.0])
    assert serving_constants._beside(errors, np.zeros(10)) == pytest.approx(0.3 / 1.6449, rel=1e-3)
    assert serving_constants._beside(errors / 10, np.full(10, 5.0)) == pytest.approx(0, abs=1e-9)
