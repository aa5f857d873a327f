"""How certain fitted numbers are, as a table beside the profile: standard errors of logarithms and their correlations.

One row per fitted number. ``correlation`` holds two decimals for every row above it in the same fit: the lower triangle of
the matrix, whose diagonal is 1. A number that the rows do not identify, or that was not fitted, has no row.
"""

import numpy as np
import pandas as pd

from calibration.fitting.least_squares import Fit

WEAKLY_IDENTIFIED = 0.7  # standard error of a logarithm above which no percentage is stated
AT_BOUND = 0.005  # distance from a bound, in logarithms
COLUMNS = ["law", "kernel", "head_dim", "kv_dtype", "path", "coefficient", "error", "correlation"]


def covariance_rows(fit: Fit, law: str, kernel: str = "", head_dim: int | None = None) -> pd.DataFrame:
    """The rows of one fit in ``COLUMNS``, keyed as its section of the profile is."""
    error, covariance = fit.standard_errors(), fit.covariance()
    identified = [index for index in np.flatnonzero(fit.layout.free & np.isfinite(error)) if error[index] > 0]
    rows = []
    for count, index in enumerate(identified):
        parameter = fit.layout.parameters[index]
        above = [covariance[index, other] / (error[index] * error[other]) for other in identified[:count]]
        rows.append(
            {
                "law": law,
                "kernel": kernel,
                "head_dim": head_dim,
                "kv_dtype": parameter.kv_dtype,
                "path": parameter.path,
                "coefficient": parameter.coefficient.name,
                "error": f"{error[index]:.3g}",
                "correlation": " ".join(f"{value + 0.0:.2f}" for value in above),
            }
        )
    return pd.DataFrame(rows)
