"""The demand of so many requests together against the pool: mean, variance and skewness of their sum, as a shifted gamma law.

A longer cache slows the steps of all, so that everyone stays longer: more are there where others are large. Requests of a burst
are young together, so that their demand grows less than their number.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc, ndtr


@dataclass(frozen=True)
class Demand:
    """Of one request: mean bytes, variance, third central moment; ``base`` bytes are there whatever the number of requests.

    ``held`` are mean, variance and third central moment of what prompts in computation hold more.
    """

    mean: float
    variance: float
    third: float
    base: float = 0.0
    held: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def exceeds(self, pool: float, count: np.ndarray, more: float = 0.0) -> np.ndarray:
        """Probability that so many requests, and ``more`` bytes, need more than the pool."""
        held, held_variance, held_third = self.held
        mean, spread = self.base + count * self.mean + held + more, np.sqrt(count * self.variance + held_variance)
        if not self.variance > 0:
            return (mean > pool).astype(float)
        margin = (pool - mean) / spread
        skew = (count * self.third + held_third) / spread**3
        shape = 4 / np.maximum(skew, 1e-3) ** 2
        return np.where(skew > 1e-3, gammaincc(shape, np.maximum(shape + margin * np.sqrt(shape), 0)), ndtr(-margin))


@dataclass(frozen=True)
class Crowd:
    """Requests that are there and their demand, had the pool no end: joint cumulants, in requests and in mean demands.

    ``feedback`` is the share of the demand's growth by which steps grow: some are there because others are large.
    """

    number: float
    number_variance: float
    number_third: float
    demand: float
    covariance: float
    demand_variance: float
    demand_third: float
    feedback: float

    def given_number(self, mean: float, held: tuple[float, float, float]) -> Demand:
        """The demand of so many: requests that are more than usual came in a burst, and are young.

        It follows the number along its regression; what is left has the variance and the third cumulant that are left.
        """
        slope = self.covariance / self.number_variance
        left = max(self.demand_variance - slope**2 * self.number_variance, 1e-9)
        third = self.demand_third - slope**3 * self.number_third - 3 * slope * self.number_variance / self.number * left
        tilt = self.feedback / self.number
        base, left, third = tilt * left, left + tilt * max(third, 0.0), third + tilt * 1.5 * third**2 / left
        follows = self.feedback / (2 - self.feedback) * left
        number = (self.number_variance + self.feedback * follows) / (1 - self.feedback)
        slope, left = slope + follows / number, left - follows**2 / number
        parts = slope * mean, left / self.number * mean**2, third / self.number * mean**3
        return Demand(*parts, (self.demand + base - slope * self.number) * mean, held)
