"""The time that a call takes on the device, apart from its launch by the host.

Many launches are captured in a graph, which the device launches itself, and the graph is replayed: the host then adds
nothing between kernels. A cold case goes round copies of its tensors that together exceed the L2, or, where these would be
too many, touches each copy once after the L2 was filled with other data. What a launch by the host adds is a number of its
own: the time of a lone call on an idle device less the time on the device.
"""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from calibration.cuda.device import Call, Device

WARM_UPS = 3
ALONE = 5  # lone calls whose median is the time with the host's launch
WINDOW = 2000.0  # microseconds that a replay should take: events tell about half of one apart
COLD_SIZE = 3  # copies together, in sizes of the L2: what was read a round ago has been pushed out
MOST_COPIES = 128
MEMORY_SHARE = 0.5  # of the free memory, for copies
MOST_LAUNCHES = 64  # of one graph, but for a round of copies
MOST_REPLAYS = 64
MIN_REPEATS = 5
LONGEST = 100_000.0  # microseconds of the device that the repeats of a case take, where five take less


@dataclass(frozen=True)
class Work:
    """A call and its kernel's name; ``captures`` where a graph can hold the call."""

    run: Call
    kernel: str
    captures: bool = True


@dataclass(frozen=True)
class Times:
    """Quartiles of the repeats, microseconds of one call on the device.

    ``launch`` is what a launch by the host adds to a lone call, in microseconds, None where it cannot be told apart;
    ``copies`` of the tensors went round, ``launches`` were captured.
    """

    low: float
    median: float
    high: float
    repeats: int
    timing: str = "graph"
    launch: float | None = None
    launches: int = 1
    copies: int = 1


@dataclass(frozen=True)
class Plan:
    """``copies`` of the tensors, ``launches`` in a graph, and whether a replay touches each copy ``once``."""

    copies: int
    launches: int
    once: bool


def plan(alone: float, size: int, cold: bool, l2_bytes: int, free_bytes: int) -> Plan:
    """How many copies and launches a case takes.

    ``alone`` is the time of a lone call in microseconds, which its time on the device does not exceed; ``size`` the bytes of
    one copy.
    """
    launches = min(max(math.ceil(WINDOW / max(alone, 1.0)), 1), MOST_LAUNCHES)
    if not cold:
        return Plan(1, launches, False)
    needed = max(math.ceil(COLD_SIZE * l2_bytes / size), 1)
    copies = max(min(needed, MOST_COPIES, int(MEMORY_SHARE * free_bytes / size)), 1)
    if copies < needed:
        return Plan(copies, copies, True)
    return Plan(copies, copies * math.ceil(launches / copies), False)


def measure(device: Device, build: Callable[[], Work], cold: bool, repeats: int) -> tuple[str, Times]:
    """The kernel's name and its times; ``build`` makes the tensors of one copy and the call over them."""
    used = device.used_bytes()
    work = build()
    size = max(device.used_bytes() - used, 1)
    for _ in range(WARM_UPS):
        work.run()
    before = device.flush if cold else None
    alone = statistics.median(device.time_alone(work.run, before, ALONE))
    if not work.captures:
        return work.kernel, _quartiles(device.time(work.run, before, repeats), 1, timing="events")
    chosen = plan(alone, size, cold, device.l2_bytes, device.free_bytes())
    copies = [work, *(build() for _ in range(chosen.copies - 1))]
    graph = device.capture([copies[index % len(copies)].run for index in range(chosen.launches)])
    pilot = device.time(graph, before, 2)[-1]
    replays = 1 if chosen.once else min(max(math.ceil(WINDOW / pilot), 1), MOST_REPLAYS)
    count = min(repeats, max(MIN_REPEATS, int(LONGEST / (pilot * replays))))
    times = device.time(lambda: [graph() for _ in range(replays)], before, count)
    of_graph = {"launches": chosen.launches, "copies": chosen.copies}
    return work.kernel, _quartiles(times, chosen.launches * replays, alone=alone, **of_graph)


def _quartiles(times: list[float], calls: int, alone: float | None = None, **stated) -> Times:
    each = [time / calls for time in times]
    low, median, high = statistics.quantiles(each, n=4, method="inclusive") if len(each) > 1 else each * 3
    launch = None if alone is None else max(alone - median, 0.0)
    return Times(low, median, high, len(each), launch=launch, **stated)
