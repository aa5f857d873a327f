"""The demand of so many requests together against the pool: mean, variance and skewness of their sum, as a shifted gamma law.

A longer cache slows the steps of all, so that everyone stays longer: fluctuations of the demand grow by that feedback. A long
prompt also holds everyone up while it is computed, and more arrive meanwhile.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc, ndtr


@dataclass(frozen=True)
class Demand:
    """Of one request: mean bytes, variance, third central moment; ``held`` bytes are those of prompts in computation."""

    mean: float
    variance: float
    third: float
    held: float = 0.0

    def amplified(self, feedback: float, added_variance: float = 0.0) -> "Demand":
        """The same with variance added, and with steps whose time grows by ``feedback`` of the load's own growth."""
        variance, third = (self.variance + added_variance) / (1 - feedback), self.third * (1 + feedback)
        return Demand(self.mean, variance, third / (1 - feedback) ** 2, self.held)

    def exceeds(self, pool: float, count: np.ndarray, more: float = 0.0) -> np.ndarray:
        """Probability that so many requests, and ``more`` bytes, need more than the pool."""
        mean, spread = count * self.mean + self.held + more, np.sqrt(count * self.variance)
        if not self.variance > 0:
            return (mean > pool).astype(float)
        margin = (pool - mean) / spread
        skew = count * self.third / spread**3
        shape = 4 / np.maximum(skew, 1e-3) ** 2
        return np.where(skew > 1e-3, gammaincc(shape, np.maximum(shape + margin * np.sqrt(shape), 0)), ndtr(-margin))
