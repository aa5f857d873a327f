"""Requests that open a session: hardly a block of them has been asked for before.

Where sessions all begin together and none follows, they end, fewer compete for the cache, and later requests hit more than
earlier intervals say: reuse is not stationary, though hit rates within the first half may not show it yet.
"""

import numpy as np

from costmodel.stress.reuse.references import References

OPENING = 0.1  # share of repeated blocks below which a request opens a session
FEWER = 0.25  # openings of the later half over those of the earlier one from which on sessions count as begun together
LEAST = 8  # openings in the earlier half without which nothing is said


def count_openings(references: References) -> tuple[int, int]:
    """Requests that open a session in the first and in the second half of the requests."""
    if not len(references.blocks):
        return 0, 0
    repeated = np.ones(len(references.blocks))
    repeated[np.unique(references.blocks, return_index=True)[1]] = 0
    total = np.concatenate([[0.0], np.cumsum(repeated)])
    ends = np.append(references.starts[1:], len(references.blocks))
    sizes = ends - references.starts
    opens = (sizes > 0) & (total[ends] - total[references.starts] < OPENING * sizes)
    middle = len(opens) // 2
    return int(opens[:middle].sum()), int(opens[middle:].sum())


def begin_together(openings: tuple[int, int]) -> bool:
    """Whether sessions began in the first half and hardly any later."""
    return openings[0] >= LEAST and openings[1] < FEWER * openings[0]
