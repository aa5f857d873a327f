"""The words in which a stress test is judged, and the place on its axis where a judgement turns."""

import numpy as np

from costmodel.stress.base import StressResult

HOLDS, BREAKS, UNKNOWN = "holds", "breaks", "unknown"
BYTES = "bytes of the formats"
NOBODY = "no law and no run"


def first_value(result: StressResult, mask: np.ndarray) -> str | None:
    """The first value of the axis at which a mask holds."""
    where = np.flatnonzero(mask)
    return None if not where.size else f"{result.conditions.axis_values[where[0]]:,.0f} {result.test.axis_label}"
