"""What an interval of a ratio says: the scheme wins, loses, or cannot be distinguished from its baseline.

Only measured kernels decide. Where nobody measured, a scheme loses where even an ideal kernel loses, needs a kernel where an
ideal one wins, and is undecided in between.
"""

import numpy as np

WINS, LOSES, UNSURE, ABSENT, NEEDS_KERNEL = "wins", "loses", "cannot tell", "does not fit", "needs kernel"
BEYOND = "beyond context limit"
VERDICTS = np.array([LOSES, UNSURE, WINS, ABSENT, NEEDS_KERNEL, BEYOND], dtype=object)
# Codes of ABSENT, NEEDS_KERNEL and BEYOND; the others are 1 and the sign of the verdict.
NO_ROOM, IF_BUILT, TOO_LONG = 3, 4, 5


def verdict_codes(
    low: np.ndarray, high: np.ndarray, fits: np.ndarray | None = None, ideal_low: np.ndarray | None = None
) -> np.ndarray:
    """Indices into ``VERDICTS``: wins where even the low end is above 1, loses where even the high end is below.

    Where ``fits`` is false nothing is compared. ``ideal_low`` is the low end of the ratio with an ideal kernel, for a scheme
    whose kernel nobody measured: such a scheme never wins; NaN where somebody did.
    """
    codes = 1 - (np.asarray(high) < 1).astype(np.int8)
    if ideal_low is None:
        codes = codes + (np.asarray(low) > 1).astype(np.int8)
    else:
        wins = np.isnan(ideal_low) & (np.asarray(low) > 1)
        codes = np.where(np.asarray(ideal_low) > 1, np.int8(IF_BUILT), codes + wins.astype(np.int8))
    return codes if fits is None else np.where(fits, codes, np.int8(NO_ROOM))


def within_limit(codes: np.ndarray, context: np.ndarray, max_context: float) -> np.ndarray:
    """The codes, and TOO_LONG where a sequence is longer than the model's context limit."""
    return np.where(np.asarray(context) > max_context, np.int8(TOO_LONG), codes)


def is_absent(verdict: np.ndarray) -> np.ndarray:
    """Where nothing is compared: what does not fit, and what the model does not serve."""
    return (verdict == ABSENT) | (verdict == BEYOND)
