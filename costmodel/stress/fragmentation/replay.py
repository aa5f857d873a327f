"""Requests in order through an allocator whose pool is kept full: what holds tokens, what is free but fits nobody.

Every step each running request writes a token; one that ends, or a block that fills, is an event, and between events nothing
changes. Where blocks run out, the newest request gives its own back and waits in front, to be computed again.
"""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from costmodel.stress.fragmentation.allocators import Allocator

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Occupancy:
    """Means over the time in which a request waits: tokens written over tokens held (``use``), the share of the pool that is
    free, enough for who waits, and in no piece that holds it (``unusable``), written tokens over the pool, requests at once.

    ``preempted`` counts those that gave their blocks back; ``too_large`` those that no empty pool holds, which are left out.
    """

    use: float
    unusable: float
    filled: float
    running: float
    preempted: int
    too_large: int


class _Full:
    """A pool and its requests: names in the order of their admission, tokens at the step at which they were admitted."""

    def __init__(self, allocator: Allocator, capacity: int) -> None:
        self.allocator, self.capacity, self.now = allocator, capacity, 0
        self.running: dict[int, tuple[int, int, int]] = {}  # step of admission, tokens then, tokens at the end
        self.events: list[tuple[int, int, int]] = []  # step, name, step of its admission
        self.written = 0  # by all that run, now
        self.sums = dict.fromkeys(("time", "written", "held", "unusable", "running"), 0.0)
        self.preempted = 0

    def admit(self, name: int, tokens: int, final: int) -> bool:
        """Room for a request, with that for its first token, and its next event; False where there is none."""
        if not self.allocator.take(name, min(tokens + 1, final), final):
            return False
        self.running[name] = self.now, tokens, final
        self.written += tokens
        self._next(name)
        return True

    def _next(self, name: int) -> None:
        since, tokens, final = self.running[name]
        has = tokens + self.now - since
        heapq.heappush(self.events, (self.now + self.allocator.lasts(has, final), name, since))

    def advance(self, waiting: tuple[int, int] | None) -> None:
        """On to the next event; what lies between counts where somebody waits."""
        step, between = self.events[0][0], self.events[0][0] - self.now
        count = len(self.running)
        if waiting is not None and between:
            free = self.capacity - self.allocator.held
            sums = self.sums
            sums["time"] += between
            sums["written"] += self.written * between + count * between**2 / 2
            sums["held"] += self.allocator.held * between
            sums["running"] += count * between
            tokens, final = waiting
            sums["unusable"] += between * free * (free >= self.allocator.room(min(tokens + 1, final), final))
        self.written += count * between
        self.now = step

    def settle(self) -> list[tuple[int, int, int]]:
        """All events of this step; those that had to give their blocks back, the newest last."""
        back = []
        while self.events and self.events[0][0] == self.now:
            _, name, since = heapq.heappop(self.events)
            if self.running.get(name, (None,))[0] != since:
                continue  # ended or sent back before
            _, tokens, final = self.running[name]
            has = tokens + self.now - since
            if has >= final:
                self._end(name)
                continue
            while name in self.running and not self.allocator.grow(name, has + 1):
                newest = next(reversed(self.running))
                _, _, whole = self.running[newest]
                back.append((newest, self._end(newest), whole))
                self.preempted += 1
            if name in self.running:
                self._next(name)
        return back

    def _end(self, name: int) -> int:
        since, tokens, _ = self.running.pop(name)
        self.allocator.give(name)
        self.written -= tokens + self.now - since
        return tokens + self.now - since


def fill_pool(
    allocator: Allocator,
    capacity: int,
    requests: Sequence[tuple[int, int]],
    on_progress: Told = lambda done, total: None,
) -> Occupancy:
    """How requests, each prompt tokens and output tokens, fill the pool of ``capacity`` tokens of an allocator."""
    pool, too_large = _Full(allocator, capacity), 0
    queue: deque[tuple[int, int, int]] = deque()
    for name, (prompt, output) in enumerate(requests):
        if _holds_alone(allocator, prompt + output):
            queue.append((name, prompt, prompt + output))
        else:
            too_large += 1
    total = len(queue)
    while queue:
        while queue and pool.admit(*queue[0]):
            queue.popleft()
            on_progress(total - len(queue), total)
        if not queue:
            break
        pool.advance(queue[0][1:])
        queue.extendleft(pool.settle())
    sums, time = pool.sums, max(pool.sums["time"], 1e-300)
    if not pool.sums["time"]:
        return Occupancy(*[float("nan")] * 4, pool.preempted, too_large)
    return Occupancy(
        sums["written"] / sums["held"], sums["unusable"] / time / capacity, sums["written"] / time / capacity,
        sums["running"] / time, pool.preempted, too_large,
    )  # fmt: skip


def _holds_alone(allocator: Allocator, tokens: int) -> bool:
    """Whether the empty pool holds a request of so many tokens."""
    if not allocator.take(-1, tokens, tokens):
        return False
    allocator.give(-1)
    return True
