"""How a call is timed, on a device made of arithmetic: graphs, copies that keep the L2 cold, the launch apart."""

import pytest
from stand_in import MEBI, StandIn

from calibration.cuda import measure
from calibration.cuda.measure import MOST_COPIES, MOST_LAUNCHES, Times, plan


def timed(device, size, cold, repeats=10, captures=True) -> Times:
    return measure.measure(device, lambda: device.build(size, captures), cold, repeats)[1]


@pytest.mark.parametrize("mebibytes", [0.25, 1, 4, 16, 64, 200, 4000])
def test_a_cold_case_finds_nothing_of_its_own_in_the_l2(mebibytes):
    device = StandIn()
    times = timed(device, int(mebibytes * MEBI), cold=True)
    # By hand: a mebibyte a microsecond out of memory, at least 2 for any kernel; the host's 40 are not in it.
    assert times.median == pytest.approx(max(2, mebibytes)) == times.low == times.high
    in_graphs = device.log[measure.WARM_UPS + measure.ALONE :]
    assert not any(is_warm for _, is_warm in in_graphs)


@pytest.mark.parametrize("mebibytes", [4, 16])
def test_a_warm_case_reads_one_copy_again_and_again(mebibytes):
    device = StandIn()
    times = timed(device, mebibytes * MEBI, cold=False)
    assert times.median == pytest.approx(max(2, mebibytes / 4)) and times.copies == 1 and device.flushed == 0
    assert all(is_warm for _, is_warm in device.log[1:])


def test_the_launch_by_the_host_is_a_number_of_its_own():
    device = StandIn(launch=55.0)
    times = timed(device, 200 * MEBI, cold=True)
    assert times.launch == pytest.approx(55.0) and times.median == pytest.approx(200.0)
    assert timed(StandIn(launch=0.0), 16 * MEBI, cold=False).launch == 0


def test_a_replay_is_long_enough_for_events():
    device = StandIn()
    lengths, time = [], device.time

    def recorded(run, before, repeats):
        lengths.append(time(run, before, repeats))
        return lengths[-1]

    device.time = recorded
    timed(device, 1 * MEBI, cold=False)
    assert len(lengths[-1]) == 10 and min(lengths[-1]) >= measure.WINDOW * 0.9


def test_a_long_call_is_repeated_less_but_never_once():
    device = StandIn()
    assert timed(device, 30_000 * MEBI, cold=True, repeats=50).repeats == measure.MIN_REPEATS
    assert timed(StandIn(), 64 * MEBI, cold=True, repeats=20).repeats == 20


def test_what_no_graph_can_hold_is_timed_between_events():
    device = StandIn()
    times = timed(device, 200 * MEBI, cold=True, captures=False)
    assert times.timing == "events" and times.launch is None and times.median == pytest.approx(200.0)


def test_quartiles_are_those_of_one_call():
    device = StandIn()
    drawn = iter([10.0, 10.0, 10.0, 10.0, 10.0, 0.0, 1.0, 100.0, 200.0, 300.0, 400.0, 500.0])
    device.time = lambda run, before, repeats: [next(drawn) for _ in range(repeats)]
    work = device.build(MEBI)
    _, times = measure.measure(device, lambda: work, False, 5)
    # alone 50: 40 launches; the pilot's second time, 1, asks for 64 replays: 2,560 calls in each time
    assert (times.low, times.median, times.high) == tuple(pytest.approx(x / 2560) for x in (200, 300, 400))


@pytest.mark.parametrize(
    ("alone", "mebibytes", "free", "expected"),
    [
        (50.0, 4, 10_000, (38, 76, False)),  # 150 MiB are 37.5 copies; two rounds of them take 2 ms
        (50.0, 0.25, 10_000, (MOST_COPIES, MOST_COPIES, True)),  # 600 copies would be too many: each is touched once
        (3000.0, 4000, 10_000, (1, 1, False)),  # one copy is far more than the L2
        (100.0, 16, 200, (6, 6, True)),  # half of the free memory holds six of the ten copies
        (1.0, 200, 10_000, (1, MOST_LAUNCHES, False)),
    ],
)
def test_the_plan_by_hand(alone, mebibytes, free, expected):
    chosen = plan(alone, int(mebibytes * MEBI), True, 50 * MEBI, free * MEBI)
    assert (chosen.copies, chosen.launches, chosen.once) == expected


def test_the_plan_of_a_warm_case_has_one_copy():
    assert plan(100.0, MEBI, False, 50 * MEBI, MEBI) == measure.Plan(1, 20, False)
