"""Continuous batching over a paged pool, event by event; steps in which nothing changes are leapt over.

Requests are admitted in the order of their arrival when the blocks of their prompt (and the reserved part of their output) are
free; each step gives every running sequence one token. Where the pool is full the newest one is preempted: its blocks are freed,
and all its tokens are computed again before it goes on (vLLM's recompute). Prompts run in passes beside the decoding tokens.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from costmodel.stress.replay.arrivals import Arrivals
from costmodel.stress.replay.costs import Costs

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Replayed:
    """By request: seconds to the first token and for each later one (NaN for outputs of one token), and preemptions.

    ``overflow`` is the share of decode time in which a request waits for blocks or was preempted; ``steps`` counts decode steps.
    """

    first_token: np.ndarray
    later_token: np.ndarray
    preemptions: np.ndarray
    refused: int
    steps: int
    seconds: float
    overflow: float
    mean_running: float

    @property
    def preemption_rate(self) -> float:
        """Preemptions of a request that was served, on average."""
        served = ~np.isnan(self.first_token)
        return float(self.preemptions[served].mean()) if served.any() else 0.0


class Scheduler:
    """One replay: the queue, the running sequences, the pool. Lengths of sequences are kept relative to the step counter."""

    def __init__(self, costs: Costs, arrivals: Arrivals):
        self.costs, self.arrivals = costs, arrivals
        self.now, self.step, self.used = 0.0, 0, 0
        count = len(arrivals)
        self.done = np.zeros(count, dtype=np.int64)  # tokens generated before the last preemption
        self.first, self.last = np.full(count, np.nan), np.full(count, np.nan)
        self.preempted = np.zeros(count, dtype=np.int64)
        self.waiting: deque[int] = deque()
        self.running: dict[
            int, tuple[int, int]
        ] = {}  # request → (length at entry, step of entry), in order of admission
        self.ending: list[tuple[int, int]] = []  # (step of the last token, request)
        self.residues = [0] * costs.block_size  # growing sequences by (length − step) mod block size
        self.total_base = 0  # Σ (length at entry − step of entry): context is this plus running × step
        self.full_time = self.decode_time = self.weighted = 0.0
        self.refused = 0

    def run(self, on_progress: Told = lambda done, total: None) -> Replayed:
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
        served = self.arrivals.output - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            later = np.where(served > 0, (self.last - self.first) / served, np.nan)
        return Replayed(
            self.first - self.arrivals.time, later, self.preempted, self.refused, self.step, self.now,
            self.full_time / self.decode_time if self.decode_time else 0.0,
            self.weighted / self.decode_time if self.decode_time else 0.0,
        )  # fmt: skip

    def _admit(self) -> list[int]:
        """Requests whose prompts run in the next pass: in order, while blocks, sequences and the pass have room."""
        costs, chosen, promised = self.costs, [], self._reserved()
        tokens = costs.max_batched_tokens - len(self.running)
        while self.waiting and len(self.running) + len(chosen) < costs.max_sequences:
            request = self.waiting[0]
            length = int(self.arrivals.prompt[request] + self.done[request])
            left = int(self.arrivals.output[request] - self.done[request])
            if costs.blocks_of(length + left) > costs.blocks:  # it would never fit
                self.waiting.popleft()
                self.refused += 1
                continue
            reserve = min(costs.reserved * left, costs.reserve_limit) if costs.reserve_limit else 0.0
            needed = costs.blocks_of(length + 1)
            reserving = max(costs.blocks_of(length + reserve) - needed, 0)
            if self.used + needed + reserving > costs.blocks - promised:
                break
            if chosen and length > tokens:
                break
            self.waiting.popleft()
            self.used += needed
            promised += reserving
            tokens -= length
            chosen.append(request)
        return chosen

    def _reserved(self) -> int:
        """Blocks that running sequences may still grow by and admission must leave alone."""
        costs = self.costs
        if not costs.reserve_limit:
            return 0
        blocks = 0
        for request, (base, entry) in self.running.items():
            length = base + self.step - entry
            left = int(self.arrivals.prompt[request] + self.arrivals.output[request]) - length
            blocks += costs.blocks_of(length + min(costs.reserved * left, costs.reserve_limit)) - costs.blocks_of(
                length
            )
        return blocks

    def _prefill(self, requests: list[int]) -> None:
        """One or more prompts in the passes that they need; running sequences get a token in each."""
        costs = self.costs
        lengths = [int(self.arrivals.prompt[request] + self.done[request]) for request in requests]
        floor = costs.prefill(1.0)
        seconds = floor + sum(max(costs.prefill(float(length)) - floor, 0.0) for length in lengths)
        batch = len(self.running)
        passes = max(-(-sum(lengths) // max(costs.max_batched_tokens - batch, 1)), 1)
        for _ in range(passes):
            decoding = max(costs.step(batch, self._context()) - costs.forward(batch), 0.0) if self.running else 0.0
            self._advance(1, seconds / passes + decoding)
            batch = len(self.running)
        for request, length in zip(requests, lengths, strict=True):
            if np.isnan(self.first[request]):
                self.first[request] = self.now
            self._enter(request, length + 1)

    def _enter(self, request: int, length: int) -> None:
        """A sequence whose prompt is computed joins, its next token counted."""
        self.done[request] += 1
        left = int(self.arrivals.output[request] - self.done[request])
        self.last[request] = self.now
        if left <= 0:
            self.used -= self.costs.blocks_of(length)
            return
        self.running[request] = (length, self.step)
        self.total_base += length - self.step
        heapq.heappush(self.ending, (self.step + left, request))
        if length < self.costs.cap:
            self.residues[self._residue(length, self.step)] += 1

    def _decode(self, next_arrival: float) -> None:
        """Leap to the next step in which something changes: an end, a full pool, an arrival that could be admitted."""
        batch = len(self.running)
        steps = max(self.ending[0][0] - self.step, 1)
        steps = max(
            min(steps, self._steps_to_fill(steps)), 1
        )  # a step for which blocks lack preempts, and admits nobody
        context = self._context()
        seconds = self.costs.step(batch, context + steps / 2)
        if not self.waiting and next_arrival < self.now + steps * seconds:
            steps = max(int((next_arrival - self.now) / seconds) + 1, 1)
        self._advance(steps, steps * seconds)

    def _advance(self, steps: int, seconds: float) -> None:
        """All running sequences get so many tokens in so many seconds; those that end leave."""
        if self.running:
            missing = self._grow(steps)
            while missing:
                self._preempt()
                missing = self._grow(steps) if self.running else 0
            self.decode_time += seconds
            self.weighted += seconds * len(self.running)
            if self.waiting and len(self.running) < self.costs.max_sequences:
                self.full_time += seconds
        self.now += seconds
        self.step += steps
        while self.ending and self.ending[0][0] <= self.step:
            end, request = heapq.heappop(self.ending)
            if request in self.running and self._end(request) == end:
                self._leave(request, int(self.arrivals.prompt[request] + self.arrivals.output[request]))
                self.done[request] = self.arrivals.output[request]
                self.last[request] = self.now

    def _grow(self, steps: int) -> int:
        """Take the blocks that so many steps need; 1, and none taken, where the pool lacks them."""
        needed = self._needed(steps)
        if self.used + needed > self.costs.blocks:
            return 1
        self.used += needed
        if not np.isinf(self.costs.cap):
            self._cap(steps)
        return 0

    def _needed(self, steps: int) -> int:
        """Blocks that growing sequences begin within so many steps."""
        size = self.costs.block_size
        whole, rest = divmod(steps, size)
        growing = sum(self.residues)
        if not rest:
            return whole * growing
        begun = sum(
            count for key, count in enumerate(self.residues) if count and (key + self.step - 1) % size + rest >= size
        )
        return whole * growing + begun

    def _steps_to_fill(self, at_most: int) -> int:
        """Steps until the pool lacks a block, at most so many."""
        free, low, high = self.costs.blocks - self.used, 0, at_most
        if self._needed(at_most) <= free:
            return at_most
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._needed(middle) <= free else (low, middle)
        return low

    def _preempt(self) -> None:
        """The newest sequence gives its blocks back and waits in front, to be computed again."""
        request = next(reversed(self.running))
        base, entry = self.running[request]
        length = base + self.step - entry
        self.done[request] += self.step - entry
        self.preempted[request] += 1
        self._leave(request, length)
        self.waiting.appendleft(request)

    def _leave(self, request: int, length: int) -> None:
        base, entry = self.running.pop(request)
        self.total_base -= base - entry
        self.used -= self.costs.blocks_of(length)
        if length < self.costs.cap:
            self.residues[self._residue(base, entry)] -= 1

    def _cap(self, steps: int) -> None:
        """Sequences that reach the cap within the steps grow no more."""
        for base, entry in self.running.values():
            length = base + self.step - entry
            if length < self.costs.cap <= length + steps:
                self.residues[self._residue(base, entry)] -= 1

    def _residue(self, length: int, step: int) -> int:
        return int(length + self.costs.fixed - step) % self.costs.block_size

    def _end(self, request: int) -> int:
        base, entry = self.running[request]
        total = int(self.arrivals.prompt[request] + self.arrivals.output[request])
        return entry + total - base

    def _context(self) -> float:
        return self.total_base / max(len(self.running), 1) + self.step
