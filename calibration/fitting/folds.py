"""Residuals of rows under fits that saw neither them nor their shape in another KV type."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from calibration.data.design import SEED
from calibration.data.shapes import SHAPE
from calibration.fitting.least_squares import Fit

FOLDS = 10


def fold_residuals(
    rows: pd.DataFrame, fit: Callable[[pd.DataFrame], Fit], predict: Callable, alike: Sequence[str] = SHAPE
) -> np.ndarray:
    """Log of predicted over measured for every row, in ten folds of whole shapes.

    ``fit(rows)`` fits the law to some of the rows; ``predict(fit, rows)`` gives seconds of the others. Rows that agree in
    the columns ``alike`` are one shape.
    """
    shape = rows.groupby([*alike]).ngroup().to_numpy()
    fold = np.random.default_rng(SEED).permutation(shape.max() + 1)[shape] % FOLDS
    residual = np.zeros(len(rows))
    for left_out in range(FOLDS):
        outside = rows[fold == left_out]
        seconds = predict(fit(rows[fold != left_out].reset_index(drop=True)), outside)
        residual[fold == left_out] = np.log(1e6 * seconds / outside["latency_us"].to_numpy())
    return residual
