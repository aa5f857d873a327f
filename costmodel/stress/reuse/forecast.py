"""Hit rates of what follows a trace whose sessions come from a closed set.

Such a set is used up: fewer sessions open, fewer compete for the cache, and the next requests hit more than the intervals of the
trace say. The forecast averages over continuations drawn by the probability of what they assume, and its interval holds them.
How probable the closed set is follows from how well it explains the trace beside an open one and one that is asked for endlessly,
both of which intervals tell.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.stress.reuse.catalogue import Population
from costmodel.stress.reuse.continuation import draw_continuation, draw_parameters
from costmodel.stress.reuse.references import References
from costmodel.stress.reuse.sessions import SEED, find_sessions

MOST_REQUESTS = 3000  # requests of the sample of sessions that is fitted and continued
LEAST = 30  # openings and later requests without which nothing is fitted
LEAST_PROBABLE = (
    0.05  # probability of a closed set below which it is rejected, and 1 minus it that from which it is certain
)
DRAWS, SIZES = 120, 64
# Set on held-out splits: draws between these hold 86 to 95 % of replays, the inner nine tenths 83 to 84 %.
TAIL = 0.02


@dataclass(frozen=True)
class Forecast:
    """Hit rates by draw (row) and capacity in blocks (column; the last holds everything), sessions that have begun in the trace,
    and how many there are in all, by draw; the probability that the set is closed.
    """

    probability: float
    capacity: np.ndarray
    rates: np.ndarray
    begun: int
    in_all: np.ndarray

    def hit_rate(self, capacity: float | np.ndarray) -> np.ndarray:
        """Share of the references to come that an LRU cache of so many blocks answers."""
        return np.interp(capacity, self.capacity, self.rates.mean(0))

    def interval(self, capacity: float) -> tuple[float, float]:
        """Its 90 % interval."""
        return _inner([np.interp(capacity, self.capacity, row) for row in self.rates])

    @property
    def is_certain(self) -> bool:
        """Whether nothing else explains the trace."""
        return self.probability > 1 - LEAST_PROBABLE

    @property
    def ceiling(self) -> float:
        """Hit rate of a cache that never forgets."""
        return float(self.rates[:, -1].mean())

    @property
    def total(self) -> tuple[float, float, float]:
        """Sessions of the set, begun or not, and the 90 % interval of their number."""
        return float(self.in_all.mean()), *_inner(self.in_all)


def forecast_closed_set(references: References) -> Forecast | None:
    """Hit rates of as many requests as the trace has, after it; None where no closed set explains it."""
    sessions = find_sessions(references, MOST_REQUESTS)
    if min(sessions.opens.sum(), (~sessions.opens).sum()) < LEAST:
        return None
    closed = Population(sessions, "closed")
    fit = closed.fit()
    rivals = [Population(sessions, kind).fit().evidence for kind in ("open", "endless")]
    probability = 1 / (1 + np.exp(np.clip(np.array(rivals) - fit.evidence, -99, 99)).sum())
    if probability < LEAST_PROBABLE:
        return None
    rng = np.random.default_rng(SEED)
    drawn = draw_parameters(closed, fit, DRAWS, rng)
    # Beyond all blocks of the trace and of as many requests again nothing more is found.
    largest = max(2.0 * len(references.blocks) / references.rate, 2.0)
    capacity = np.concatenate([[0.0], np.geomspace(1.0, largest, SIZES)])
    held = capacity * sessions.share * references.rate
    rates = np.array([draw_continuation(closed, one, sessions.total, held, rng) for one in drawn])
    in_all = (len(sessions.last) + np.exp(drawn[:, 0])) / sessions.share
    return Forecast(float(probability), capacity, rates, round(len(sessions.last) / sessions.share), in_all)


def _inner(values) -> tuple[float, float]:
    low, high = np.quantile(values, [TAIL, 1 - TAIL])
    return float(low), float(high)
