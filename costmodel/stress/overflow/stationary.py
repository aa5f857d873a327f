"""The stationary law of requests that are there together: births and deaths, below a full pool as an infinite server's.

Above it departures go no faster, and the noise of a burst fades into that of a queue; where the demand of so many exceeds the
pool at times, the law's logarithm lies between the two by the probability that it does.
"""

import numpy as np

from costmodel.stress.overflow.load import Load

LEAST = 0.05  # peakedness: arrivals in step with one another leave no less noise than that
FADING = 0.25  # a stay of those that run: settled on the development settings of costmodel.stress.overflow.settings


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
    peakedness, skew = max(noise["occupancy_peakedness"], LEAST), max(noise["occupancy_skew"], 2 * LEAST - 1)
    free = births_over_deaths(load.rate, served, peakedness, skew)
    full = births_over_deaths(load.rate, departures, _queue_noise(load, running, departures, noise))
    ratio = (1 - exceeds) * np.log(free) + exceeds * np.log(full)
    level = np.concatenate([[0.0], np.cumsum(ratio)])
    law = np.exp(level - level.max())
    last = min(float(np.exp(ratio[-1])), 0.9999)
    beyond = float(law[-1]) * last / (1 - last)
    return law / (law.sum() + beyond), beyond / float(law.sum() + beyond)


def births_over_deaths(
    rate: float, served: np.ndarray, peakedness: float | np.ndarray, skew: float | None = None
) -> np.ndarray:
    """Births over deaths, whose stationary law has that variance over mean, and that third cumulant over variance.

    It is a shifted law of Pascal, Poisson or Bernoulli; without a skew it is not shifted.
    """
    noise = peakedness if skew is None else (skew + 1) / 2
    shift = rate * (peakedness / noise - 1)
    deaths = np.maximum(served + shift, 1e-9 * rate)
    before = np.concatenate([[0.0], served[:-1]]) + shift
    births = rate * peakedness / noise**2 + before * (1 - 1 / noise)
    return np.maximum(births, 1e-9 * rate) / deaths


def _queue_noise(load: Load, running: np.ndarray, departures: np.ndarray, noise: dict[str, float]) -> np.ndarray:
    """Noise of a queue by its length: who waits, over what drains in the time that one who runs stays.

    At first departures are as noisy as the arrivals that they follow; over many stays outputs even them out.
    """
    waiting = np.maximum(np.arange(1.0, len(running) + 1) - running, 0)
    stays = waiting / (running[-1] * max(1 - load.rate / float(departures[-1]), 1e-3))
    burst, queue = max(noise["arrival_peakedness"], LEAST), max(noise["queue_dispersion"], LEAST)
    return queue + (burst - queue) * np.exp(-FADING * stays)
