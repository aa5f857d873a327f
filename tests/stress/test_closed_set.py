"""A closed set of sessions: what is found of it, by hand and on traces drawn from such sets, and how it is told from others."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.stress.reuse import collect_references, infinite_hit_rate, measure_intervals, prediction, replay_lru
from costmodel.stress.reuse.catalogue import Fit, Population, is_alive
from costmodel.stress.reuse.continuation import draw_continuation, draw_parameters, measure_turns
from costmodel.stress.reuse.forecast import Forecast, forecast_closed_set
from costmodel.stress.reuse.sessions import find_sessions
from costmodel.traces import Request


def of(prompts):
    return collect_references([Request(0.0, 512.0 * len(p), 1.0, tuple(p)) for p in prompts], "test")


SHORT = of(
    [[1, 2, 3, 4], [9, 8], [1, 2, 3, 4, 5], [1, 20, 21, 22], [9, 8], [1, 2, 3, 4, 5], *([[70 + n] for n in range(10)])]
)


def test_a_request_goes_on_with_a_prompt_of_which_it_repeats_half():
    sessions = find_sessions(SHORT, 1000)
    # the fourth has one block in common with a prompt of five: it opens a session of its own
    assert sessions.session.tolist()[:6] == [0, 1, 0, 2, 1, 0] and sessions.opens.tolist()[:6] == [1, 1, 0, 1, 0, 0]
    assert sessions.repeated.tolist()[:6] == [0, 0, 4, 0, 2, 5] and sessions.previous.tolist()[:6] == [
        -1,
        -1,
        0,
        -1,
        1,
        2,
    ]
    assert sessions.last.tolist()[:3] == [5, 4, 3] and sessions.total == 16 and sessions.share == 1


def test_sessions_are_sampled_whole():
    sessions, held = find_sessions(SHORT, 1000), find_sessions(SHORT, 8)
    assert held.share == 0.5 and 0 < held.total < 16
    assert set(np.bincount(held.session)) <= set(np.bincount(sessions.session)) and held.opens.sum() == len(held.last)


def test_blocks_that_a_sample_leaves_out_make_no_request():
    empty = of([[], [1], [], [1], *([[9 + n] for n in range(14)])])
    assert find_sessions(empty, 1000).session.tolist()[:2] == [0, 0]


def test_who_waits_long_is_over():
    assert is_alive(np.array([0.8, 1.0, 0.0]), np.zeros(3)) == pytest.approx([0.8, 1.0, 0.0])
    assert is_alive(np.array(0.5), np.log(2)) == pytest.approx(
        0.25 / 0.75
    )  # half of those alive would have come by then


def test_the_clock_of_a_set_by_hand():
    """Two sessions wait when the trace ends, 13 begin in it; one step holds one request, so that what is alive is exact."""
    population = Population(find_sessions(SHORT, 1000), "closed")
    parameters = np.concatenate(
        [[np.log(2.0), 0.0], np.full(population.classes.max() + 1, -40.0)]
    )  # no first request goes on
    clock = population.read(parameters)
    begun = np.array([1, 1, 0, 1, 0, 0, *[1] * 10])
    waiting = 2 + begun[::-1].cumsum()[::-1]
    assert clock.waiting.tolist() == waiting.tolist() and clock.waiting[-1] == 3
    assert clock.alive[:2] == pytest.approx(waiting[:2]) and clock.theta[:3] == pytest.approx(
        [0, 1 / 15, 1 / 15 + 1 / 14]
    )
    assert clock.goes_on[2] == 0.5 and clock.goes_on[0] == pytest.approx(0)
    still = Population(population.sessions, "open").read(parameters)
    assert (still.waiting == 2).all()
    assert Population(population.sessions, "endless").read(parameters[:1]).goes_on.tolist() == [1.0] * 16


def test_turns_grow_and_repeat():
    growth, repeated = measure_turns(Population(find_sessions(SHORT, 1000), "closed"))
    assert growth == pytest.approx((5 + 2 + 5) / (4 + 2 + 5)) and repeated == pytest.approx((4 + 2 + 5) / 12)


def test_a_set_without_sessions_hits_nothing_and_one_session_hits_all():
    population = Population(find_sessions(of([[1, 2], *[[1, 2]] * 17]), 1000), "closed")
    sizes, rng = np.array([0.0, 1.0, 2.0, 9.0]), np.random.default_rng(0)
    over = draw_continuation(population, np.array([-40.0, -40.0, -40.0]), 10, sizes, rng)
    assert over.tolist() == [0, 0, 0, 0]
    # alone, nothing newer lies before its two blocks: a cache of one block finds one of them
    alone = draw_continuation(population, np.array([-40.0, 40.0, 40.0]), 10, sizes, rng)
    assert alone == pytest.approx([0, 0.5, 1, 1])


def test_draws_follow_a_known_distribution():
    class Normal:
        @staticmethod
        def cost(parameters):
            return float(((parameters - [1.0, -2.0]) ** 2 / [0.5, 2.0]).sum() / 2)

    drawn = draw_parameters(Normal(), Fit(np.zeros(2), np.eye(2), 0.0), 4000, np.random.default_rng(1))  # type: ignore[arg-type]
    assert drawn.mean(0) == pytest.approx([1, -2], abs=0.15) and drawn.var(0) == pytest.approx([0.5, 2.0], rel=0.25)


def write(path, trace) -> str:
    """A trace as Mooncake's JSON Lines."""
    ends = np.append(trace.starts[1:], len(trace.blocks))
    path.write_text(
        "".join(
            json.dumps(
                {
                    "timestamp": index,
                    "input_length": 512 * int(end - start),
                    "output_length": 5,
                    "hash_ids": trace.blocks[start:end].tolist(),
                }
            )
            + "\n"
            for index, (start, end) in enumerate(zip(trace.starts, ends, strict=True))
        )
    )
    return str(path)


def catalogue(seed: int, sessions: int = 1200, goes_on: tuple[float, float] = (0.3, 0.75)):
    """The first four fifths of a closed set played out: every request is the next one of any session that is not over."""
    rng = np.random.default_rng(seed)
    turns = 1 + np.where(rng.random(sessions) < goes_on[0], rng.geometric(1 - goes_on[1], sessions), 0)
    size, alive, prompts = 1 + rng.poisson(9, sessions), list(range(sessions)), []
    while alive:
        place = int(rng.integers(len(alive)))
        one = alive[place]
        prompts.append(range(100 * one, 100 * one + size[one]))
        turns[one] -= 1
        if not turns[one]:
            alive[place] = alive[-1]
            alive.pop()
    return of(prompts[: 4 * len(prompts) // 5])


def documents(seed: int, exponent: float):
    """1,000 documents of ten blocks asked for 4,000 times, by a popularity that falls with that exponent of the rank."""
    weight = 1 / np.arange(1, 1001) ** exponent
    asked = np.random.default_rng(seed).choice(1000, 4000, p=weight / weight.sum())
    return of([range(10 * one, 10 * one + 10) for one in asked])


def steady(seed: int):
    """Sessions that begin at a steady rate, wait 200 requests on average, and go on with probability 0.6."""
    rng, events = np.random.default_rng(seed), []
    for session, begin in enumerate(np.arange(-1500, 4000, 2.5)):
        times = begin + np.concatenate([[0.0], np.cumsum(rng.exponential(200, rng.geometric(0.4) - 1))])
        events += [(time, session) for time in times if time >= 0]
    return of([range(20 * session, 20 * session + 10) for _, session in sorted(events)[:4000]])


@cache
def played(seed: int):
    trace = catalogue(seed)
    first = trace.half(0)
    return trace, forecast_closed_set(first)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_set_that_is_used_up_is_followed(seed):
    """Its size is found, and the interval holds the hit rate; the reuse intervals of the first half miss it by far."""
    trace, forecast = played(seed)
    assert forecast is not None and forecast.is_certain
    total, low, high = forecast.total
    assert low <= 1200 <= high and total == pytest.approx(1200, rel=0.2) and forecast.begun > 800
    halves = trace.half(0), trace.half(1)
    assert forecast.ceiling == pytest.approx(infinite_hit_rate(*halves), abs=0.1)
    assert float(measure_intervals(halves[0]).hit_rate(12_000)) < forecast.ceiling - 0.3
    replayed = {size: replay_lru(*halves, size) for size in np.geomspace(200, 12_000, 10)}
    within = [low <= rate <= high for size, rate in replayed.items() for low, high in [forecast.interval(size)]]
    assert np.mean(within) >= 0.8


def test_draws_are_the_same_every_time():
    again = forecast_closed_set(played(1)[0].half(0))
    assert again is not None and (again.rates == played(1)[1].rates).all()


@pytest.mark.parametrize(
    "trace",
    [documents(1, 0.0), documents(2, 0.3), documents(3, 0.9), steady(4), of([[n] for n in range(40)]), of([[1]] * 40)],
    ids=["asked alike", "asked nearly alike", "Zipf", "steady", "nothing repeats", "one prompt"],
)
def test_other_traces_are_told_by_their_intervals(trace):
    assert forecast_closed_set(trace.half(0)) is None


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4).map(sorted), min_size=2, max_size=5),
    st.floats(0, 20),
    st.floats(0, 20),
)
def test_a_forecast_is_a_rate_that_grows_with_the_cache(rows, one, other):
    forecast = Forecast(1.0, np.array([0.0, 1.0, 5.0, 10.0]), np.array(rows), 3, np.arange(3.0, 3 + len(rows)))
    small, large = sorted((one, other))
    assert 0 <= forecast.hit_rate(small) <= forecast.hit_rate(large) + 1e-12 <= forecast.ceiling + 2e-12 <= 1 + 3e-12
    low, high = forecast.interval(small)
    assert 0 <= low <= high <= 1


def test_every_draw_grows_with_the_cache():
    rates = played(1)[1].rates
    assert (np.diff(rates, axis=1) >= -1e-12).all() and rates.min() == 0 and rates.max() <= 1


def test_a_forecast_by_hand():
    forecast = Forecast(1.0, np.array([0.0, 10.0]), np.array([[0.0, 0.4], [0.0, 0.8]]), 5, np.array([8.0, 10.0]))
    assert forecast.hit_rate(5.0) == pytest.approx(0.3) and forecast.ceiling == pytest.approx(0.6)
    assert forecast.interval(10.0) == pytest.approx((0.4 + 0.02 * 0.4, 0.8 - 0.02 * 0.4))
    assert forecast.total == pytest.approx((9.0, 8.04, 9.96))


def test_the_command_line_says_what_is_used_up(tmp_path, capsys, monkeypatch):
    from costmodel.cli import app

    command = ["hit-rate", write(tmp_path / "trace.jsonl", played(2)[0]), "--model", "llama-8b", "--gpu", "h100-sxm"]
    command += ["--scheme", "none", "--in-use", "99%", "--no-replay"]
    app.app([*command, "--json"], standalone_mode=False)
    result = json.loads(capsys.readouterr().out)
    assert (
        result["closed_set_probability"] > 0.95 and result["sessions_lo"] < result["sessions"] < result["sessions_hi"]
    )
    (plain,) = result["schemes"]
    assert 0 < plain["hit_rate_lo"] < plain["hit_rate"] < plain["hit_rate_hi"] < result["ceiling"]
    app.app(command, standalone_mode=False)
    printed = " ".join(capsys.readouterr().out.split())
    begun = f"Sessions come from a closed set that is used up: {result['sessions_begun']:,} of about {result['sessions']:,.0f} ("
    assert begun in printed and "Reuse is not stationary" not in printed and "more and more" not in printed
    monkeypatch.setattr(prediction, "forecast_closed_set", lambda first: replace(played(2)[1], probability=0.4))
    app.app(command, standalone_mode=False)
    assert "may come from a closed set that is used up (probability 40%)" in " ".join(capsys.readouterr().out.split())
