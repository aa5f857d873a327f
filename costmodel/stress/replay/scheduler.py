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
        count = len(arrivals)
        self.prompt, self.output, self.limit = (
            column.tolist() for column in (arrivals.prompt, arrivals.output, arrivals.output_limit)
        )
        self.done = [0] * count  # tokens generated before a request last entered
        self.first, self.last, self.sent_back_at = ([float("nan")] * count for _ in range(3))
        self.preempted, self.pause = [0] * count, [0.0] * count
        self.waiting: deque[int] = deque()
        self.running: dict[int, tuple[int, int]] = {}  # request → (length, step) at entry, in order of admission
        self.ending: list[tuple[int, int]] = []  # (step of the last token, request)
        self.total_base = 0  # Σ (length − step at entry): all contexts are this plus running × step
        self.final_tokens = self.final_blocks = 0  # of the running sequences, were their outputs as long as they may be
        self.clipped: set[int] = set()  # running sequences that may generate more than admission counts

    def run(self, on_progress: OnProgress = lambda done, total: None) -> Replayed:
        """Replay until everyone is served."""
        following, count = 0, len(self.arrivals)
        times = self.arrivals.time.tolist()
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
            first - self.arrivals.time, later, np.array(self.preempted), np.array(self.pause), self.refused, self.step,
            self.now, self.meter,
        )  # fmt: skip

    # --- who is let in

    def _admit(self) -> list[int]:
        """Requests that enter in the next pass: in order, while blocks, sequences and the pass have room."""
        self.is_blocked = False
        if not self.waiting:
            return []
        costs, chosen = self.costs, []
        free = costs.blocks - self.pool.used - self._reserved()
        tokens = costs.max_batched_tokens - len(self.running)
        while self.waiting and len(self.running) + len(chosen) < costs.max_sequences:
            request = self.waiting[0]
            length, limit = self.prompt[request] + self.done[request], self.limit[request] - self.done[request]
            if costs.blocks_of(length + limit) > costs.blocks:  # it would never fit
                self.waiting.popleft()
                self.refused += 1
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

    def _reserved(self) -> int:
        """Blocks that running sequences may still grow by and admission must leave alone."""
        if not self.reserve.share:
            return 0
        if self.reserve.is_whole:
            return self.final_blocks - self.pool.used
        if self.reserve.is_share_of_tokens:
            left = self.final_tokens - self.total_base - len(self.running) * self.step
            left -= sum(max(self._left(request) - self.admission.limit, 0) for request in self.clipped)
            return -int(-self.reserve.share * left // self.costs.block_size)
        return sum(
            self.reserve.of_running(base + self.step - entry, self._left(request))
            for request, (base, entry) in self.running.items()
        )

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
            batch = len(self.running)
            passes = max(-(-sum(computed) // max(costs.max_batched_tokens - batch, 1)), 1)
            for _ in range(passes):
                decoding = max(costs.step(batch, self._context()) - costs.forward(batch), 0.0) if self.running else 0.0
                self._advance(1, seconds / passes + decoding)
                batch = len(self.running)
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
            return
        if is_fetched:  # its next block was taken with its entry
            self.pool.used -= self.costs.blocks_of(length + 1) - self.costs.blocks_of(length)
        self.running[request] = (length, self.step)
        self.total_base += length - self.step
        self._count_final(request, 1)
        heapq.heappush(self.ending, (self.step + left, request))
        self.pool.enter(length, self.step)

    def _decode(self, next_arrival: float) -> None:
        """Leap to the next step in which something changes: an end, a full pool, an arrival that could be admitted."""
        steps = max(self.ending[0][0] - self.step, 1) if self.leaps else 1
        if self.waiting and self.reserve.is_falling:
            steps = 1
        steps = max(self.pool.steps_to_fill(steps, self.step), 1)  # a step for which blocks lack sends somebody back
        seconds = self.costs.step(len(self.running), self._context() + steps / 2)
        if not self.waiting and next_arrival < self.now + steps * seconds:
            steps = max(int((next_arrival - self.now) / seconds) + 1, 1)
        self._advance(steps, steps * seconds)

    def _advance(self, steps: int, seconds: float) -> None:
        """All running sequences get so many tokens in so many seconds; those that end leave."""
        if self.running:
            while self.running and not self.pool.grow(steps, self.step, self._lengths()):
                self._preempt()
            self.meter.record(
                self.now, seconds, len(self.running), len(self.waiting),
                self.is_blocked and bool(self.waiting) and len(self.running) < self.costs.max_sequences,
            )  # fmt: skip
            self.reserve.step(steps)
        self.now += seconds
        self.step += steps
        while self.ending and self.ending[0][0] <= self.step:
            end, request = heapq.heappop(self.ending)
            if request in self.running and self._end(request) == end:
                self._leave(request, self.prompt[request] + self.output[request])
                self.done[request] = self.output[request]
                self.last[request] = self.now

    # --- who is sent back

    def _preempt(self) -> None:
        """One sequence gives its blocks back and waits, at the end of the queue that the engine puts it."""
        request = self._victim()
        base, entry = self.running[request]
        length = base + self.step - entry
        self.done[request] += self.step - entry
        self.preempted[request] += 1
        self.sent_back_at[request] = self.now
        self.meter.preempt(self.now)
        if self.swaps:
            self.now += self.costs.swap(self.costs.blocks_of(length))
        self._leave(request, length)
        (self.waiting.appendleft if self.admission.requeued == "front" else self.waiting.append)(request)
        self.is_blocked = True
        if self.admission.decay_steps:
            generated = sum(base + self.step - entry - self.prompt[r] for r, (base, entry) in self.running.items())
            self.reserve.retract(generated, sum(self.limit[r] for r in self.running), len(self.running))

    def _victim(self) -> int:
        """Who is sent back: the newest, or whoever has generated least (of those, the longest prompt)."""
        if self.admission.victim == "newest":
            return next(reversed(self.running))
        return min(
            self.running,
            key=lambda r: (self.running[r][0] + self.step - self.running[r][1] - self.prompt[r], -self.prompt[r]),
        )

    def _leave(self, request: int, length: int) -> None:
        base, entry = self.running.pop(request)
        self.total_base -= base - entry
        self._count_final(request, -1)
        self.pool.leave(length, self.step)

    # --- lengths

    def _count_final(self, request: int, change: int) -> None:
        tokens = self.prompt[request] + self.limit[request]
        self.final_tokens += change * tokens
        self.final_blocks += change * self.costs.blocks_of(tokens)
        if self.limit[request] > self.admission.limit:
            (self.clipped.add if change > 0 else self.clipped.discard)(request)

    def _left(self, request: int) -> int:
        """Tokens that a running sequence may still generate."""
        base, entry = self.running[request]
        return self.prompt[request] + self.limit[request] - base - self.step + entry

    def _lengths(self):
        return (base + self.step - entry for base, entry in self.running.values())

    def _end(self, request: int) -> int:
        base, entry = self.running[request]
        return entry + self.prompt[request] + self.output[request] - base

    def _context(self) -> float:
        return self.total_base / max(len(self.running), 1) + self.step
