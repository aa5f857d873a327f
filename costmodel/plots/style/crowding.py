"""Marks that would lie on one another: which of them become one, and how large those below must be to be seen.

Points are compared in decades of two logarithmic axes; two are close where the centre of one lies within a mark of the other's.
"""

from collections.abc import Sequence

import numpy as np

REACH = (0.09, 0.16)  # decades across and up that a mark takes on a figure of a column's width
ALONE = "alone"  # the id of a mark that no curve leads to: what covers it hides it
GROWTH = 1.35  # of a mark for every one that lies on it


def close_groups(x: Sequence[float], y: Sequence[float]) -> list[list[int]]:
    """The indices of points in groups: each point joins the first group to whose first member it is close."""
    groups: list[list[int]] = []
    for index in range(len(x)):
        home = next((group for group in groups if _is_close(x, y, group[0], index)), None)
        groups.append([index]) if home is None else home.append(index)
    return groups


def sizes(x: Sequence[float], y: Sequence[float]) -> list[float]:
    """How much larger each mark is than the last one drawn, so that each shows behind those drawn later on it."""
    count = len(x)
    return [GROWTH ** sum(_is_close(x, y, index, later) for later in range(index + 1, count)) for index in range(count)]


def _is_close(x: Sequence[float], y: Sequence[float], first: int, second: int) -> bool:
    distances = (abs(np.log10(values[first] / values[second])) for values in (x, y))
    return all(distance < reach for distance, reach in zip(distances, REACH, strict=True))
