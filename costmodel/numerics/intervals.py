"""90 % intervals of what was measured: means over units by resampling them, shares by Jeffreys' beta distribution."""

import numpy as np
from scipy.stats import beta

LEVEL, DRAWS = 0.90, 2000


def mean_interval(blocks: np.ndarray) -> tuple[float, float, float]:
    """Mean and its interval; ``blocks`` are independent pieces (turns of conversations), resampled whole.

    One block has no interval: nan.
    """
    blocks = np.asarray(blocks, dtype=float).ravel()
    if blocks.size < 2:
        return float(blocks.mean()), float("nan"), float("nan")
    generator = np.random.default_rng(0)
    means = blocks[generator.integers(blocks.size, size=(DRAWS, blocks.size))].mean(1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(blocks.mean()), float(low), float(high)


def share_interval(hits: float, trials: int) -> tuple[float, float, float]:
    """Share of hits and its interval, which is never a point: 8 of 8 leave 0.81 to 1."""
    low = beta.ppf((1 - LEVEL) / 2, hits + 0.5, trials - hits + 0.5) if hits > 0 else 0.0
    high = beta.ppf((1 + LEVEL) / 2, hits + 0.5, trials - hits + 0.5) if hits < trials else 1.0
    return hits / trials, float(low), float(high)
