"""Ratios of steps: measured kernels have errors, unmeasured ones lie between ideal and slow, and never win."""

import numpy as np
import pytest

from costmodel.evaluation.ask.compare import Ratio, fitting_ratio, full_step, ratio_evidence, step_interval, step_ratio
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.sweep_axes import DEFAULT_SCHEMES
from costmodel.evaluation.ask.verdicts import ABSENT, LOSES, NEEDS_KERNEL, UNSURE, VERDICTS, WINS, verdict_codes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.evidence import is_decisive
from costmodel.facts.slowdowns import slowdowns

BATCH, CONTEXT = np.array([1.0, 16, 128])[:, None], np.array([1024.0, 8192, 65536])[None, :]
UNMEASURED = ("kivi-2bit", "kvquant-3bit", "h2o", "quest", "int8+streaming-llm", "hf-quantized")


def passes(scheme, gpu="h100-sxm", implementation=None, batch=BATCH, context=CONTEXT, model="llama-3.1-8b"):
    deployment = resolve_deployment(model, gpu, ranks=1, engine="vllm", implementation=implementation)
    return build_passes(deployment, load_scheme(scheme), batch, context)


def ratio(scheme, *where, step_of=None, **options) -> Ratio:
    sides = passes(scheme, *where, **options), passes("none", *where, **options)
    return step_ratio(*sides, step_of) if step_of else step_ratio(*sides)


@pytest.mark.parametrize("implementation", [None, "compiled", "ideal"])
@pytest.mark.parametrize("scheme", UNMEASURED)
def test_an_estimate_lies_between_a_slow_kernel_and_an_ideal_one(scheme, implementation):
    found = ratio(scheme, implementation=implementation)
    assert (found.low <= found.value).all() and (found.value <= found.high).all()
    assert (found.low < found.high).all()


@pytest.mark.parametrize("scheme", UNMEASURED)
def test_the_ends_are_those_of_an_ideal_and_a_slow_kernel_whatever_is_asked(scheme):
    shipped, ideal = ratio(scheme), ratio(scheme, implementation="ideal")
    np.testing.assert_allclose(ideal.high, shipped.high, rtol=1e-12)
    np.testing.assert_allclose(ideal.low, shipped.low, rtol=1e-12)
    assert (ideal.value >= shipped.value).all()


@pytest.mark.parametrize(("scheme", "kind"), [("kivi-2bit", "format"), ("h2o", "selection")])
def test_the_slow_end_by_hand(scheme, kind):
    """An ideal kernel, its streaming as many times slower as the quantile says, its launch as it is."""
    step = passes(scheme, implementation="ideal").step
    whole, attention, launch, slow = (
        drop_model_axes(step[name])
        for name in ("step_time", "attention_step_time", "attention_launch_time", "slow_step_time")
    )
    factor = slowdowns(kind).slow_end
    np.testing.assert_allclose(slow, (whole - attention) + launch + factor * (attention - launch), rtol=1e-12)
    time, low, high = step_interval(passes(scheme))
    assert (low <= whole).all() and (slow <= high).all() and (whole <= time).all() and (time <= slow).all()


def test_a_scheme_against_itself_is_one_to_the_last_digit():
    found = ratio("none")
    assert (found.value == 1).all() and (found.low == 1).all() and (found.high == 1).all() and found.ideal_low is None


def test_a_measured_ratio_has_errors_to_both_sides_alike():
    found = ratio("fp8")
    assert found.ideal_low is None
    np.testing.assert_allclose(found.low * found.high, found.value**2, rtol=1e-12)


def test_a_scheme_whose_baseline_is_not_measured_never_wins():
    assert not (ratio("fp8", "mi300x").codes() == 2).any()
    assert np.isfinite(ratio("fp8", "mi300x").ideal_low).all()


def test_codec_kernels_above_two_percent_of_a_step_decide_what_it_is_known_from():
    """A small model on a B200: the cast of fp8 is an estimate, and takes more than 2 % of the fastest steps."""
    options = {"model": "llama-3.2-1b", "batch": 64.0, "context": np.array([1024.0, 8192])}
    sides = passes("fp8", "b200-sxm", **options), passes("none", "b200-sxm", **options)
    step = sides[0].step
    share = drop_model_axes(step["codec_step_time"] / step["step_time"])
    assert share[0] > 0.02 > share[1], "the point of this test is gone: choose another"
    assert list(ratio_evidence(*sides)) == ["compiled", "measured"]
    found = step_ratio(*sides)
    assert (found.low > 1).all() and list(VERDICTS[verdict_codes(found.low, found.high, None, found.ideal_low)]) == [
        NEEDS_KERNEL,
        WINS,
    ]


def test_nan_says_that_somebody_measured():
    low, high = np.array([1.1, 0.9, 0.5, 1.1]), np.array([1.2, 1.1, 0.9, 1.2])
    assert list(VERDICTS[verdict_codes(low, high, None, np.full(4, np.nan))]) == [WINS, UNSURE, LOSES, WINS]
    fits = np.array([True, True, True, False])
    assert list(VERDICTS[verdict_codes(low, high, fits, np.array([np.nan, 1.1, np.nan, 1.1]))]) == [
        WINS,
        NEEDS_KERNEL,
        LOSES,
        ABSENT,
    ]


def test_where_only_one_side_fits():
    one = np.ones(4)
    fits = np.array([True, True, False, False]), np.array([True, False, True, False])
    measured = fitting_ratio(Ratio(one, one, one, np.full(4, np.nan)), *fits)
    np.testing.assert_array_equal(measured.value, [1, np.inf, 0, np.nan])
    assert list(VERDICTS[verdict_codes(measured.low, measured.high, None, measured.ideal_low)])[1:3] == [WINS, LOSES]
    unmeasured = fitting_ratio(Ratio(one, one, one, one), *fits)
    assert list(VERDICTS[verdict_codes(unmeasured.low, unmeasured.high, None, unmeasured.ideal_low)])[1:3] == [
        NEEDS_KERNEL,
        LOSES,
    ]


def test_the_largest_batch_has_the_same_rule():
    found = ratio("kivi-2bit", step_of=full_step)
    assert (found.low <= found.value).all() and (found.value <= found.high).all() and found.ideal_low is not None


@pytest.mark.parametrize("model", ["llama-3.1-8b", "gpt-oss-20b"])
@pytest.mark.parametrize("gpu", ["h100-sxm", "h20", "a100-sxm", "l40s", "b200-sxm", "mi300x"])
def test_nothing_wins_that_nobody_measured(gpu, model):
    result = grid(
        model, gpu, list(DEFAULT_SCHEMES), [1, 16, 256], [512, 8192, 131072], outputs=["verdict", "evidence"], ranks=1,
        engine="vllm",
    )  # fmt: skip
    seen = set()
    for scheme in result.schemes:
        pairs = np.broadcast_arrays(result.column("verdict", scheme.id), result.column("evidence", scheme.id))
        seen |= {(verdict, evidence) for verdict, evidence in zip(*(pair.ravel() for pair in pairs), strict=True)}
    assert {evidence for verdict, evidence in seen if verdict == WINS and not is_decisive(evidence)} == set()
    assert {evidence for verdict, evidence in seen if verdict == NEEDS_KERNEL and evidence == "measured"} == set()
    if gpu == "mi300x":
        assert {evidence for _, evidence in seen} == {"ideal"} and WINS not in {verdict for verdict, _ in seen}
        assert NEEDS_KERNEL in {verdict for verdict, _ in seen}
