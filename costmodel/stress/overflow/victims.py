"""Requests that are sent back: ends of requests that growth moves over the end of the pool.

Requests stand in a line by arrival, and the pool reaches to a level in it: it sends one back for each end that growth moves over
that level, while the demand exceeds it.
"""

import numpy as np


def those_that_fit(exceeds: np.ndarray) -> np.ndarray:
    """Mean number that fit, of a number of requests that exceed the pool: those before whom the demand has not reached it.

    Where long requests are together the pool overflows, so that fewer fit than of mean length.
    """
    return np.arange(1.0, len(exceeds) + 1) - np.cumsum(exceeds) / np.maximum(exceeds, 1e-300)


def ends_at(tail: np.ndarray, apart: float, sizes: np.ndarray) -> float:
    """Ends of requests at the pool's end while the demand exceeds it, over those of an endless line.

    ``tail`` holds probabilities that the demand exceeds the pool and pools smaller by ``apart`` bytes each, ``sizes`` are equal
    parts of the law of a request. Somebody stands across the pool's end as often as the demand exceeds it, and began before it,
    where the line is denser by the tail (renewal theory).
    """
    denser = tail / tail[0]
    whole = np.concatenate([[0.0], np.cumsum((denser[1:] + denser[:-1]) / 2 * apart)])
    place = np.arange(len(tail)) * apart
    return float(sizes.mean() * np.interp(sizes, place, denser).mean() / np.interp(sizes, place, whole).mean())
