"""What the law of decode attention must beat: simpler pictures, given the same points that the law was fitted on.

``roofline`` is bytes over datasheet bandwidth; ``efficiency`` adds a launch and one fraction of the bandwidth for each KV
type; ``interpolation`` knows no physics: radial functions over the logarithms of the shape.
"""

import numpy as np
import pandas as pd
from scipy.interpolate import RBFInterpolator
from scipy.optimize import least_squares

from calibration.data.shapes import kv_bytes, read_tokens
from calibration.fitting.least_squares import LOSS_SCALE
from costmodel.facts.gpus import GPU

BASELINES = ("roofline", "efficiency", "interpolation")
SMOOTHING = 0.1  # residuals of repeated kernels are some per cent of a logarithm
EFFICIENCY_START = 0.8


def predictions(inside: pd.DataFrame, outside: pd.DataFrame, gpu: GPU) -> dict[str, np.ndarray]:
    """Microseconds of the rows ``outside`` by every baseline; ``inside`` are the fitted rows with their latencies."""
    latencies = {"roofline": _roofline(outside, gpu)}
    for name, law in {"efficiency": _efficiency, "interpolation": _interpolation}.items():
        latency = np.full(len(outside), np.nan)
        for kv_dtype in outside["kv_dtype"].unique():
            mask = (outside["kv_dtype"] == kv_dtype).to_numpy()
            latency[mask] = law(inside[inside["kv_dtype"] == kv_dtype], outside[mask], gpu)
        latencies[name] = latency
    return latencies


def _roofline(rows: pd.DataFrame, gpu: GPU) -> np.ndarray:
    return 1e6 * kv_bytes(rows).to_numpy() / gpu.numbers["hbm_bandwidth"]


def _efficiency(inside: pd.DataFrame, outside: pd.DataFrame, gpu: GPU) -> np.ndarray:
    bytes_times, measured = _roofline(inside, gpu), np.log(inside["latency_us"].to_numpy())

    def time(logs, bytes_time):
        launch, efficiency = np.exp(logs)
        return launch + bytes_time / efficiency

    def residual(logs):
        return np.log(time(logs, bytes_times)) - measured

    start = [measured.min(), np.log(EFFICIENCY_START)]
    logs = least_squares(residual, start, loss="soft_l1", f_scale=LOSS_SCALE).x
    return time(logs, _roofline(outside, gpu))


def _interpolation(inside: pd.DataFrame, outside: pd.DataFrame, gpu: GPU) -> np.ndarray:
    features = [_features(rows) for rows in (inside, outside)]
    varied = np.ptp(features[0], axis=0) > 0
    # Of degree 0: shapes may be collinear (as many query heads as cached ones), and a trend would run off outside.
    measured = np.log(inside["latency_us"].to_numpy())
    surface = RBFInterpolator(features[0][:, varied], measured, kernel="linear", degree=0, smoothing=SMOOTHING)
    return np.exp(surface(features[1][:, varied]))


def _features(rows: pd.DataFrame) -> np.ndarray:
    columns = (rows["batch"], rows["context"], read_tokens(rows), rows["kv_heads"], rows["query_heads"])
    return np.log2(np.column_stack(columns).astype(float))
