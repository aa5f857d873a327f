"""What an interval of a ratio says: the scheme wins, loses, or cannot be distinguished from its baseline."""

import numpy as np

WINS, LOSES, UNSURE, ABSENT = "wins", "loses", "cannot tell", "does not fit"
VERDICTS = np.array([LOSES, UNSURE, WINS, ABSENT], dtype=object)
NO_ROOM = 3  # the code of ABSENT; the others are 1 and the sign of the verdict


def verdict_codes(low: np.ndarray, high: np.ndarray, fits: np.ndarray | None = None) -> np.ndarray:
    """Indices into ``VERDICTS``: wins where even the low end is above 1, loses where even the high end is below.

    Where ``fits`` is false nothing is compared.
    """
    codes = 1 + (np.asarray(low) > 1).astype(np.int8) - (np.asarray(high) < 1)
    return codes if fits is None else np.where(fits, codes, np.int8(NO_ROOM))


def classify(low: np.ndarray, high: np.ndarray, fits: np.ndarray | None = None) -> np.ndarray:
    """The verdicts of intervals of a ratio as words, an array over the axes of ``low`` and ``high``; see ``verdict_codes``."""
    return VERDICTS[verdict_codes(low, high, fits)]
