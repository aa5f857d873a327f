"""What a replay measures, over all of its time or over a window in which it has settled.

Overflow is the share of decode time in which the request at the head of the queue waits for blocks though the scheduler would run
it, or was sent back for want of them. Twenty parts of the window tell how far its mean may be off (batch means).
"""

from dataclasses import dataclass, field

import numpy as np

from costmodel.evaluation.ask.intervals import Z90

PARTS = 20


@dataclass
class Meter:
    """Sums over the time from ``start`` to ``end``, in seconds."""

    start: float = 0.0
    end: float = float("inf")
    preemptions: int = 0
    sequence_time: float = 0.0
    waiting_time: float = 0.0
    parts: np.ndarray = field(default_factory=lambda: np.zeros((PARTS, 2)))

    def record(self, now: float, seconds: float, running: int, waiting: int, is_blocked: bool) -> None:
        """Some seconds from ``now`` on, with so many running and waiting."""
        if not self.start <= now < self.end:
            return
        self.sequence_time += seconds * running
        self.waiting_time += seconds * waiting
        span = self.end - self.start
        part = int(PARTS * (now - self.start) / span) if span < float("inf") else 0
        self.parts[part, 0] += seconds
        if is_blocked:
            self.parts[part, 1] += seconds

    def preempt(self, now: float) -> None:
        """A request is sent back."""
        self.preemptions += self.start <= now < self.end

    @property
    def overflow(self) -> float:
        """Share of the time in which the head of the queue waits for blocks."""
        seconds, blocked = self.parts.sum(axis=0)
        return float(blocked / seconds) if seconds else 0.0

    @property
    def overflow_half_width(self) -> float:
        """Half of the 90 % interval of the overflow, from the parts of the window; NaN without a window."""
        if self.end == float("inf"):
            return float("nan")
        times = self.parts[self.parts[:, 0] > 0]
        shares = times[:, 1] / times[:, 0]
        return float(Z90 * shares.std(ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else float("nan")

    @property
    def mean_running(self) -> float:
        """Sequences that run, on average."""
        seconds = self.parts[:, 0].sum()
        return float(self.sequence_time / seconds) if seconds else 0.0

    @property
    def mean_waiting(self) -> float:
        """Requests that wait, on average."""
        seconds = self.parts[:, 0].sum()
        return float(self.waiting_time / seconds) if seconds else 0.0


@dataclass(frozen=True)
class Replayed:
    """By request: seconds to the first token, for each later one (NaN for outputs of one token), preemptions, longest pause.

    A pause is the time for which a request that was sent back gets no token. ``steps`` counts decode steps; ``meter`` holds
    shares of the time.
    """

    first_token: np.ndarray
    later_token: np.ndarray
    preemptions: np.ndarray
    longest_pause: np.ndarray
    refused: int
    steps: int
    seconds: float
    meter: Meter = field(repr=False)

    @property
    def overflow(self) -> float:
        """Share of decode time in which the head of the queue waits for blocks."""
        return self.meter.overflow

    @property
    def mean_running(self) -> float:
        """Sequences that run, on average over decode time."""
        return self.meter.mean_running

    @property
    def preemption_rate(self) -> float:
        """Preemptions of a request that was served, on average."""
        served = ~np.isnan(self.first_token)
        return float(self.preemptions[served].mean()) if served.any() else 0.0
