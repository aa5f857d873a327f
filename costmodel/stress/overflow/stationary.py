"""The stationary law of requests that are there together: births and deaths whose noise differs on the two sides of a full pool.

The law is that of a diffusion whose noise changes with the number: its density is one over the noise, times what the drift says.
"""

import numpy as np

from costmodel.stress.overflow.load import Load

LEAST = 0.05  # peakedness: arrivals in step with one another leave no less noise than that


def stationary_law(
    load: Load,
    running: np.ndarray,
    steps: np.ndarray,
    departures: np.ndarray,
    exceeds: np.ndarray,
    noise: dict[str, float],
) -> tuple[np.ndarray, float]:
    """Probabilities of 0, 1, … requests together, and of more than the last.

    Vectors are over the number of requests: how many of them run, steps and departures a second, probability that they exceed
    the pool.
    """
    served = running / (load.decoded / steps + noise["prompt_hold_time"])
    free = births_over_deaths(load.rate, served, max(noise["occupancy_peakedness"], LEAST))
    full = births_over_deaths(load.rate, departures, max(noise["queue_dispersion"], LEAST))
    ratio = (1 - exceeds) * np.log(free) + exceeds * np.log(full)
    below = max(noise["arrival_peakedness"], LEAST)
    scale = np.log(((1 - exceeds) * below + exceeds * max(noise["queue_dispersion"], LEAST)) / below)
    level = np.concatenate([[0.0], np.cumsum(ratio) - scale])
    law = np.exp(level - level.max())
    last = min(float(np.exp(ratio[-1])), 0.9999)
    beyond = float(law[-1]) * last / (1 - last)
    return law / (law.sum() + beyond), beyond / float(law.sum() + beyond)


def births_over_deaths(rate: float, served: np.ndarray, peakedness: float) -> np.ndarray:
    """Births over deaths, whose stationary law has that peakedness (Bernoulli, Poisson or Pascal)."""
    before = np.concatenate([[0.0], served[:-1]])
    return np.maximum(rate / peakedness + before * (1 - 1 / peakedness), 1e-9 * rate) / served
