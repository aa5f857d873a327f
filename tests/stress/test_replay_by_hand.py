"""Parts of replays, of the overflow law and of reuse by hand: meters, tables, blocks, reserves, moments, limits, openings."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from costmodel.errors import InputError
from costmodel.facts.admission import Admission
from costmodel.stress.overflow.conditions import failing_conditions
from costmodel.stress.overflow.demand import Crowd, Demand
from costmodel.stress.overflow.judge import Rate, Tally, judge_all
from costmodel.stress.overflow.load import Load, PromptWork
from costmodel.stress.overflow.rates import departures_a_second, steps_a_second
from costmodel.stress.overflow.referee import Replays, _is_resolved, _summary, limit_of
from costmodel.stress.overflow.settings import draw_settings
from costmodel.stress.overflow.stationary import births_over_deaths, stationary_law
from costmodel.stress.overflow.victims import ends_at, those_that_fit
from costmodel.stress.replay.arrivals import Arrivals, closed_loop, from_trace, random_arrivals
from costmodel.stress.replay.costs import Costs, _growth
from costmodel.stress.replay.meter import Meter, Replayed
from costmodel.stress.replay.pool import Pool
from costmodel.stress.replay.reserve import Reserve
from costmodel.stress.replay.sequences import Sequences
from costmodel.stress.reuse.analysis import TraceReuse
from costmodel.stress.reuse.forecast import Forecast
from costmodel.stress.reuse.intervals import ReuseIntervals, measure_intervals
from costmodel.stress.reuse.openings import begin_together, count_openings
from costmodel.stress.reuse.prediction import Prediction
from costmodel.stress.reuse.references import References, collect_references
from costmodel.stress.reuse.replay import infinite_hit_rate, repeated_shares, replay_lru, replay_optimal
from costmodel.traces import Request

COSTS = Costs(
    blocks=100, block_size=16, cap=float("inf"), fixed=4.0, max_sequences=8, max_batched_tokens=512, swap_block_time=0.001,
    batch_grid=[1.0, 3.0, 7.0], context_grid=[100.0, 300.0, 500.0],
    step_table=[[1.0, 2.0, 4.0], [3.0, 6.0, 8.0], [5.0, 10.0, 20.0]], forward_table=[1.0, 2.0, 6.0],
    prefill_grid=[1.0, 101.0, 301.0], prefill_table=[1.0, 3.0, 11.0],
)  # fmt: skip


def close(number):
    return pytest.approx(number, rel=1e-12)


def test_tables_are_read_between_their_points_and_beyond():
    assert COSTS.step(1.0, 100.0) == 1 and COSTS.step(3.0, 300.0) == 6 and COSTS.step(7.0, 500.0) == 20
    # batch 2, context 200: between 1.5 and 4.5
    assert COSTS.step(2.0, 200.0) == close(3)
    assert COSTS.step(5.0, 400.0) == close((7 + 15) / 2)
    assert COSTS.step(9.0, 500.0) == close(26) and COSTS.step(1.0, 50.0) == close(0.75)  # along the outermost slopes
    assert [COSTS.forward(n) for n in (1.0, 2.0, 3.0, 5.0, 9.0)] == close([1, 1.5, 2, 4, 8])
    assert [COSTS.prefill(n) for n in (1.0, 51.0, 201.0, 401.0)] == close([1, 2, 7, 15])
    assert COSTS.swap(5) == close(0.005)


def test_blocks_of_a_sequence():
    assert [COSTS.blocks_of(n) for n in (0, 12, 13, 28, 29)] == [1, 1, 2, 2, 3]  # 4 tokens' worth beside
    assert replace(COSTS, cap=20.0).blocks_of(999) == 2


def test_where_a_cache_stops_to_grow():
    lengths = 2.0 ** np.arange(8, 21)
    assert _growth(lengths + 50) == (np.inf, 50) and _growth(lengths - 5) == (np.inf, 0)
    assert _growth(np.minimum(lengths, 2048)) == (2048, 0)
    assert _growth(np.minimum(lengths, 1.1 * 2**19)) == (1.1 * 2**19, 0)  # between the last two lengths
    assert _growth(np.minimum(lengths, 1e9) * 0.3) == (np.inf, 0)  # a quarter of a token and more is growth


def test_a_pool_counts_blocks_as_sequences_grow():
    pool = Pool(COSTS)
    for length in (10, 12, 27):  # of 16 - 4: two, none and one token to the next block
        pool.used += COSTS.blocks_of(length)
        pool.enter(length, 0)
    assert pool.used == 4 and pool.growing == 3
    assert [pool.needed(steps, 0) for steps in (0, 1, 2, 3, 16, 17, 33)] == [0, 1, 2, 3, 3, 4, 7]
    assert pool.steps_to_fill(1000, 0) == 512  # 96 blocks are three of each 16 steps, 32 times
    assert pool.steps_to_fill(100, 0) == 100
    assert pool.grow(3, 0, []) and pool.used == 7 and not pool.grow(10_000, 3, []) and pool.used == 7
    pool.leave(30, 3)  # that of 27
    assert pool.used == 4 and pool.growing == 2 and pool.needed(16, 3) == 2


def test_a_sequence_at_its_cap_grows_no_more():
    pool = Pool(replace(COSTS, cap=20.0))
    pool.enter(10, 0)
    pool.enter(20, 0)
    assert pool.growing == 1
    assert pool.grow(9, 0, [10]) and pool.growing == 1
    assert pool.grow(1, 9, [19]) and pool.growing == 0


def test_reserves_of_policies():
    falling = Admission("a", "b", reserved_new=1.0, reserved_running=0.7, least_reserved_running=0.1, decay_steps=600,
                        limit=32.0, retraction_steps=20)  # fmt: skip
    reserve = Reserve(COSTS, falling)
    assert reserve.share == 0.7 and reserve.is_falling and not reserve.is_whole and reserve.is_share_of_tokens
    reserve.step(100)
    assert reserve.share == close(0.6)
    assert reserve.of_new(12, 100) == 2 and reserve.of_new(12, 10) == 1  # 32 tokens at most, 44 + 4 in three blocks
    assert reserve.of_running(12, 100) == 2 and reserve.of_running(12, 20) == 1  # 19.2 and 12 of them
    reserve.step(9999)
    assert reserve.share == 0.1 and not reserve.is_falling
    reserve.retract(generated=100, limits=399, running=5)
    assert reserve.share == close(0.5)
    reserve.retract(generated=1000, limits=399, running=5)
    assert reserve.share == 1 and not reserve.is_whole  # of 32 tokens
    whole = Reserve(replace(COSTS, cap=50.0), Admission("a", "b", reserved_new=1.0, reserved_running=1.0))
    assert whole.is_whole and not whole.is_share_of_tokens and not whole.is_falling
    whole.step(5)
    whole.retract(1, 2, 3)
    assert whole.share == 1
    assert Reserve(COSTS, Admission("a", "b")).of_new(12, 100) == 0


def test_running_sequences_and_their_sums():
    arrivals = Arrivals(np.zeros(3), np.array([10, 20, 30]), np.array([5, 50, 500]))
    sequences = Sequences(COSTS, arrivals, Admission("a", "b", victim="least-generated", limit=40.0))
    sequences.enter(0, 11, 0)
    sequences.enter(1, 21, 2)
    sequences.enter(2, 33, 4)
    assert len(sequences) == 3 and 1 in sequences and sequences.clipped == {1, 2}
    assert [sequences.length(r, 6) for r in range(3)] == list(sequences.lengths(6)) == [17, 25, 35]
    assert sequences.context(6) == close(77 / 3) and sequences.generated(6) == 17 and sequences.limits() == 555
    assert sequences.final_tokens == 15 + 70 + 530 and sequences.final_blocks == 2 + 5 + 34
    assert sequences.victim(6) == 2  # 7, 5 and 5 were generated: the longer prompt
    half = Reserve(COSTS, Admission("a", "b", reserved_running=0.5, limit=40.0))
    # what is left: 615 - 77 tokens, of the last two no more than 40 each of 45 and 495: 538 - 5 - 455 = 78; half in blocks of 16
    assert sequences.reserved(half, 7, 6) == 3
    whole = Reserve(COSTS, Admission("a", "b", reserved_running=1.0))
    assert (
        sequences.reserved(whole, 7, 6) == 41 - 7 and sequences.reserved(Reserve(COSTS, Admission("a", "b")), 7, 6) == 0
    )
    sequences.leave(1)
    assert sequences.context(6) == 26 and sequences.final_tokens == 545 and sequences.clipped == {2}
    newest = Sequences(COSTS, arrivals, Admission("a", "b"))
    newest.enter(2, 30, 0)
    newest.enter(0, 10, 0)
    assert newest.victim(3) == 0 and newest.clipped == set()


def test_arrivals():
    arrivals = Arrivals(np.array([0.0, 1.0, 4.0]), np.array([1, 2, 3]), np.array([5, 50, 500]), stated_limit=100)
    assert arrivals.rate == 0.5 and arrivals.dispersion == 0.25 and list(arrivals.output_limit) == [100, 100, 500]
    assert (
        Arrivals(np.zeros(1), np.ones(1), np.ones(1)).rate == np.inf
        and Arrivals(np.zeros(2), np.ones(2), np.ones(2)).dispersion == 0
    )
    loop = closed_loop(5, 2, (10.0, 0.0), (3.0, 0.0))
    assert list(loop.time) == [0, 0, np.inf, np.inf, np.inf] and loop.slots == 2 and set(loop.prompt) == {10}
    for slots in (0, 6):
        with pytest.raises(InputError, match="expected 1 to 5"):
            closed_loop(5, slots, (10.0, 0.0), (3.0, 0.0))
    assert len(closed_loop(5, 5, (10.0, 0.0), (3.0, 0.0))) == 5
    drawn = random_arrivals(50_000, 2.0, 3.0, (100.0, 0.5), (20.0, 0.0))
    assert (
        drawn.time[0] == 0
        and drawn.rate == pytest.approx(2, rel=0.03)
        and drawn.dispersion == pytest.approx(3, rel=0.05)
    )
    assert drawn.prompt.mean() == pytest.approx(100, rel=0.02) and drawn.prompt.std() == pytest.approx(50, rel=0.02)
    assert set(drawn.output) == {20} and drawn.prompt.min() >= 1
    with pytest.raises(InputError, match="coefficient of variation: expected 0 or more"):
        random_arrivals(5, 1.0, 1.0, (100.0, -0.1), (20.0, 0.0))
    rows = [Request(8.0, 10.4, 0.2, ()), Request(5.0, 3.0, 7.0, ())]
    trace = from_trace(rows, "here", speed=2.0)
    assert list(trace.time) == [0, 1.5] and list(trace.prompt) == [3, 10] and list(trace.output) == [7, 1]


def test_a_meter():
    meter = Meter(10.0, 50.0)  # parts of 2 s
    for now in (9.9, 50.0):
        meter.record(now, 1.0, 99, 99, True)
        meter.preempt(now)
    meter.record(10.0, 1.0, 4, 2, True)
    meter.record(11.9, 3.0, 8, 0, False)
    meter.record(49.9, 4.0, 1, 5, True)
    meter.preempt(12.0)
    assert (
        meter.parts[0].tolist() == [4, 1, 0]
        and meter.parts[1].tolist() == [0, 0, 1]
        and meter.parts[19].tolist() == [4, 4, 0]
    )
    assert meter.overflow == 0.625 and meter.preemptions == 1
    assert meter.mean_running == close(32 / 8) and meter.mean_waiting == close(22 / 8)
    # parts of 4 s each: 1/4 and 4/4 of the time; a standard error of 0.375
    assert meter.overflow_half_width == close(1.6448536269514722 * 0.75 / 2**0.5 / 2**0.5)
    assert meter.preemptions_half_width == 0
    empty = Meter()
    assert np.isnan(empty.overflow_half_width) and empty.overflow == empty.mean_running == empty.mean_waiting == 0
    empty.record(1e6, 1.0, 1, 1, False)
    assert empty.parts[0, 0] == 1 and np.isnan(Meter(0.0, 1.0).preemptions_half_width)
    first = np.array([1.0, np.nan, 2.0])
    replayed = Replayed(first, first, np.array([1, 5, 2]), first, 1, 10, 8.0, meter)
    assert replayed.preemption_rate == 1.5 and replayed.overflow == 0.625 and replayed.mean_running == 4
    assert replace(replayed, first_token=np.full(3, np.nan)).preemption_rate == 0


def test_demand_of_many():
    # 100 requests of 10 with a variance of 4: 1,000 and 20; a pool of 1,033 with 13 bytes held and 0 more: one deviation
    normal = Demand(10.0, 4.0, 0.0, held=(13.0, 0.0, 0.0))
    assert normal.exceeds(1033.0, np.array([100.0]))[0] == pytest.approx(0.158655, abs=1e-6)
    assert normal.exceeds(1033.0, np.array([100.0]), more=40.0)[0] == pytest.approx(0.841345, abs=1e-6)
    # exponential demands (variance 1, third moment 2): the sum of 4 is a gamma law; beyond 8: e^-8 (1 + 8 + 32 + 512/6)
    gamma = Demand(1.0, 1.0, 2.0)
    assert gamma.exceeds(8.0, np.array([4.0]))[0] == pytest.approx(np.exp(-8) * (41 + 512 / 6), rel=1e-6)
    fixed = Demand(10.0, 0.0, 0.0)
    assert list(fixed.exceeds(30.0, np.array([2.0, 3.0, 4.0]))) == [0, 0, 1]
    held = Demand(2.0, 0.0, 0.0, 10.0, (5.0, 0.0, 0.0))  # 15 bytes, and 2 each
    assert list(held.exceeds(20.0, np.array([2.0, 3.0]))) == [0, 1]


def test_the_demand_given_a_number():
    """Slope 30 / 20; what it leaves of the variance 60 is 15, of the third cumulant 500 - 3.375 x 40 - 4.5 x 20 / 10 x 15."""
    crowd = Crowd(10.0, 20.0, 40.0, 12.0, 30.0, 60.0, 500.0, 0.0)
    given = crowd.given_number(2.0, (0.0, 0.0, 0.0))
    assert (given.mean, given.base) == (close(3), close(2 * (12 - 15)))
    assert (given.variance, given.third) == (close(1.5 * 4), close((500 - 135 - 135) / 10 * 8))
    # with steps that grow by half of the load's growth: sizes tilt by 0.05, a third of them is followed by the number
    slow = replace(crowd, feedback=0.5, demand_third=270.0).given_number(1.0, (0.0, 0.0, 0.0))
    number = (20 + 0.5 * 5) / 0.5
    assert slow.mean == close(1.5 + 5 / number) and slow.variance == close((15 - 25 / number) / 10)
    assert slow.base == close(12 + 0.05 * 15 - slow.mean * 10)


def test_ends_of_requests_at_the_pools_end():
    """A tail that is flat: one each; that falls by e a request: 1 / (1 - 1/e); sizes of 1 and 3 at a tail e^w: 2 x 11.4 / 9.4."""
    place = np.arange(4001) * 0.001
    assert ends_at(np.ones(4001), 0.001, np.array([1.0, 3.0])) == close(1)
    assert ends_at(np.exp(place), 0.001, np.array([1.0])) == pytest.approx(1 / (1 - np.exp(-1)), rel=1e-6)
    mean = (np.e + np.e**3) / 2
    assert ends_at(np.exp(place), 0.001, np.array([1.0, 3.0])) == pytest.approx(2 * mean / (mean - 1), rel=1e-6)


def test_those_that_fit_of_a_number_that_does_not():
    exceeds = np.array([0.0, 0.2, 0.8, 1.0, 1.0])
    assert those_that_fit(exceeds)[1:] == close([1, 3 - 1.25, 2, 2])


def test_a_load():
    load = Load(2.0, 1.0, 100.0, 0.5, 50.0, 1.0)
    assert load.context == 150 and load.decoded == 49 and len(load.prompts) == 64
    assert load.prompts.mean() == close(100) and load.prompts.std() == pytest.approx(50, rel=0.05)
    assert (np.diff(load.prompts) > 0).all() and load.prompts[31] < 100
    assert set(replace(load, prompt_cv=0.0).prompts) == {100} and replace(load, output=1.0).decoded == 1e-6
    assert load.lengths["arrival_rate"] == 2 and load.lengths["generated"] == 50
    # outputs alike and short beside the prompt: a burst leaves as it came; exponential ones: half of it, and a third of threes
    assert list(replace(load, output_cv=0.0, output=0.5).overlaps.values()) == pytest.approx([1] * 6, abs=0.03)
    short = replace(load, output=0.01).overlaps
    assert list(short.values()) == pytest.approx([1 / 2, 1 / 3, 1 / 2, 1 / 2, 1 / 3, 1 / 2], abs=0.02)
    # exponential outputs without prompts: ages² e^(-2 age) over their mean: 2 / 8, of ages 1 / 4, of cubes 6 / 16 / 2
    long = replace(load, prompt=1e-6).overlaps
    assert [long[name] for name in ("burst_overlap", "mixed_overlap", "squared_overlap")] == pytest.approx(
        [1 / 4, 1 / 4, 3 / 16], rel=0.01
    )
    alike = PromptWork.of(COSTS, Load(1.0, 1.0, 201.0, 0.0, 50.0, 0.0), 412.0)
    # 7 s each in passes of 100 tokens
    assert (alike.seconds, alike.variation, alike.passes, alike.floor) == (close(7), pytest.approx(0, abs=1e-12), 3, 1)
    assert [*alike.excess, *alike.joint] == pytest.approx([0] * 6, abs=1e-9)
    spread = PromptWork.of(COSTS, Load(1.0, 1.0, 201.0, 0.5, 50.0, 0.0), 412.0)
    assert spread.excess[0] == close(spread.joint[0] / spread.seconds) and spread.joint[0] > 0 < spread.joint[1]


def test_seconds_of_steps_prompts_and_departures():
    # prompts of 0.2 s, of which 0.05 are shared by those that come in one step; passes cost nothing more; few come together
    work = PromptWork(0.2, 0.0, 1.0, 0.0)
    steps = steps_a_second(2.0, np.array([0.01]), np.array([0.0]), work)
    assert steps == pytest.approx(60)  # 0.6 s for decoding
    departures = departures_a_second(np.array([8.0]), 40.0, 1.0, np.array([0.01]), np.array([0.0]), work)
    assert departures == pytest.approx(4)  # 40 x 0.01 / 8 + 0.2 s each
    twice = departures_a_second(np.array([8.0]), 40.0, 2.0, np.array([0.01]), np.array([0.0]), work)
    assert twice == pytest.approx(1 / 0.45)
    # a pass with a prompt has paid a step's products: 0.1 of 0.2 s
    paid = departures_a_second(np.array([8.0]), 40.0, 1.0, np.array([0.01]), np.array([0.1]), replace(work, floor=0.2))
    assert paid > 4


def test_births_and_deaths():
    served = np.array([1.0, 2.0, 3.0])
    assert births_over_deaths(6.0, served, 1.0) == close([6, 3, 2])
    assert births_over_deaths(6.0, served, 2.0) == close([3, 3.5 / 2, 4 / 3])
    names = "occupancy_peakedness", "occupancy_skew", "queue_dispersion", "arrival_peakedness"
    noise = dict.fromkeys(names, 1.0) | {"prompt_hold_time": 0.0}
    count = np.arange(1.0, 200)
    load = Load(4.0, 1.0, 100.0, 0.0, 11.0, 0.0)
    law, beyond = stationary_law(load, count, np.full(199, 10.0), count, np.zeros(199), noise)
    poisson = np.exp(-4) * np.array([1, 4, 8, 32 / 3])
    assert law[:4] == pytest.approx(poisson) and beyond < 1e-50 and law.sum() + beyond == close(1)
    held, _ = stationary_law(load, count, np.full(199, 10.0), count, np.zeros(199), noise | {"prompt_hold_time": 1.0})
    assert held @ np.arange(200) == pytest.approx(8)  # twice as long there
    # full from the start: one server that takes 1/8 s a request, M/M/1 at a load of a half
    full, _ = stationary_law(load, np.ones(199), np.full(199, 10.0), np.full(199, 8.0), np.ones(199), noise)
    assert full[1:5] / full[:4] == pytest.approx([0.5] * 4)


def test_conditions_in_words():
    assert failing_conditions(0.9, 0.4, 8.0, 8) == ()
    (grows,) = failing_conditions(1.0, 0.4, 8.0, 8)
    assert grows.startswith("the load is 100%") and grows.endswith("grows without end")
    assert failing_conditions(0.91, 0.4, 8.0, 8) == ("the load is 91% of what a full pool serves (at most 90%)",)
    assert failing_conditions(0.5, 0.41, 8.0, 8) == ("prompts take 41% of the time (at most 40%)",)
    assert failing_conditions(0.5, 0.4, 7.99, 8)[0].startswith("the pool holds 7.99 requests")
    assert failing_conditions(0.5, 0.4, 9.0, 8) == ("the scheduler's limit of 8 sequences binds before the pool",)


def test_limits_and_tallies():
    assert [limit_of(rate) for rate in (0.0, 0.01, 0.02, 0.03, 0.5)] == close([0, 0.001, 0.002, 0.02, 0.05])
    close_by, far = Rate(0.52, 0.5, 0.0), Rate(0.6, 0.5, 0.2)
    assert close_by.difference == close(0.02) and close_by.is_within and not close_by.is_undecided
    assert not far.is_within and far.is_undecided and not Rate(0.6, 0.5, 0.05).is_undecided
    assert Rate(0.0009, 0.0, 0.0).is_within and not Rate(0.0011, 0.0, 0.0).is_within
    tally = Tally.of([close_by, far, Rate(0.4, 0.5, 0.0), Rate(0.5, 0.5, 0.0)])
    assert (tally.count, tally.within, tally.not_refuted) == (4, 0.5, 0.75)
    assert (tally.median, tally.p90, tally.bias) == (close(0.06), close(0.1), close(0.005))
    assert Tally.of([]).count == 0 and np.isnan(Tally.of([]).within)


def test_settings_are_judged_until_there_are_enough(monkeypatch):
    """Of settings 0, 1, 2 … every third fails a condition; each is replayed as its own number of thousandths."""
    answer = SimpleNamespace(probability=0.5, preemptions=0.25)
    monkeypatch.setattr(
        sys.modules[Rate.__module__],
        "predict",
        lambda n: SimpleNamespace(**vars(answer), failing=("no",) * (n % 3 == 0)),
    )
    replays = SimpleNamespace(
        overflow=0.4, overflow_half_width=0.1, preemptions=0.2, preemptions_half_width=0.3, requests=7
    )
    referee, progress = SimpleNamespace(replay=lambda setting: replays), []
    judged, declined = judge_all(iter(range(100)), 4, referee, lambda *done: progress.append(done))
    assert [one.setting for one in judged] == [1, 2, 4, 5] and [setting for setting, _ in declined] == [0, 3]
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert judged[0].overflow == Rate(0.5, 0.4, 0.1) and judged[0].preemptions == Rate(0.25, 0.2, 0.3)
    assert judged[0].requests == 7 and len(judge_all(iter(range(3)), 9, referee)[0]) == 2


def test_replays_of_a_setting_are_summed_by_parts():
    setting = type("S", (), {"seed": 7, "load": Load(1.0, 1.0, 1.0, 0.0, 1.0, 0.0)})()
    parts = np.array([[10.0, 1.0, 0.0], [10.0, 3.0, 4.0], [0.0, 0.0, 9.0]])  # the last has no time
    found = _summary(setting, parts, 100, 2000)
    assert (found.overflow, found.preemptions, found.requests, found.seed) == (0.2, 0.04, 2000, 7)
    # blocked 1 and 3 of 2 expected: a standard deviation of root 2, over root 2 parts, of 20 s
    assert found.overflow_half_width == close(1.6448536269514722 * 2**0.5 * 2**0.5 / 20)
    assert found.preemptions_half_width == close(1.6448536269514722 * 8**0.5 * 2**0.5 / 100)

    def resolved(*numbers):
        return _is_resolved(Replays(7, {}, 2000, *numbers))

    assert (
        resolved(0.4, 0.02, 0.4, 0.02) and not resolved(0.4, 0.021, 0.4, 0.02) and not resolved(0.4, 0.02, 0.4, 0.021)
    )
    assert resolved(0.0001, 0.0003, 0.0, 0.0) and not resolved(0.0001, 0.0005, 0.0, 0.0)


def test_settings_are_those_of_their_seeds():
    one, again = next(draw_settings()), next(draw_settings())
    assert one == again and one.seed >= 95_000
    load = one.load
    assert 200 <= load.prompt <= 16_000 and 50 <= load.output <= 2000 and 0.5 <= load.dispersion <= 8
    assert 0 <= load.prompt_cv <= 1.5 and 0 <= load.output_cv <= 1.5 and load.rate > 0


def references(*prompts, rate=1.0):
    blocks = np.array([block for prompt in prompts for block in prompt], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum([len(prompt) for prompt in prompts])[:-1]]).astype(np.int64)
    return References(blocks, starts, rate, np.array([len(prompt) / rate for prompt in prompts]), 100.0, 10.0)


def test_halves_of_a_trace():
    whole = references([1, 2], [1, 2, 3], [4], [1, 2, 3, 4])
    first, second = whole.half(0), whole.half(1)
    assert first.blocks.tolist() == [1, 2, 1, 2, 3] and first.starts.tolist() == [0, 2] and first.requests == 2
    assert second.blocks.tolist() == [4, 1, 2, 3, 4] and second.starts.tolist() == [0, 1] and second.total == 5
    assert replace(whole, sizes=np.array([10, 20, 30, 40])).half(0).total == 30


def test_caches_of_blocks():
    warm, judged = references([1, 2, 3]), references([1, 2, 9], [3, 1])
    # four blocks: 1 and 2 hit, 9 misses; touched from the end, so that 3, the oldest but one, stays: it hits, and so does 1
    assert replay_lru(warm, judged, 4.0) == 0.8
    assert replay_lru(warm, judged, 2.0) == 0.4 and replay_lru(warm, judged, 0.0) == 0
    assert replay_optimal(warm, judged, 3.0) == 0.8 and replay_optimal(warm, judged, 1.0) == 0.4
    assert infinite_hit_rate(warm, judged) == 0.8
    assert infinite_hit_rate(references([7]), references([1, 1, 2])) == pytest.approx(1 / 3)


def test_intervals_of_a_trace():
    single = [[1], [2], [1], [2], [3]]
    found = measure_intervals(references(*single))
    # 1 and 2 come again after 2; at the end 3 waits since 1, the others since 3 and 2 references
    assert found.interval.tolist() == [0, 1, 2, 2, 2, 3]
    # four are at risk at 2, one of them is repeated; then three, one more
    assert found.unrepeated == close([1, 1, 0.75, 0.5, 0.5, 0.5])
    assert found.occupancy == close([0, 1, 2, 2, 2, 2.5]) and found.ceiling == 0.5
    assert found.error[2] == close(0.75 * (1 / 12) ** 0.5) and found.error[3] == close(0.5 * (1 / 12 + 1 / 6) ** 0.5)
    assert found.half_width(2.0) == close(1.6448536269514722 * 0.25)
    law = ReuseIntervals(
        np.arange(3.0), np.array([1.0, 0.6, 0.5]), np.array([0.0, 10.0, 20.0]), np.array([0.0, 0.1, 0.2])
    )
    assert [float(law.hit_rate(c)) for c in (0, 9, 10, 19, 20, 999)] == close([0, 0, 0.4, 0.4, 0.5, 0.5])
    prediction = Prediction(law, (law,) * 4, None, (8, 8), (0.0,) * 4)
    assert [prediction.working_set(share) for share in (0.8, 0.9, 2.0)] == [10, 20, 20]
    halved = measure_intervals(references(*single, rate=0.5))
    assert halved.interval.tolist() == [0, 2, 4, 4, 4, 6]


def test_intervals_within_prompts():
    """A prompt is touched from its end and looked up at its beginning: its first block after 1 reference, its third after 3."""
    found = measure_intervals(references([1, 2, 3], [1, 2, 3]))
    # looked up again after 1, 2 and 3; the second touches wait since 1, 2 and 3 references
    assert found.interval.tolist() == [0, 1, 1, 2, 2, 3, 3]
    assert found.unrepeated == close([1, 5 / 6, 5 / 6, 5 / 8, 5 / 8, 5 / 16, 5 / 16])
    # touched again after 3 others each: no wait is over before, so that three references bring three blocks
    assert found.occupancy == close([0, 1, 1, 2, 2, 3, 3])
    assert [float(found.hit_rate(c)) for c in (0, 1, 2, 3)] == close([0, 1 / 6, 3 / 8, 11 / 16])


def predicted(hits=(0.5, 0.4, 0.5, 0.5, 0.6), openings=(8, 8), repeats=(0.0, 0.2, 0.3, 0.39)):
    """A prediction by intervals from ten blocks on, and of four quarters."""
    first, *parts = (
        ReuseIntervals(np.zeros(2), np.array([1.0, 1 - hit]), np.array([0.0, 10.0]), np.array([0.0, 0.03]))
        for hit in hits
    )
    return Prediction(first, tuple(parts), None, openings, repeats)


def test_the_interval_of_a_prediction():
    prediction = predicted()
    # quarters spread by (0.02 / 3)^(1/2); the estimate's own half width is 0.0493, the closed form's a point
    between = 2.353 * (0.02 / 3) ** 0.5 * (1 / 2 + 1 / 4) ** 0.5
    margin = (between**2 + (1.6448536269514722 * 0.03) ** 2 + 0.01**2) ** 0.5
    assert prediction.hit_rate(10.0) == 0.5 == prediction.ceiling and prediction.working_set(0.9) == 10
    assert prediction.interval(10.0) == close((0.5 - margin, 0.5 + margin)) and prediction.interval(1.0) == close(
        (0, 0.01)
    )
    assert not prediction.begins_together and not prediction.is_growing


def test_a_prediction_weighs_a_closed_set_by_its_probability():
    forecast = Forecast(0.25, np.array([0.0, 10.0]), np.array([[0.0, 0.8], [0.0, 1.0]]), 5, np.array([8.0, 10.0]))
    unsure = replace(predicted(), forecast=forecast)
    assert unsure.hit_rate(10.0) == close(0.25 * 0.9 + 0.75 * 0.5) == unsure.ceiling
    assert unsure.hit_rate(5.0) == close(0.25 * 0.45) and unsure.working_set(0.9) == 10
    assert unsure.interval(10.0) == close((predicted().interval(10.0)[0], 0.996))
    certain = replace(unsure, forecast=replace(forecast, probability=0.96), repeats=(0.1, 0.3, 0.4, 0.55))
    assert certain.hit_rate(10.0) == close(0.9) and certain.interval(10.0) == close((0.804, 0.996))
    assert replace(unsure, repeats=certain.repeats).interval(10.0)[1] == 1


def test_nothing_bounds_what_grows_or_begins_together():
    for prediction in (predicted(openings=(8, 1)), predicted(repeats=(0.1, 0.3, 0.4, 0.55))):
        assert prediction.begins_together != prediction.is_growing
        assert prediction.interval(10.0) == (predicted().interval(10.0)[0], 1.0)


def test_a_trace_that_drifts():
    trace = TraceReuse(1, 1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.03, predicted(), ())
    assert not trace.is_drifting and replace(trace, drift=0.031).is_drifting


def test_shares_of_blocks_that_were_asked_for_before():
    parts = [references([1, 2]), references([1, 2]), references([3, 1]), references([9, 9])]
    assert repeated_shares(parts) == (0.0, 1.0, 0.5, 0.5)
    assert repeated_shares([references(), references([7, 7])]) == (0.0, 0.5)


def test_sessions_that_open():
    opening = [list(range(10 * n, 10 * n + 10)) for n in range(6)]
    assert count_openings(references(*opening)) == (3, 3)
    assert count_openings(references(*opening[:3], *opening[:3])) == (3, 0)
    one_of_ten = [[0, *range(100 * n, 100 * n + 9)] for n in range(1, 5)]
    assert count_openings(references(*one_of_ten)) == (1, 0)  # a tenth is repeated: no opening
    assert count_openings(references([])) == (0, 0)
    found = [begin_together(pair) for pair in ((8, 1), (7, 1), (8, 2), (100, 24), (100, 25))]
    assert found == [True, False, False, True, False]


def test_references_of_a_trace_are_sampled_by_block(monkeypatch):
    rows = [Request(float(n), 100 + n, 10, tuple(range(n, n + 50))) for n in range(16)]
    whole = collect_references(rows, "here")
    assert whole.rate == 1 and whole.total == 800 and whole.requests == 16 and len(whole.blocks) == 800
    assert whole.input_tokens == 107.5 and whole.output_tokens == 10 and whole.starts[:3].tolist() == [0, 50, 100]
    monkeypatch.setattr("costmodel.stress.reuse.references.MAX_REFERENCES", 500)
    sampled = collect_references(rows, "here")
    assert sampled.rate <= 0.5 and sampled.total == 800 and len(sampled.blocks) <= 500
    assert set(sampled.blocks) < set(whole.blocks)
    for block in set(sampled.blocks):  # all of its references or none
        assert (sampled.blocks == block).sum() == (whole.blocks == block).sum()
    with pytest.raises(InputError, match="expected at least 16 requests, of which half judge the others, got 15"):
        collect_references(rows[:15], "here")
    with pytest.raises(InputError, match="got lengths alone"):
        collect_references([replace(row, blocks=()) for row in rows], "here")
