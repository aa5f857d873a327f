"""How certain fitted numbers are, as a table beside the profile: standard errors of logarithms and their correlations.

One row a fitted number. ``correlation`` holds two decimals for every row above it in the same fit: the lower triangle of
the matrix, whose diagonal is 1. A number that the rows do not identify, or that was not fitted, has no row.
"""

import numpy as np
import pandas as pd

from calibration.fit import Fit


def certainty(found: Fit, law: str, kernel: str = "", head_dim: int | None = None) -> pd.DataFrame:
    """The rows of one fit, keyed as its block is."""
    error, covariance = found.uncertainty(), found.covariance()
    known = [place for place in np.flatnonzero(found.slots.free & np.isfinite(error)) if error[place] > 0]
    rows = []
    for count, place in enumerate(known):
        entry = found.slots.entries[place]
        above = [covariance[place, other] / (error[place] * error[other]) for other in known[:count]]
        rows.append(
            {
                "law": law,
                "kernel": kernel,
                "head_dim": head_dim,
                "kv_dtype": entry.kv_dtype,
                "path": entry.path,
                "coefficient": entry.coefficient.name,
                "error": f"{error[place]:.3g}",
                "correlation": " ".join(f"{value + 0.0:.2f}" for value in above),
            }
        )
    return pd.DataFrame(rows)
