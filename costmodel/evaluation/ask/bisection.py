"""Bisection of many brackets at once, several halvings to one call: a call costs what its formulas cost, however few its cells.

The middles that the next halvings may need are a tree; all of them are judged in one call, and each bracket then follows its own
path through them. Every bracket ends where bisection one halving at a time would end.
"""

from collections.abc import Callable

import numpy as np

Middle = Callable[[np.ndarray, np.ndarray], np.ndarray]
Judge = Callable[[np.ndarray], np.ndarray]


def halve(
    low: np.ndarray, high: np.ndarray, belongs_low: Judge, middle: Middle, halvings: int
) -> tuple[np.ndarray, np.ndarray]:
    """The brackets (vectors of their ends) after so many halvings.

    ``middle`` of two ends lies between them; ``belongs_low`` says of an array (any × brackets) of middles which take the place of
    the low end. It is called once.
    """
    ends, middles = [(low, high)], []
    for node in range(2**halvings - 1):
        below, above = ends[node]
        middles.append(middle(below, above))
        ends += [(below, middles[node]), (middles[node], above)]
    is_low = np.broadcast_to(belongs_low(np.stack(middles)), (len(middles), *low.shape))
    node, columns = np.zeros(low.shape, dtype=int), np.arange(len(low))
    for _ in range(halvings):
        node = 2 * node + 1 + is_low[node, columns]
    lows, highs = (np.stack(side) for side in zip(*ends, strict=True))
    return lows[node, columns], highs[node, columns]
