"""Predicted time per output token against published serving runs, by how many requests run at once.

Nothing is fitted to these runs. ``serving`` counts the prompts of other requests; ``static`` is the decode step alone, so
that the two errors side by side show what that mechanism contributes.
"""

import numpy as np
import pandas as pd

from calibration.data.published_runs import published_runs
from costmodel.evaluation.ask.point_table import MODES
from costmodel.evaluation.ask.predict import predict

MODELS = {  # dense models whose runs use tensor parallel alone
    "meta-llama/Llama-3.1-8B-Instruct": "llama-3.1-8b",
    "nvidia/Llama-3.1-8B-Instruct-FP8": "llama-3.1-8b",
    "meta-llama/Llama-3.1-70B": "llama-3.1-70b",
    "Qwen/Qwen3-32B": "qwen3-32b",
    "nvidia/Qwen3-32B-NVFP4": "qwen3-32b",
}
BANDS = (1, 5, 17, 65, np.inf)  # concurrency at which each band begins
BAND_LABELS = ("1 to 4", "5 to 16", "17 to 64", "65 and more")
ALL = "all"


def compare_runs() -> tuple[pd.DataFrame, dict[str, int]]:
    """One row a run with ``serving_ms`` and ``static_ms`` beside ``tpot_ms``, ``first_ms`` beside ``ttft_ms``.

    The second value counts the runs that were left out, by reason.

    A run that names no weight type counts as bfloat16; the cache is bfloat16 in all, as none names its type. Raises
    InputError where the package of measurements is not installed.
    """
    runs = published_runs()
    is_compared = runs["checkpoint"].isin(MODELS)
    tensor = runs["attention_ranks"] == 1
    left_out = {
        "of a model outside this comparison": int((~is_compared).sum()),
        "with attention split by requests": int((is_compared & ~tensor).sum()),
    }
    runs = runs[is_compared & tensor].reset_index(drop=True)
    points = runs[["gpu", "engine", "tp", "weight_dtype", "prompt_len", "gen_len", "gen_cv"]].assign(
        model=runs["checkpoint"].map(MODELS), batch=runs["concurrency"]
    )
    predictions = {mode: predict(points, "serving runs", mode)[0] for mode in MODES}
    times = {f"{mode}_ms": table["tpot_ms"].to_numpy() for mode, table in predictions.items()}
    return runs.assign(**times, first_ms=predictions["serving"]["ttft_ms"].to_numpy()), left_out


def by_concurrency(rows: pd.DataFrame, predicted: str = "serving_ms", measured: str = "tpot_ms") -> pd.DataFrame:
    """Errors in percent by concurrency, and of all: n, median and p90 of their size, and bias (the signed median)."""
    error = 100 * (rows[predicted] / rows[measured] - 1)
    band = pd.cut(rows["concurrency"], BANDS, right=False, labels=BAND_LABELS).astype(str)
    error, band = pd.concat([error, error]), pd.concat([band, band.map(lambda _: ALL)])
    band = pd.Categorical(band, [*BAND_LABELS, ALL])
    groups, size = error.groupby(band, observed=True), error.abs().groupby(band, observed=True)
    return pd.DataFrame(
        {"n": groups.size(), "median": size.median(), "p90": size.quantile(0.9), "bias": groups.median()}
    ).rename_axis("concurrency")
