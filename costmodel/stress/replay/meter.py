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
    sequence_time: float = 0.0
    waiting_time: float = 0.0
    parts: np.ndarray = field(default_factory=lambda: np.zeros((PARTS, 3)))

    def record(self, now: float, seconds: float, running: int, waiting: int, is_blocked: bool) -> None:
        """Some seconds from ``now`` on, with so many running and waiting."""
        if not self.start <= now < self.end:
            return
        self.sequence_time += seconds * running
        self.waiting_time += seconds * waiting
        part = self._part(now)
        self.parts[part, 0] += seconds
        if is_blocked:
            self.parts[part, 1] += seconds

    def preempt(self, now: float) -> None:
        """A request is sent back."""
        if self.start <= now < self.end:
            self.parts[self._part(now), 2] += 1

    @property
    def preemptions(self) -> int:
        """Times that a request was sent back."""
        return int(self.parts[:, 2].sum())

    @property
    def overflow(self) -> float:
        """Share of the time in which the head of the queue waits for blocks."""
        seconds, blocked, _ = self.parts.sum(axis=0)
        return float(blocked / seconds) if seconds else 0.0

    @property
    def overflow_half_width(self) -> float:
        """Half of the 90 % interval of the overflow, from the parts of the window; NaN without a window."""
        return self._half_width(1)

    @property
    def preemptions_half_width(self) -> float:
        """The same for the preemptions a second."""
        return self._half_width(2)

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

    def _part(self, now: float) -> int:
        span = self.end - self.start
        return int(PARTS * (now - self.start) / span) if span < float("inf") else 0

    def _half_width(self, column: int) -> float:
        if self.end == float("inf"):
            return float("nan")
        parts = self.parts[self.parts[:, 0] > 0]
        rates = parts[:, column] / parts[:, 0]
        return float(Z90 * rates.std(ddof=1) / np.sqrt(len(rates))) if len(rates) > 1 else float("nan")


@dataclass(frozen=True)
class Replayed:
    """By request: seconds to the first token, for each later one (NaN for outputs of one token), preemptions, longest pause.

    A pause is the time for which a request that was sent back gets no token. ``steps`` counts decode steps; ``meter`` holds
    shares of the time. ``ended`` is the time of each request's last token.
    """

    first_token: np.ndarray
    later_token: np.ndarray
    preemptions: np.ndarray
    longest_pause: np.ndarray
    refused: int
    steps: int
    seconds: float
    meter: Meter = field(repr=False)
    ended: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)

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
