"""How far off a fitted law is, from its own calibration rows, each as if it had been left out of the fit.

A spread is the 90 % quantile of absolute log residuals over 1.645: the standard deviation of a normal law with the same
tail. It is stated by regime, because launch-bound calls repeat better than those in between.
"""

import numpy as np
import pandas as pd

from calibration.data.shapes import SHAPE

MIN_ROWS = 8
REGIMES = ("launch", "cold", "other")


def residual_spread(residuals: np.ndarray) -> float:
    """Robust log standard deviation around zero."""
    return float(np.quantile(np.abs(residuals), 0.9) / 1.645)


def spreads(residuals: np.ndarray, masks: dict[str, np.ndarray]) -> dict[str, float]:
    """Spread of the rows of every named mask; a mask of fewer than 8 rows takes the spread of all."""
    return {
        name: residual_spread(residuals[mask] if mask.sum() >= MIN_ROWS else residuals) for name, mask in masks.items()
    }


def pair_correlation(rows: pd.DataFrame, residuals: np.ndarray) -> float | None:
    """Correlation of the log residuals of shapes that were fitted in two KV types; None below 8 such shapes.

    Residuals are clipped at three spreads, so that one stray kernel does not decide.
    """
    limit = 3 * residual_spread(residuals)
    table = rows[SHAPE].assign(kv_dtype=rows["kv_dtype"], residual=np.clip(residuals, -limit, limit))
    wide = table.pivot_table(index=SHAPE, columns="kv_dtype", values="residual").dropna()
    if wide.shape[1] != 2 or len(wide) < MIN_ROWS:
        return None
    return float(np.corrcoef(wide.to_numpy().T)[0, 1])
