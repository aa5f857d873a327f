"""The 16-bit steps of an engine against their prediction, which no measured step went into."""

import pandas as pd

from calibration.fitting.metrics import errors
from costmodel import predict
from costmodel.facts.cache_words import SIXTEEN_BIT


def check_steps(rows: pd.DataFrame) -> dict[str, float]:
    """Errors of the predicted step on 16-bit rows of ``steps.csv``, in percent, by name; ``n`` is 0 where there are none."""
    measured = rows[rows["kv_cache_dtype"].isin(SIXTEEN_BIT)].reset_index(drop=True)
    if measured.empty:
        return {"n": 0}
    names = ["model", "gpu", "tp", "engine", "weight_dtype", "batch", "context"]
    predicted, _ = predict(measured[names].assign(scheme="none"), "steps.csv")
    return errors(predicted["tpot_ms"].to_numpy(float), measured["step_ms"].to_numpy(float))
