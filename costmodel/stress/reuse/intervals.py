"""Hit rates of an LRU cache in closed form, from how long it takes until a block is asked for again.

A block stays for the characteristic time T in which C other blocks come in (Che, Tung and Wang, IEEE JSAC 2002); with m(u) the
share of references not repeated within u others, the cache holds C(T) = ∫₀ᵀ m(u) du blocks and hits 1 − m(T) (Denning and
Schwartz, CACM 1972). Blocks that the trace leaves waiting are censored, not lost (Kaplan and Meier, 1958). Condition: reuse is
stationary.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.intervals import Z90
from costmodel.stress.reuse.references import References


@dataclass(frozen=True)
class ReuseIntervals:
    """Share of references that are not repeated within so many others, at growing intervals (both in references).

    ``occupancy`` is the mean number of blocks that are asked for within the interval; ``error`` the standard error of the share.
    """

    interval: np.ndarray
    unrepeated: np.ndarray
    occupancy: np.ndarray
    error: np.ndarray

    def hit_rate(self, capacity: float | np.ndarray) -> np.ndarray:
        """Share of references that an LRU cache of so many blocks answers."""
        return 1 - self.unrepeated[self._index(capacity)]

    def half_width(self, capacity: float | np.ndarray) -> np.ndarray:
        """Half of the 90 % interval of the hit rate: that of the estimate alone."""
        return Z90 * self.error[self._index(capacity)]

    @property
    def ceiling(self) -> float:
        """Hit rate of a cache that never forgets, as far as the trace shows."""
        return float(1 - self.unrepeated[-1])

    def working_set(self, share: float) -> float:
        """Blocks from which on a cache reaches that share of the ceiling."""
        reached = np.flatnonzero(1 - self.unrepeated >= share * self.ceiling)
        return float(self.occupancy[reached[0]]) if reached.size else float(self.occupancy[-1])

    def _index(self, capacity) -> np.ndarray:
        return np.clip(np.searchsorted(self.occupancy, capacity, side="right") - 1, 0, len(self.occupancy) - 1)


def measure_intervals(references: References) -> ReuseIntervals:
    """The intervals of a trace; sampled blocks are counted at the rate of the sample."""
    repeated, waiting = _forward_intervals(references.blocks)
    interval = np.concatenate([repeated, waiting]) / references.rate
    event = np.concatenate([np.ones(len(repeated)), np.zeros(len(waiting))])
    order = np.lexsort((1 - event, interval))
    interval, event = interval[order], event[order]
    at_risk = len(interval) - np.arange(len(interval))
    unrepeated = np.cumprod(1 - event / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(np.where(event * (at_risk > 1), 1 / (at_risk * np.maximum(at_risk - 1.0, 1.0)), 0.0))
    interval, unrepeated = np.concatenate([[0.0], interval]), np.concatenate([[1.0], unrepeated])
    error = np.concatenate([[0.0], unrepeated[1:] * np.sqrt(variance)])
    occupancy = np.concatenate([[0.0], np.cumsum(unrepeated[:-1] * np.diff(interval))])
    return ReuseIntervals(interval, unrepeated, occupancy, error)


def _forward_intervals(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """References from each one to the next of its block, and from the last one of each block to the end."""
    order = np.lexsort((np.arange(len(blocks)), blocks))
    same = np.diff(blocks[order]) == 0
    gaps = np.diff(order)[same]
    is_last = np.concatenate([~same, [True]])
    return gaps.astype(float), (len(blocks) - order[is_last]).astype(float)
