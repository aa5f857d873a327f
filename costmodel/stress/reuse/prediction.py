"""The hit rate to come and its 90 % interval: by the intervals of a trace, or by continuations of a closed set of sessions.

Where reuse is not stationary and no closed set explains it, nothing bounds the interval from above.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.stress.reuse.forecast import Forecast, forecast_closed_set
from costmodel.stress.reuse.intervals import ReuseIntervals, measure_intervals
from costmodel.stress.reuse.openings import begin_together, count_openings
from costmodel.stress.reuse.references import References
from costmodel.stress.reuse.replay import repeated_shares

STUDENT_90 = 2.353  # three degrees of freedom
APPROXIMATION = 0.01  # what the closed form itself may miss: that much it does on independent references
GROWING = 0.1  # rise of the repeated share from the third to the fourth quarter from which repeats are called growing


@dataclass(frozen=True)
class Prediction:
    """What the first half of a trace tells of the second.

    ``intervals`` are of the half, ``parts`` of its quarters; ``forecast`` is None where no closed set explains it;
    ``openings`` are the requests that open a session in its two halves, ``repeats`` the shares of blocks in its quarters that
    were asked for before.
    """

    intervals: ReuseIntervals
    parts: tuple[ReuseIntervals, ...]
    forecast: Forecast | None
    openings: tuple[int, int]
    repeats: tuple[float, ...]

    @property
    def begins_together(self) -> bool:
        """Whether its sessions began together, so that they end and what follows hits more."""
        return begin_together(self.openings)

    @property
    def is_growing(self) -> bool:
        """Whether blocks repeat more and more as it ends, so that what follows repeats more than it."""
        return self.repeats[-1] - self.repeats[-2] > GROWING

    @property
    def ceiling(self) -> float:
        """Hit rate of a cache that never forgets."""
        return float(self.hit_rate(np.inf))

    def working_set(self, share: float) -> float:
        """Blocks from which on a cache reaches that share of the ceiling."""
        capacity = self.intervals.occupancy
        if self.forecast is not None:
            capacity = np.union1d(capacity, self.forecast.capacity)
        reached = np.flatnonzero(self.hit_rate(capacity) >= share * self.ceiling)
        return float(capacity[reached[0]]) if reached.size else float(capacity[-1])

    def hit_rate(self, capacity: float | np.ndarray) -> np.ndarray:
        """Share of the references to come that an LRU cache of so many blocks answers; never above that of an infinite one."""
        return np.minimum(self._hit_rate(capacity), self._hit_rate(np.inf))

    def _hit_rate(self, capacity: float | np.ndarray) -> np.ndarray:
        by_intervals = self.intervals.hit_rate(capacity)
        if self.forecast is None:
            return by_intervals
        closed = 1.0 if self.forecast.is_certain else self.forecast.probability
        return closed * self.forecast.hit_rate(capacity) + (1 - closed) * by_intervals

    def interval(self, capacity: float) -> tuple[float, float]:
        """Its 90 % interval, each end at most that of an infinite cache, which holds all that a smaller one does.

        Where a closed set is not certain it holds both; where what follows hits more, by what is not told, it ends at 1.
        """
        low, high = (min(ends) for ends in zip(self._interval(capacity), self._interval(np.inf), strict=True))
        return low, high

    def _interval(self, capacity: float) -> tuple[float, float]:
        if self.forecast is not None and self.forecast.is_certain:
            return self.forecast.interval(capacity)
        rate, margin = float(self.intervals.hit_rate(capacity)), self._margin(capacity)
        low, high = max(rate - margin, 0.0), min(rate + margin, 1.0)
        if self.forecast is not None:
            also = self.forecast.interval(capacity)
            low, high = min(low, also[0]), max(high, also[1])
        return low, 1.0 if self.begins_together or self.is_growing else high

    def _margin(self, blocks: float) -> float:
        """Half of the 90 % interval for the next half: the estimate's own error, the closed form's, and what quarters differ by.

        A half is two quarters: s·√(1/2 + 1/4) of the spread s of four, at Student's quantile.
        """
        spread = float(np.std([part.hit_rate(blocks) for part in self.parts], ddof=1))
        between = STUDENT_90 * spread * np.sqrt(1 / 2 + 1 / len(self.parts))
        return float(np.sqrt(self.intervals.half_width(blocks) ** 2 + between**2 + APPROXIMATION**2))


def predict_reuse(first: References, quarters: Sequence[References]) -> Prediction:
    """What the first half of a trace, given with its quarters, tells of the second."""
    openings = count_openings(first)
    return Prediction(
        measure_intervals(first),
        tuple(measure_intervals(quarter) for quarter in quarters),
        # Sessions that begin together are not drawn alike: those that have begun are asked sooner.
        None if begin_together(openings) else forecast_closed_set(first),
        openings,
        repeated_shares(quarters),
    )
