"""Errors on rows that a fit has not seen, in percent."""

import numpy as np
import pandas as pd

from calibration.data.shapes import SHAPE, kv_bytes
from costmodel.evaluation.ask.intervals import Z90

PAIR_DTYPES = ("bfloat16", "fp8")


def errors(predicted: np.ndarray, measured: np.ndarray) -> dict[str, float]:
    """n, and in percent: median, 90 % and 99 % quantile of the absolute error, and the median signed error (bias)."""
    signed = 100 * (np.asarray(predicted) / np.asarray(measured) - 1)
    if len(signed) == 0:
        return {"n": 0}
    median, p90, p99 = np.quantile(np.abs(signed), [0.5, 0.9, 0.99])
    return {"n": len(signed), "median": median, "p90": p90, "p99": p99, "bias": np.median(signed)}


def coverage(predicted: np.ndarray, spread: np.ndarray, measured: np.ndarray) -> dict[str, float]:
    """Percent of rows inside the 90 % interval of a log spread, and the median half-width of that interval in percent."""
    reach = Z90 * np.asarray(spread)
    inside = np.abs(np.log(np.asarray(predicted) / np.asarray(measured))) <= reach
    return {"coverage": 100 * inside.mean(), "width": 100 * np.median(np.expm1(reach))} if len(reach) else {}


def attention_errors(rows: pd.DataFrame, predicted: np.ndarray, l2_size: float) -> dict[str, float]:
    """``errors``, with those of rows that read more than twice the L2 as ``cold_n``, ``cold_median``, ``cold_p90``."""
    of_all = errors(predicted, rows["latency_us"])
    cold = kv_bytes(rows) > 2 * l2_size
    of_cold = errors(predicted[cold], rows["latency_us"][cold])
    return of_all | {f"cold_{name}": of_cold[name] for name in ("n", "median", "p90") if name in of_cold}


def pairs(rows: pd.DataFrame, predicted: np.ndarray) -> pd.DataFrame:
    """Shapes with both a 16-bit and an fp8 row: measured and predicted ratio fp8 / 16-bit, and the 16-bit bytes.

    Where several kernels run one shape, each side is its fastest, as measured and as predicted.
    """
    table = rows[[*SHAPE, "kv_dtype"]].assign(measured=rows["latency_us"], predicted=predicted, size=kv_bytes(rows))
    table = table.groupby([*SHAPE, "kv_dtype"], as_index=False).min()
    sides = [table[table["kv_dtype"] == kv_dtype].set_index(SHAPE) for kv_dtype in PAIR_DTYPES]
    both = sides[0].merge(sides[1], left_index=True, right_index=True, suffixes=("_16", "_8"))
    return pd.DataFrame(
        {
            "measured": both["measured_8"] / both["measured_16"],
            "predicted": both["predicted_8"] / both["predicted_16"],
            "size": both["size_16"],
        }
    )


def pair_scores(table: pd.DataFrame, l2_size: float) -> dict[str, float]:
    """Percent of pairs whose faster side is right.

    All, those that differ by 5 % and 20 %, cold ones (the 16-bit side reads more than twice the L2), and the mean of
    both classes. ``ratio_median`` and ``ratio_p90`` are absolute errors of the predicted ratio, in percent. A score
    without pairs is left out.
    """
    if table.empty:
        return {"n": 0}
    right = (table["measured"] < 1) == (table["predicted"] < 1)
    difference = (table["measured"] - 1).abs()
    cold = table["size"] > 2 * l2_size
    ratio_error = 100 * (table["predicted"] / table["measured"] - 1).abs()
    scores = {"n": len(table), "sign_all": 100 * right.mean()}
    for name, mask in (
        ("sign_5", difference > 0.05),
        ("sign_20", difference > 0.2),
        ("sign_cold_5", cold & (difference > 0.05)),
    ):
        if mask.any():
            scores[name] = 100 * right[mask].mean()
    classes = [right[(difference > 0.05) & fp8_wins] for fp8_wins in (table["measured"] < 1, table["measured"] >= 1)]
    if all(len(outcomes) for outcomes in classes):
        scores["balanced_5"] = 100 * float(np.mean([outcomes.mean() for outcomes in classes]))
    return scores | {"ratio_median": ratio_error.median(), "ratio_p90": ratio_error.quantile(0.9)}
