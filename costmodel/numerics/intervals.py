"""90 % intervals of what was measured: means over units by resampling them, shares by Jeffreys' beta distribution.

What belongs to one conversation is correlated, so conversations are the units: resampled whole where there are enough, else by
Student's law of their means, which is wide for two. Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993),
sections 6 and 8.5; Brown, Cai and DasGupta, Interval Estimation for a Binomial Proportion (2001).
"""

import numpy as np
from scipy.stats import beta
from scipy.stats import t as student

LEVEL, DRAWS = 0.90, 2000
ENOUGH = 8  # clusters from which resampling them tells how they spread; a bootstrap of fewer is too narrow
MOST_TRIALS = 10_000  # up to which a count that would settle a question is looked for


def mean_interval(blocks: np.ndarray) -> tuple[float, float, float]:
    """Mean and its interval; ``blocks`` are independent pieces (conversations, haystacks), resampled whole.

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


def cluster_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean of ``values`` [cluster, piece], none negative, and its interval; pieces of a cluster are not independent.

    From ENOUGH clusters on these are resampled whole; fewer have the t interval of their means, which is never narrower than it
    should be and stays at 0 and above. One cluster has no interval: nan.
    """
    means = np.asarray(values, dtype=float).reshape(len(values), -1).mean(1)
    if means.size >= ENOUGH or means.size < 2:
        return mean_interval(means)
    mean = float(means.mean())
    half = float(student.ppf((1 + LEVEL) / 2, means.size - 1) * means.std(ddof=1) / np.sqrt(means.size))
    return mean, max(mean - half, 0.0), mean + half


def cluster_share_interval(hits: np.ndarray, trials: int) -> tuple[float, float, float]:
    """Share of hits over clusters with ``hits`` [cluster] of ``trials`` each, and its interval.

    It holds that of the clusters' shares, and is never narrower than if all trials were independent. One cluster: nan.
    """
    share, low, high = share_interval(float(np.sum(hits)), trials * len(hits))
    _, lower, higher = cluster_interval(np.asarray(hits, dtype=float)[:, None] / trials)
    return share, float(np.minimum(low, lower)), float(np.maximum(high, min(higher, 1.0)))


def trials_to_settle(share: float, threshold: float, trials: int) -> int | None:
    """The fewest trials beyond ``trials`` after which such a share lies on one side of a threshold; None where none up to 10,000.

    Shares are those of ``share_interval``.
    """
    for count in range(trials + 1, MOST_TRIALS + 1):
        _, low, high = share_interval(round(share * count), count)
        if low > threshold or high < threshold:
            return count
    return None
