"""Every interval contains its value, widens with the spread, and has the unit of its value: whatever the numbers are.

Steps are stated term by term, so that a ratio, its ends and its evidence can be counted by hand beside the properties.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from costmodel.evaluation.ask.compare import Ratio, ratio_evidence, step_evidence, step_interval, step_ratio
from costmodel.evaluation.ask.intervals import Z90, interval
from costmodel.evaluation.ask.kernels.device import latency_columns
from costmodel.evaluation.ask.load import SERVED, ServedLoad, load_times, served_ratio
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.numerics.intervals import mean_interval, share_interval

times = st.floats(1e-6, 1e3)
spreads = st.floats(0, 1.5)
more = st.floats(1.01, 10)
factors = st.floats(1e-3, 1e3)
FORMULAS = load_formulas().formulas


def close(number):
    return pytest.approx(number, rel=1e-9)


@given(times, spreads, more, factors)
def test_an_interval(value, spread, times_wider, unit):
    low, high = interval(value, spread)
    assert low <= value <= high
    assert low * high == close(value**2)  # as far below as above, in logarithms
    wider = interval(value, spread * times_wider)
    assert wider[0] <= low and high <= wider[1] and (spread < 1e-6 or (wider[0] < low and high < wider[1]))
    assert interval(unit * value, spread) == (close(unit * low), close(unit * high))


@given(times, spreads, more, factors)
def test_the_interval_of_a_kernel_call(latency, spread, times_wider, unit):
    def ends(seconds, error):
        columns = latency_columns(np.array([seconds]), np.array([error]), "fa3", "measured")
        return [columns[name].item() for name in ("latency_us_lo", "latency_us", "latency_us_hi")]

    low, value, high = ends(latency, spread)
    assert low <= value <= high and value == close(1e6 * latency) and low * high == close(value**2)
    assert high / value == close(np.exp(1.6448536269514722 * spread))
    wider = ends(latency, spread * times_wider)
    assert wider[0] <= low and high <= wider[2]
    assert ends(unit * latency, spread) == close([unit * low, unit * value, unit * high])


@given(st.integers(1, 400), st.data())
def test_the_interval_of_a_share(trials, data):
    hits = data.draw(st.integers(0, trials))
    share, low, high = share_interval(hits, trials)
    assert 0 <= low <= share == hits / trials <= high <= 1 and low < high
    _, lower, higher = share_interval(4 * hits, 4 * trials)  # the same share, known four times as well
    assert higher - lower < high - low
    assert share_interval(trials - hits, trials) == (close(1 - share), close(1 - high), close(1 - low))


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=40), factors)
def test_the_interval_of_a_mean(blocks, unit):
    assume(np.ptp(blocks) > 1e-3)
    mean, low, high = mean_interval(np.array(blocks))
    rounding = 1e-12 * np.abs(blocks).max()
    assert min(blocks) - rounding <= low <= mean + rounding and mean - rounding <= high <= max(blocks) + rounding
    assert mean == close(np.mean(blocks))
    scaled = (unit * mean, unit * low, unit * high)
    assert mean_interval(unit * np.array(blocks)) == pytest.approx(scaled, rel=1e-9, abs=1e-9 * unit)
    spread_out = mean_interval(mean + 3 * (np.array(blocks) - mean))
    assert spread_out[2] - spread_out[1] == pytest.approx(3 * (high - low), abs=1e-9)


ERRORS = {"attention_error": 0.2, "codec_error": 0.3, "proxy_kernel_error": 0.0, "token_cost_error": 0.0,
          "shared_error": 0.1, "pair_correlation": 0.5, "codec_step_time": 0.0, "slow_end": 3.0}  # fmt: skip


def step(time, batch=8.0, **terms):
    """A step of which 60 % is attention, and 10 % of that its launch."""
    attention = {"attention_step_time": 0.6 * time, "attention_launch_time": 0.06 * time}
    return Evaluator({"step_time": time, "batch": batch, **ERRORS, **attention, **terms}, FORMULAS)


def side(time, scheme, evidence="measured", kind="format", ideal=None, file=None, **terms):
    """The passes of a scheme, of which nothing but its step and what it is known from is stated."""
    choice = SimpleNamespace(kind=kind, file=file)
    return SimpleNamespace(
        scheme=SimpleNamespace(id=scheme), step=step(time, **terms), ideal=ideal,
        is_decisive=evidence in ("measured", "relative", "published"),
        assembly=SimpleNamespace(evidence=evidence, choice=choice),
    )  # fmt: skip


def wide(errors, by):
    return {name: by * errors[name] for name in ("attention_error", "codec_error", "shared_error")}


@given(times, times, more, factors)
def test_the_ratio_of_measured_steps(time, baseline, times_wider, unit):
    def ratio(unit=1.0, wider=1.0):
        sides = (side(unit * t, s, **wide(ERRORS, wider * unit * t)) for t, s in ((time, "fp8"), (baseline, "none")))
        return step_ratio(*sides)

    found = ratio()
    assert found.value == close(baseline / time) and found.low < found.value < found.high and found.ideal_low is None
    assert found.low * found.high == close(found.value**2)
    # 0.2 and 0.2, half correlated: 0.04; codecs 0.3 and 0.3: 0.18; what is shared cancels
    assert np.log(found.high / found.value) == close(1.6448536269514722 * np.sqrt(0.04 + 0.18))
    wider = ratio(wider=times_wider)
    assert wider.low < found.low and found.high < wider.high and wider.value == found.value
    other_unit = ratio(unit=unit)
    assert [other_unit.low, other_unit.high] == close([found.low, found.high])


@given(times, st.floats(0.5, 20), st.floats(1, 8), factors)
def test_a_ratio_that_nobody_measured_lies_between_slow_and_ideal(time, fraction, slow_end, unit):
    baseline = fraction * time

    def ratio(unit, estimate):
        ideal = SimpleNamespace(step=step(unit * time, slow_end=slow_end, **wide(ERRORS, unit * time)))
        none = side(unit * baseline, "none", **wide(ERRORS, unit * baseline))
        return step_ratio(side(estimate * unit * time, "kivi-2bit", "compiled", ideal=ideal), none)

    found = ratio(1.0, 1.2)
    slow = fraction / (1 + (slow_end - 1) * 0.54)  # of the step 54 % stream
    factor = np.exp(1.6448536269514722 * np.sqrt(0.22))
    assert found.low == close(slow / factor) and found.high == close(fraction * factor)
    assert found.ideal_low == close(fraction / factor)
    assert found.value == close(np.clip(fraction / 1.2, slow, fraction)) and found.low <= found.value <= found.high
    assert ratio(1.0, 0.5).value == close(
        fraction
    )  # no estimate beats an ideal kernel, none is slower than the slow end
    assert ratio(1.0, 100.0).value == close(slow)
    other_unit = ratio(unit, 1.2)
    assert [other_unit.low, other_unit.value, other_unit.high] == close([found.low, found.value, found.high])


def test_a_scheme_against_itself_and_one_that_runs_the_engines_own_kernel():
    same = step_ratio(side(2.0, "none"), side(2.0, "none"))
    assert same.low == same.value == same.high == 1 and same.ideal_low is None
    window = step_ratio(side(2.0, "streaming-llm", "compiled", kind="same"), side(4.0, "none"))
    assert window.ideal_low == window.low < window.value == 2 < window.high  # it may not win before somebody ran it


def test_a_codec_kernel_counts_from_two_percent_of_the_step():
    measured = {"codec_step_time": 0.02}
    assert step_evidence(side(1.0, "fp8", **measured)) == 0  # measured
    compiled = step_evidence(side(1.0, "fp8", codec_step_time=0.0201))
    assert ratio_evidence(side(1.0, "fp8", codec_step_time=0.0201), side(1.0, "none")) == "compiled" and compiled > 0
    assert ratio_evidence(side(1.0, "fp8", **measured), side(1.0, "none")) == "measured"
    assert ratio_evidence(side(1.0, "fp8"), side(1.0, "none", "ideal")) == "ideal"  # the weaker of both sides
    in_file = side(1.0, "fp8", codec_step_time=0.5, file="fp8.toml")
    assert step_evidence(in_file) == 0  # the implementation's own fit holds its codec
    found = step_ratio(side(1.0, "fp8", codec_step_time=0.5), side(2.0, "none"))
    assert found.ideal_low == found.low


@given(times, spreads, more, factors)
def test_the_interval_of_a_measured_step(time, spread, times_wider, unit):
    low, value, high = ends(time, spread)
    assert low <= value <= high and value == time and low * high == close(time**2)
    wider = ends(time, times_wider * spread)
    assert wider[0] <= low and high <= wider[2]
    assert ends(unit * time, spread) == close([unit * low, unit * time, unit * high])


def ends(time, spread):
    value, low, high = step_interval(side(time, "fp8", step_spread=spread))
    return [low.item(), value.item(), high.item()]


@given(times, spreads, st.floats(1, 8), st.floats(0.1, 10))
def test_the_interval_of_a_step_that_nobody_measured(ideal, spread, slow_end, estimate):
    ideal_step = step(ideal, slow_end=slow_end, step_spread=spread)
    unmeasured = side(
        estimate * ideal, "kivi-2bit", "compiled", ideal=SimpleNamespace(step=ideal_step), step_spread=9.0
    )
    value, low, high = step_interval(unmeasured)
    slowest, factor = ideal * (1 + (slow_end - 1) * 0.54), np.exp(1.6448536269514722 * spread)
    assert (low, high) == (close(ideal / factor), close(slowest * factor))
    assert value == close(np.clip(estimate * ideal, ideal, slowest)) and low <= value <= high


TERMS = [(term, spread) for _, term, spread, _ in SERVED]


def loop(time, spread, **terms):
    """A load of which every time takes ``time`` seconds; throughput is what 8 sequences give in it."""
    values = {term: time for term, _ in TERMS} | {"served_throughput": 8 / time} | {name: spread for _, name in TERMS}
    return Evaluator(values | terms, FORMULAS)


def served(time, spread=0.2, ends=(), **terms):
    """A load, and where nobody measured the kernel the times of the fastest and the slowest."""
    bounds = dict(zip(("fastest", "slowest"), (served(end, spread) for end in ends), strict=False))
    errors = {"pair_correlation": 0.5, "proxy_kernel_error": 0.0, "token_cost_error": 0.0}
    served_errors = {"served_attention_error": 0.2 * time, "served_codec_error": 0.0, "served_shared_error": 0.0}
    the_loop = loop(time, spread, running=8.0, **served_errors, **terms)
    return ServedLoad(Evaluator(errors, FORMULAS), Evaluator({}, FORMULAS), the_loop, **bounds)


@given(times, spreads, more)
def test_times_under_a_load(time, spread, times_wider):
    columns, wider = load_times(served(time, spread)), load_times(served(time, spread * times_wider))
    for name, term, _, unit in SERVED:
        low, value, high = (columns[f"{name}{end}"] for end in ("_lo", "", "_hi"))
        assert low <= value <= high and value == close(unit * (8 / time if term == "served_throughput" else time))
        assert low * high == close(value**2) and high / value == close(np.exp(Z90 * spread))
        assert wider[f"{name}_lo"] <= low and high <= wider[f"{name}_hi"]


@given(times, spreads, st.floats(1, 8), st.floats(0.1, 10))
def test_times_under_a_load_that_nobody_measured(fastest, spread, slower, estimate):
    columns = load_times(served(estimate * fastest, spread, (fastest, slower * fastest)))
    factor, value = np.exp(Z90 * spread), np.clip(estimate, 1, slower) * fastest
    assert columns["tpot_ms"] == close(1e3 * value)
    assert columns["tpot_ms_lo"] == close(1e3 * fastest / factor)
    assert columns["tpot_ms_hi"] == close(1e3 * slower * fastest * factor)
    assert columns["throughput_tok_s"] == close(8 / value)  # more tokens where the kernel is faster
    assert columns["throughput_tok_s_lo"] == close(8 / (slower * fastest) / factor)
    assert columns["throughput_tok_s_hi"] == close(8 / fastest * factor)


@given(times, times, st.floats(1, 8), st.floats(0.1, 10))
def test_ratios_under_a_load(fastest, baseline, slower, estimate):
    none = served(baseline)
    measured = served_ratio(served(fastest), none)
    factor = np.exp(Z90 * 0.2)  # errors of 0.2 on both sides, half correlated: 0.04
    assert (measured.value, measured.high) == (close(baseline / fastest), close(baseline / fastest * factor))
    assert measured.low * measured.high == close(measured.value**2) and measured.ideal_low is None
    found = served_ratio(served(estimate * fastest, 0.2, (fastest, slower * fastest)), none)
    assert found.value == close(baseline / (np.clip(estimate, 1, slower) * fastest))
    assert (found.low, found.high) == (close(baseline / fastest / slower / factor), close(baseline / fastest * factor))
    assert found.ideal_low == close(baseline / fastest / factor)
    itself = served_ratio(none, none)
    assert itself.low == itself.value == itself.high == 1


@given(st.lists(times, min_size=3, max_size=3), factors)
def test_a_ratio_scales_with_all_of_its_ends(numbers, factor):
    low, value, high = np.sort(numbers)
    scaled = Ratio(value, low, high, low / 2).scaled(factor)
    assert [scaled.low, scaled.value, scaled.high, scaled.ideal_low] == close(
        [factor * x for x in (low, value, high, low / 2)]
    )
    assert Ratio(value, low, high).scaled(factor).ideal_low is None
    here, there = Ratio(value, low, high, low / 2), Ratio(2 * value, 2 * low, 2 * high)
    first = here.where(np.array([True, False]), there)
    assert list(first.value) == [value, 2 * value] and list(first.low) == [low, 2 * low]
    assert list(first.high) == [high, 2 * high] and first.ideal_low[0] == low / 2 and np.isnan(first.ideal_low[1])
    assert there.where(np.array([True]), there).ideal_low is None
