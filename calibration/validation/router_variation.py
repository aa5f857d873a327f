"""How unequally routers choose experts, from the runs to which engines' constants are fitted: the others judge it.

No kernel tells it: tables set the loads of experts themselves. One number for all models, beside which every engine's constants
are fitted anew, since the host's time would take up what experts take too long. Conditions: those of ``serving_constants``.
"""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from calibration.validation.serving_constants import HOST_TOKEN, MILLI, fit_host, with_terms
from calibration.validation.serving_runs import is_fitted

MOST_VARIATION = 3.0
PRECISION = 0.02


def fit_router_variation(runs: pd.DataFrame) -> float:
    """The coefficient of variation by which the mean log error of a token of mixtures is least.

    ``runs`` as ``serving_runs`` compares them, of dense models and mixtures together.
    """
    rows = runs[is_fitted(runs)].reset_index(drop=True)
    best = minimize_scalar(
        lambda variation: token_error(rows, variation),
        bounds=(0.0, MOST_VARIATION),
        method="bounded",
        options={"xatol": PRECISION},
    )
    return float(best.x)


def token_error(rows: pd.DataFrame, variation: float) -> float:
    """Mean log error of a token of mixtures under that variation, the host's time of each engine fitted to the same rows."""
    terms = with_terms(rows, variation)
    terms = terms[terms["concurrency"] <= terms["running"]]
    errors = []
    for _, own in terms.groupby("engine"):
        token = own["served_step_time"] + fit_host(own) * own[HOST_TOKEN]
        errors.append(np.log(token / (own["tpot_ms"] * MILLI)).abs()[own["class"] != "dense"])
    return float(pd.concat(errors).mean())
