"""Hit rates of an LRU cache in closed form, from how long it takes until a block is asked for again.

A block stays for the characteristic time T in which C other blocks come in (Che, Tung and Wang, IEEE JSAC 2002); with m(u)
the share of references not repeated within u others, the cache holds C(T) = ∫₀ᵀ m(u) du blocks and hits 1 − m(T) (Denning and
Schwartz, CACM 1972), where m of what is held counts to the next touch, m of hits to the next look-up. Blocks that the trace
leaves waiting are censored, not lost (Kaplan and Meier, 1958). Condition: reuse is stationary.
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

    def _index(self, capacity) -> np.ndarray:
        return np.clip(np.searchsorted(self.occupancy, capacity, side="right") - 1, 0, len(self.occupancy) - 1)


def measure_intervals(references: References) -> ReuseIntervals:
    """The intervals of a trace; sampled blocks are counted at the rate of the sample.

    As the cache does it, a block is looked up when its request begins, and touched after those behind it in the prompt: until it
    is looked up again, others come in from its touch on. How many the cache holds follows from touch to touch.
    """
    to_look_up, to_touch, waiting = _intervals(references)
    interval, event, at_risk, unrepeated = _kaplan_meier(to_look_up / references.rate, waiting / references.rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(np.where(event * (at_risk > 1), 1 / (at_risk * np.maximum(at_risk - 1.0, 1.0)), 0.0))
    error = np.concatenate([[0.0], unrepeated[1:] * np.sqrt(variance)])
    touched, _, _, untouched = _kaplan_meier(to_touch / references.rate, waiting / references.rate)
    held = np.concatenate([[0.0], np.cumsum(untouched[:-1] * np.diff(touched))])
    missed = np.minimum(unrepeated * references.excess, 1.0)
    return ReuseIntervals(interval, missed, np.interp(interval, touched, held), error * references.excess)


def _kaplan_meier(repeated: np.ndarray, waiting: np.ndarray) -> tuple[np.ndarray, ...]:
    """Intervals in order, after a 0; which are repeated; how many last so long; the share not repeated by then, after a 1."""
    interval = np.concatenate([repeated, waiting])
    event = np.concatenate([np.ones(len(repeated)), np.zeros(len(waiting))])
    order = np.lexsort((1 - event, interval))
    at_risk = len(interval) - np.arange(len(interval))
    unrepeated = np.cumprod(1 - event[order] / at_risk)
    return np.concatenate([[0.0], interval[order]]), event[order], at_risk, np.concatenate([[1.0], unrepeated])


def _intervals(references: References) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """References from a touch until its block is looked up again, until it is touched again, and from its last one to the end."""
    blocks, total = references.blocks, len(references.blocks)
    sizes = np.diff(np.append(references.starts, total))
    begins = np.repeat(references.starts, sizes)
    touch = 2 * begins + np.repeat(sizes, sizes) - 1 - np.arange(total)  # a prompt from its end to its beginning
    order = np.lexsort((np.arange(total), blocks))
    same = np.diff(blocks[order]) == 0
    before, after = order[:-1][same], order[1:][same]
    last = order[np.concatenate([~same, [True]])]
    # Within one prompt, where no chain of hashes names a block twice, the second finds the first at once.
    to_look_up, to_touch = (np.maximum(when[after] - touch[before], 1).astype(float) for when in (begins, touch))
    return to_look_up, to_touch, (total - touch[last]).astype(float)
