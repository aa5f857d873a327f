"""Continuous batching over a paged pool, event by event; steps in which nothing changes are leapt over.

Requests are admitted in the order of their arrival when the blocks of their prompt are free beside the engine's reserve; each
step gives every running sequence one token. Where the pool is full, one is sent back: its blocks are freed, and all its tokens
are computed again (or copied to the host and back) before it goes on. Prompts run in passes beside the decoding tokens.
"""

import heapq
from collections import deque
from collections.abc import Callable

import numpy as np

from costmodel.facts.admission import Admission
from costmodel.stress.replay.arrivals import Arrivals
from costmodel.stress.replay.costs import Costs
from costmodel.stress.replay.meter import Meter, Replayed
from costmodel.stress.replay.pool import Pool
from costmodel.stress.replay.reserve import Reserve
from costmodel.stress.replay.sequences import Sequences

OnProgress = Callable[[int, int], None]
WHEN_IT_FITS = Admission("when-it-fits", "nothing is reserved")


class Scheduler:
    """One replay: the queue, the running sequences, the pool. Lengths of sequences are kept relative to the step counter.

    ``swaps`` copies a sequence that is sent back to the host instead of computing it again; ``window`` is the time that shares
    are measured over; ``leaps`` is False to take every step by itself.
    """

    def __init__(
        self,
        costs: Costs,
        arrivals: Arrivals,
        admission: Admission = WHEN_IT_FITS,
        swaps: bool = False,
        window: tuple[float, float] = (0.0, float("inf")),
        leaps: bool = True,
    ):
        self.costs, self.arrivals, self.admission, self.swaps, self.leaps = costs, arrivals, admission, swaps, leaps
        self.pool, self.meter = Pool(costs), Meter(*window)
        self.reserve = Reserve(costs, admission)
        self.now, self.step, self.refused, self.is_blocked = 0.0, 0, 0, False
        self.entering = 0  # requests whose prompts are in the pass
        count = len(arrivals)
        self.prompt, self.output, self.limit = (
            column.tolist() for column in (arrivals.prompt, arrivals.output, arrivals.output_limit)
        )
        self.times = self.arrivals.time.tolist()
        self.released = arrivals.slots  # of a closed loop: requests that have come
        self.done = [0] * count  # tokens generated before a request last entered
        self.first, self.last, self.sent_back_at = ([float("nan")] * count for _ in range(3))
        self.preempted, self.pause = [0] * count, [0.0] * count
        self.waiting: deque[int] = deque()
        self.running = Sequences(costs, arrivals, admission)
        self.ending: list[tuple[int, int]] = []  # (step of the last token, request)

    def run(self, on_progress: OnProgress = lambda done, total: None) -> Replayed:
        """Replay until everyone is served."""
        following, count, times = 0, len(self.arrivals), self.times
        while following < count or self.waiting or self.running:
            while following < count and times[following] <= self.now:
                self.waiting.append(following)
                following += 1
            admitted = self._admit()
            if admitted:
                self._prefill(admitted)
            elif self.running:
                self._decode(times[following] if following < count else float("inf"))
            elif following < count and not self.waiting:
                self.now = times[following]
            on_progress(following, count)
        first, last, served = np.array(self.first), np.array(self.last), self.arrivals.output - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            later = np.where(served > 0, (last - first) / served, np.nan)
        return Replayed(
            first + self.costs.request_overhead - np.array(times), later, np.array(self.preempted), np.array(self.pause),
            self.refused, self.step, self.now, self.meter, last,
        )  # fmt: skip

    # --- who is let in

    def _admit(self) -> list[int]:
        """Requests that enter in the next pass: in order, while blocks, sequences and the pass have room."""
        self.is_blocked = False
        if not self.waiting:
            return []
        costs, chosen = self.costs, []
        free = costs.blocks - self.pool.used - self.running.reserved(self.reserve, self.pool.used, self.step)
        tokens = costs.max_batched_tokens - len(self.running)
        while self.waiting and len(self.running) + len(chosen) < costs.max_sequences:
            request = self.waiting[0]
            length, limit = self.prompt[request] + self.done[request], self.limit[request] - self.done[request]
            if costs.blocks_of(length + limit) > costs.blocks:  # it would never fit
                self.waiting.popleft()
                self.refused += 1
                self._follow()
                continue
            needed = costs.blocks_of(length + 1)
            if needed + self.reserve.of_new(length + 1, limit) > free:
                self.is_blocked = True
                break
            if chosen and length > tokens:
                break
            self.waiting.popleft()
            self.pool.used += needed
            free -= needed + self.reserve.of_new(length + 1, limit)
            tokens -= length
            chosen.append(request)
        return chosen

    # --- passes

    def _prefill(self, requests: list[int]) -> None:
        """Prompts in the passes that they need, running sequences get a token in each; swapped sequences come back."""
        costs = self.costs
        fetched = [request for request in requests if self.swaps and self.preempted[request]]
        lengths = [self.prompt[r] + self.done[r] for r in requests]
        self.now += sum(costs.swap(costs.blocks_of(self.prompt[r] + self.done[r])) for r in fetched)
        computed = [length for request, length in zip(requests, lengths, strict=True) if request not in fetched]
        if computed:
            floor = costs.prefill(1.0)
            seconds = floor + sum(max(costs.prefill(float(length)) - floor, 0.0) for length in computed)
            batch, self.entering = len(self.running), len(requests)
            passes = max(-(-sum(computed) // max(costs.max_batched_tokens - batch, 1)), 1)
            for _ in range(passes):
                if self.running and not costs.mixes:
                    self._stand_still(max(seconds / passes, costs.pass_host_time))
                    continue
                decoding = (
                    max(costs.step(batch, self.running.context(self.step)) - costs.forward(batch), 0.0)
                    if self.running
                    else 0.0
                )
                self._advance(1, max(seconds / passes + decoding, costs.pass_host_time))
                batch = len(self.running)
            self.entering = 0
        for request, length in zip(requests, lengths, strict=True):
            self._enter(request, length, request in fetched)

    def _enter(self, request: int, length: int, is_fetched: bool) -> None:
        """A sequence joins; a prompt's pass has given it its next token, a copy from the host has not."""
        length += not is_fetched
        self.done[request] += not is_fetched
        if self.first[request] != self.first[request]:
            self.first[request] = self.now
        if self.sent_back_at[request] == self.sent_back_at[request]:
            self.pause[request] = max(self.pause[request], self.now - self.sent_back_at[request])
            self.sent_back_at[request] = float("nan")
        left = self.output[request] - self.done[request]
        self.last[request] = self.now
        if left <= 0:
            self.pool.used -= self.costs.blocks_of(length)
            self._follow()
            return
        if is_fetched:  # its next block was taken with its entry
            self.pool.used -= self.costs.blocks_of(length + 1) - self.costs.blocks_of(length)
        self.running.enter(request, length, self.step)
        heapq.heappush(self.ending, (self.step + left, request))
        self.pool.enter(length, self.step)

    def _decode(self, next_arrival: float) -> None:
        """Leap to the next step in which something changes: an end, a full pool, an arrival that could be admitted."""
        steps = max(self.ending[0][0] - self.step, 1) if self.leaps else 1
        if self.waiting and self.reserve.is_falling:
            steps = 1
        steps = max(self.pool.steps_to_fill(steps, self.step), 1)  # a step for which blocks lack sends somebody back
        seconds = self.costs.step(len(self.running), self.running.context(self.step) + steps / 2)
        if not self.waiting and next_arrival < self.now + steps * seconds:
            steps = max(int((next_arrival - self.now) / seconds) + 1, 1)
        self._advance(steps, steps * seconds)

    def _advance(self, steps: int, seconds: float) -> None:
        """All running sequences get so many tokens in so many seconds; those that end leave."""
        if self.running:
            while self.running and not self.pool.grow(steps, self.step, self.running.lengths(self.step)):
                self._preempt()
            self._record(seconds)
            self.reserve.step(steps)
        self.now += seconds
        self.step += steps
        while self.ending and self.ending[0][0] <= self.step:
            end, request = heapq.heappop(self.ending)
            final = self.prompt[request] + self.output[request]
            if request in self.running and self.running.length(request, end) == final:
                self._leave(request, final)
                self.done[request] = self.output[request]
                self.last[request] = self.now
                self._follow()

    def _stand_still(self, seconds: float) -> None:
        """Prompts run alone: nobody gets a token."""
        self._record(seconds)
        self.now += seconds

    def _record(self, seconds: float) -> None:
        self.meter.record(
            self.now, seconds, len(self.running) + self.entering, len(self.waiting),
            self.is_blocked and bool(self.waiting) and len(self.running) < self.costs.max_sequences,
        )  # fmt: skip

    def _follow(self) -> None:
        """A request is done: the next of a closed loop is sent, and comes after what lies between client and scheduler."""
        if 0 < self.released < len(self.times):
            self.times[self.released] = self.now + self.costs.request_overhead
            self.released += 1
            if self.released == len(self.times):  # from here on fewer are in flight
                self.meter.end = min(self.meter.end, self.now)

    # --- who is sent back

    def _preempt(self) -> None:
        """One sequence gives its blocks back and waits, at the end of the queue that the engine puts it."""
        request = self.running.victim(self.step)
        length = self.running.length(request, self.step)
        self.done[request] = length - self.prompt[request]
        self.preempted[request] += 1
        self.sent_back_at[request] = self.now
        self.meter.preempt(self.now)
        if self.swaps:
            self.now += self.costs.swap(self.costs.blocks_of(length))
        self._leave(request, length)
        (self.waiting.appendleft if self.admission.requeued == "front" else self.waiting.append)(request)
        self.is_blocked = True
        if self.admission.decay_steps:
            generated, limits = self.running.generated(self.step), self.running.limits()
            self.reserve.retract(generated, limits, len(self.running))

    def _leave(self, request: int, length: int) -> None:
        self.running.leave(request)
        self.pool.leave(length, self.step)
