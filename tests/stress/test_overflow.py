"""Overflow of open arrivals: its parts against draws and sums by hand, the whole against the replay of random settings."""

import json
from dataclasses import replace

import numpy as np
import pytest

from costmodel import stress
from costmodel.errors import InputError
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.stress.overflow import Load, Rate, Referee, Tally, draw_settings, judge_all, predict_overflow
from costmodel.stress.overflow.demand import Demand
from costmodel.stress.overflow.load import PromptWork
from costmodel.stress.overflow.rates import departures_a_second, steps_a_second
from costmodel.stress.overflow.stationary import births_over_deaths
from costmodel.stress.replay import Scheduler, costs_of, random_arrivals

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
NONE = load_scheme("none")
LOAD = Load(2.0, 1.0, 4000.0, 0.5, 800.0, 1.0)


def evaluate(name, deployment=DEPLOYMENT, **numbers):
    evaluator = build_evaluator(deployment, NONE, 1.0, 4800.0, **LOAD.lengths, **numbers)
    return float(drop_model_axes(evaluator[name]))


@pytest.mark.parametrize("cv", [0.4, 1.0, 1.5])
@pytest.mark.parametrize("reserve", [0.0, 0.098, 1.0])
def test_moments_of_held_outputs_are_those_of_draws(cv, reserve):
    draw = np.random.default_rng(5)
    output = draw.gamma(1 / cv**2 + 1, 1000 * cv**2, 2_000_000)  # met in proportion to its length
    age = draw.uniform(size=output.size) * output
    held = age + reserve * (output - age)
    numbers = {"generated": 1000.0, "generated_cv": cv, "running_reserve": reserve}
    evaluator = build_evaluator(DEPLOYMENT, NONE, 1.0, 4800.0, **numbers)
    mean, spread, third = (
        float(drop_model_axes(evaluator[n])) for n in ("held_generation", "held_spread", "held_third")
    )
    assert mean == pytest.approx(held.mean(), rel=0.005) and spread == pytest.approx(held.std(), rel=0.01)
    assert third * 1e9 == pytest.approx(((held - held.mean()) ** 3).mean(), rel=0.06)


def test_the_demand_of_many_is_that_of_drawn_sums():
    draw = np.random.default_rng(6)
    demand = Demand(3.0, 4.0, 16.0)  # a gamma law of mean 2 and variance 4 (third moment 2·4²/2), one byte to the right
    sums = 20 + draw.gamma(1.0, 2.0, (200_000, 20)).sum(axis=1)
    for pool in (60.0, 75.0, 90.0):
        expected = (sums > pool).mean()
        assert demand.exceeds(pool, np.array([20.0]))[0] == pytest.approx(expected, abs=0.004)
    assert list(Demand(3.0, 0.0, 0.0).exceeds(9.0, np.array([2.0, 3.0, 4.0]))) == [0, 0, 1]


@pytest.mark.parametrize("peakedness", [0.7, 1.0, 3.0])
def test_the_law_of_an_endless_pool_has_its_mean_and_peakedness(peakedness):
    count = np.arange(1.0, 400.0)
    law = np.concatenate([[1.0], np.cumprod(births_over_deaths(50.0, count, peakedness))])
    law /= law.sum()
    number = np.arange(400.0)
    mean = (law * number).sum()
    assert mean == pytest.approx(50, rel=0.01)
    assert (law * number**2).sum() - mean**2 == pytest.approx(50 * peakedness, rel=0.02)


@pytest.mark.parametrize(("peakedness", "skew"), [(3.0, 3.0), (3.0, 6.5), (0.7, 1.0)])
def test_the_law_of_an_endless_pool_has_its_third_cumulant(peakedness, skew):
    number = np.arange(600.0)
    law = np.concatenate([[1.0], np.cumprod(births_over_deaths(50.0, number[1:], peakedness, skew))])
    law /= law.sum()
    mean = (law * number).sum()
    variance, third = (float((law * (number - mean) ** power).sum()) for power in (2, 3))
    assert mean == pytest.approx(50, rel=0.01) and variance == pytest.approx(50 * peakedness, rel=0.02)
    assert third == pytest.approx(skew * variance, rel=0.08)


@pytest.mark.parametrize("dispersion", [0.5, 4.0])
def test_a_stay_sees_as_much_of_a_dispersion_as_counts_in_a_window(dispersion):
    """Counts of gamma gaps in windows of ten: their variance falls short of the dispersion, as drawn."""
    draw = np.random.default_rng(8)
    times = np.cumsum(draw.gamma(1 / dispersion, dispersion, 2_000_000))
    counts = np.histogram(times, np.arange(1000.0, times[-1], 10.0))[0]
    numbers = LOAD.lengths | {"arrival_dispersion": dispersion, "decoding_requests": 10.0}
    seen = float(drop_model_axes(build_evaluator(DEPLOYMENT, NONE, 1.0, 4800.0, **numbers)["seen_dispersion"]))
    assert seen == pytest.approx(counts.var() / counts.mean(), rel=0.03)


def test_seconds_add_up_to_one():
    costs = costs_of(DEPLOYMENT, NONE)
    work, running = PromptWork.of(costs, LOAD, 60.0), np.array([60.0])
    step, forward = costs.step(60.0, LOAD.context), costs.forward(60.0)
    steps = steps_a_second(2.0, step, forward, work)
    groups = steps * (1 - np.exp(-2.0 / steps))
    passes = 2.0 * (work.passes - 1) + groups
    spent = steps * step + 2.0 * (work.seconds - work.floor) + groups * work.floor - passes * forward
    assert spent == pytest.approx(1)
    departures = departures_a_second(running, LOAD.decoded, 1.0, step, forward, work)[0]
    assert steps_a_second(departures, step, forward, work) == pytest.approx(departures * LOAD.decoded / 60, rel=1e-6)


def test_a_pass_with_a_prompt_takes_the_host_so_long():
    """One prompt of 30 ms (5 ms of them the pass) a second, steps of 10 ms that pay 5: 80 ms of host leave 1 - 0.07 seconds."""
    step, forward = np.array([0.010]), np.array([0.005])
    work = PromptWork(0.030, 0.0, 1.0, 0.005)
    for host, seconds in ((0.0, 0.025), (0.035, 0.025), (0.080, 0.070)):
        steps = steps_a_second(1.0, step, forward, replace(work, host=host))
        assert steps[0] * 0.010 == pytest.approx(1 - seconds, abs=5e-4)


def test_where_all_is_alike_preemptions_are_growth_over_prompts():
    """Growth of a thousand tokens a request, and prompts of four thousand: a quarter, for many slots."""
    token = evaluate("kv_bytes_per_token_per_gpu")
    numbers = {"prompt_size": 4000 * token, "pool_slots": 1e9}
    alike = {"prompt": 4000.0, "prompt_cv": 0.0, "generated": 1000.0, "generated_cv": 0.0}
    evaluator = build_evaluator(DEPLOYMENT, NONE, 1.0, 4800.0, **alike, **numbers)
    assert float(drop_model_axes(evaluator["full_preemptions"])) == pytest.approx(0.25, rel=1e-6)


def test_number_and_demand_are_those_of_drawn_clusters():
    """Pairs that come together, prompts of 3 and exponential outputs of mean 4: moments of what is there, and the regression."""
    draw = np.random.default_rng(9)
    pairs, count = 60_000, 2
    start, output = np.repeat(draw.uniform(0, pairs / 2.0, pairs), count), draw.exponential(4.0, pairs * count)
    at = np.arange(100.0, pairs / 2.0 - 100, 0.5)
    first, last = np.searchsorted(at, start), np.searchsorted(at, start + output)
    number, ages = np.zeros(len(at) + 1), np.zeros(len(at) + 1)
    for one, other, began in zip(first, last, start, strict=True):
        number[one:other] += 1
        ages[one:other] += 3 + at[one:other] - began
    number, demand = number[:-1], ages[:-1] / 7
    overlaps = Load(4.0, 1.0, 3.0, 0.0, 4.0, 1.0).overlaps
    values = overlaps | {
        "decoding_requests": 16.0, "arrival_pairs": 1.0, "arrival_triples": 0.0, "gathered_prompts": 0.0, "pass_share": 0.0,
        "prompt_part": 3 / 7, "size_variance": 16 / 49, "size_third": 128 / 343,
    }  # fmt: skip
    found = {
        name: evaluate(name, **values) for name in ("occupancy_variance", "occupancy_covariance", "demand_variance")
    }
    drawn = number.var(), np.cov(number, demand)[0, 1], demand.var()
    assert list(found.values()) == pytest.approx(drawn, rel=0.05)
    assert evaluate("demand_third", **values) == pytest.approx(((demand - demand.mean()) ** 3).mean(), rel=0.2)


def test_prompts_gather_arrivals():
    """Prompts that take half of the time and are all alike: counts in the time left are four times as dispersed."""
    numbers = {"prompt_share": 0.5, "prompt_time_variation": 0.0, "decode_stay_time": 10.0}
    assert evaluate("interrupted_dispersion", **numbers) == pytest.approx(4)


def test_a_pool_that_is_always_full_sends_back_as_the_replay_does():
    costs = costs_of(DEPLOYMENT, NONE)
    arrivals = random_arrivals(6000, 50.0, 1.0, (4000, 0.5), (800, 1.0), seed=4)
    replayed = Scheduler(costs, arrivals, window=(100.0, 1000.0)).run()
    token = evaluate("kv_bytes_per_token_per_gpu")
    full = evaluate("full_preemptions", prompt_size=4000 * token, pool_slots=96.0)
    assert replayed.preemption_rate == pytest.approx(full, rel=0.1)


def test_what_does_not_hold_is_named():
    assert not predict_overflow(DEPLOYMENT, NONE, LOAD).failing
    cases = {
        "the queue grows without end": replace(LOAD, rate=20.0),
        "requests of mean length (at least 8)": replace(LOAD, prompt=100_000.0, rate=0.01),
        "of what a full pool serves (at most 90%)": replace(LOAD, rate=2.8),
        "sequences binds before the pool": replace(LOAD, prompt=10.0, output=20.0),
    }
    for text, load in cases.items():
        assert any(text in reason for reason in predict_overflow(DEPLOYMENT, NONE, load).failing), text
    nothing = predict_overflow(DEPLOYMENT, NONE, replace(LOAD, prompt=1e6))
    assert nothing.slots < 1 and np.isnan(nothing.probability) and nothing.failing


def test_a_cache_of_fixed_size_overflows_by_number_alone():
    answer = predict_overflow(DEPLOYMENT, load_scheme("h2o"), replace(LOAD, prompt=8000.0, prompt_cv=0.0, rate=1.0))
    assert answer.preemptions == 0 and answer.probability < 1e-6


def test_more_arrivals_overflow_more_and_a_smaller_cache_less():
    rates = [predict_overflow(DEPLOYMENT, NONE, replace(LOAD, rate=rate)).probability for rate in (1.5, 2.0, 2.5, 2.8)]
    assert rates == sorted(rates) and rates[0] < 1e-3 < rates[-1]
    dispersed = [predict_overflow(DEPLOYMENT, NONE, replace(LOAD, dispersion=z)).probability for z in (0.5, 2.0, 8.0)]
    assert dispersed == sorted(dispersed)
    assert predict_overflow(DEPLOYMENT, load_scheme("fp8"), replace(LOAD, rate=2.8)).probability < rates[-1]


def test_an_engine_that_reserves_outputs_lets_requests_wait_instead():
    engine = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="tensorrt-llm")
    load = replace(LOAD, rate=2.6, dispersion=4.0)
    answer = predict_overflow(engine, NONE, load)
    arrivals = random_arrivals(20_000, 2.6, 4.0, (4000, 0.5), (800, 1.0), seed=1)
    meter = Scheduler(costs_of(engine, NONE), arrivals, engine.engine.admissions[0]).run().meter
    assert answer.preemptions == 0 == meter.preemptions
    assert answer.probability == pytest.approx(meter.overflow, abs=0.02)
    assert answer.slots < predict_overflow(DEPLOYMENT, NONE, load).slots


def test_a_difference_is_within_by_the_rule():
    assert Rate(0.52, 0.5, 0).is_within and Rate(0.05, 0.031, 0).is_within and not Rate(0.06, 0.031, 0).is_within
    assert not Rate(0.012, 0.01, 0).is_within and Rate(0.012, 0.01, 0.003).is_undecided
    assert Rate(9e-4, 0, 0).is_within and not Rate(2e-3, 0, 0).is_within
    tally = Tally.of([Rate(0.5, 0.5, 0), Rate(0.4, 0.6, 0)])
    assert (tally.within, tally.bias, tally.median) == pytest.approx((0.5, -0.1, 0.1))
    assert Tally.of([]).count == 0


@pytest.mark.parametrize(
    ("conditions", "counts"),
    [
        ({"context": 8192.0, "output": 1024.0, "output_cv": 1.0, "prompt_cv": 0.5}, (40, 45, 48, 50)),
        ({"context": 16_000.0, "output": 2000.0, "output_cv": 1.5, "prompt_cv": 1.0}, (19, 22, 24)),
    ],
)
def test_a_fixed_number_overflows_as_in_a_closed_loop(conditions, counts):
    """A queue that never empties before a scheduler that runs so many: each that ends is followed by the next."""
    result = stress.run_test(stress.load_test("burst"), DEPLOYMENT, ["none"], list(map(float, counts)), **conditions)
    predicted = result.curves[0].columns["overflow_probability"]
    prompt, output = (
        (conditions[name], conditions[f"{law}_cv"]) for name, law in (("context", "prompt"), ("output", "output"))
    )
    drawn = random_arrivals(12_000, 1.0, 1.0, prompt, output, seed=3)
    waiting = replace(drawn, time=np.zeros(len(drawn)))
    for count, probability in zip(counts, predicted, strict=True):
        costs = replace(costs_of(DEPLOYMENT, NONE), max_sequences=count)
        seconds = Scheduler(costs, waiting).run().seconds
        meter = Scheduler(costs, waiting, window=(0.15 * seconds, 0.85 * seconds)).run().meter
        assert probability == pytest.approx(meter.overflow, abs=max(0.02, 1.5 * meter.overflow_half_width)), count


def test_forty_random_settings_are_predicted():
    """Of 40 settings of the judged seeds, with shorter replays than ``costmodel validate --burst``."""
    judged, _ = judge_all(draw_settings(), 40, Referee(8000, 8000))
    overflow, preemptions = (Tally.of(getattr(one, name) for one in judged) for name in ("overflow", "preemptions"))
    assert overflow.not_refuted >= 0.9 and preemptions.not_refuted >= 0.9
    assert overflow.median < 0.005 and abs(overflow.bias) < 0.02


def test_the_command_line_prints_the_table(capsys):
    from costmodel.cli import app

    app.app(["validate", "--burst", "--settings", "1", "--json"], standalone_mode=False)
    result = json.loads(capsys.readouterr().out)
    assert len(result["settings"]) == 1 and {"rate", "count", "within", "bias"} <= set(result["summary"][0])


def test_a_file_of_replays_without_a_burst_is_a_mistake():
    from costmodel.cli import app

    with pytest.raises(InputError, match="give --burst too"):
        app.app(["validate", "--replays", "replays.jsonl"], standalone_mode=False)


def test_a_run_that_was_cut_short_goes_on(tmp_path):
    """What a file holds is not replayed again; a setting whose load has changed is; a line that is none is an error."""
    setting = next(draw_settings())
    path = tmp_path / "replays.jsonl"
    first = Referee(400, 800, path).replay(setting)
    again = Referee(400, 800, path)
    assert again.known == {setting.seed: first} and again.replay(setting) is again.known[setting.seed]
    changed = replace(setting, load=replace(setting.load, rate=setting.load.rate / 2))
    assert again.replay(changed) != first and len(path.read_text().splitlines()) == 2
    path.write_text("nonsense\n")
    with pytest.raises(InputError, match="line 1: expected the replays of one setting"):
        Referee(400, 800, path)


def test_a_referee_replays_until_it_can_tell():
    """A rare rate takes more requests than one that is clear, and no more than the most."""
    settings = [setting for setting, _ in zip(draw_settings(), range(12), strict=False)]
    requests = [Referee(1000, 4000).replay(setting).requests for setting in settings]
    assert min(requests) == 2000 and max(requests) == 4000
