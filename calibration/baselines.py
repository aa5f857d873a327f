"""What the law of decode attention must beat: simpler pictures, given the same points that the law was fitted on.

``roofline`` is bytes over datasheet bandwidth; ``efficiency`` adds a launch and one share of the bandwidth for each KV
type; ``interpolation`` knows no physics: radial functions over the logarithms of the shape.
"""

import numpy as np
import pandas as pd
from scipy.interpolate import RBFInterpolator
from scipy.optimize import least_squares

from calibration.design import kv_bytes
from calibration.device import need

SMOOTHING = 0.1  # residuals of repeated kernels are some per cent of a logarithm


def predictions(inside: pd.DataFrame, outside: pd.DataFrame, gpu: str) -> dict[str, np.ndarray]:
    """Microseconds of the rows ``outside`` by every baseline; ``inside`` are the fitted rows with their latencies."""
    found = {"roofline": 1e6 * kv_bytes(outside).to_numpy() / need(gpu, "hbm_bandwidth")}
    parts = {"efficiency": _efficiency, "interpolation": _interpolation}
    for name, law in parts.items():
        told = np.full(len(outside), np.nan)
        for kind in outside["kv_dtype"].unique():
            of = (outside["kv_dtype"] == kind).to_numpy()
            told[of] = law(inside[inside["kv_dtype"] == kind], outside[of], gpu)
        found[name] = told
    return found


def _efficiency(inside: pd.DataFrame, outside: pd.DataFrame, gpu: str) -> np.ndarray:
    ideal, wanted = (1e6 * kv_bytes(rows).to_numpy() / need(gpu, "hbm_bandwidth") for rows in (inside, outside))
    measured = np.log(inside["latency_us"].to_numpy())

    def time(logs, bytes_time):
        launch, efficiency = np.exp(logs)
        return launch + bytes_time / efficiency

    begin = [measured.min(), np.log(0.8)]
    logs = least_squares(lambda at: np.log(time(at, ideal)) - measured, begin, loss="soft_l1", f_scale=0.08).x
    return time(logs, wanted)


def _interpolation(inside: pd.DataFrame, outside: pd.DataFrame, gpu: str) -> np.ndarray:
    places = [_place(rows) for rows in (inside, outside)]
    varied = np.ptp(places[0], axis=0) > 0
    # Of degree 0: shapes may be collinear (as many query heads as cached ones), and a trend would run off outside.
    measured = np.log(inside["latency_us"].to_numpy())
    surface = RBFInterpolator(places[0][:, varied], measured, kernel="linear", degree=0, smoothing=SMOOTHING)
    return np.exp(surface(places[1][:, varied]))


def _place(rows: pd.DataFrame) -> np.ndarray:
    window = rows["window"].where(rows["window"] > 0, np.inf)
    columns = (
        rows["batch"],
        rows["context"],
        np.minimum(rows["context"], window),
        rows["kv_heads"],
        rows["query_heads"],
    )
    return np.log2(np.column_stack(columns).astype(float))
