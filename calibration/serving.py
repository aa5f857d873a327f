"""Predicted time per output token against published serving runs, by how many requests run at once.

Nothing is fitted to these runs. The prediction is the static step: every sequence decodes, none is prefilled. Served
requests share their steps with the prompts of others, so the error by concurrency says where that picture ends.
"""

import numpy as np
import pandas as pd

from calibration.sources.aiconfigurator import serving_runs
from costmodel.evaluation.predict import predict

MODELS = {  # dense models whose runs use tensor parallel alone
    "meta-llama/Llama-3.1-8B-Instruct": "llama-3.1-8b",
    "nvidia/Llama-3.1-8B-Instruct-FP8": "llama-3.1-8b",
    "meta-llama/Llama-3.1-70B": "llama-3.1-70b",
    "Qwen/Qwen3-32B": "qwen3-32b",
    "nvidia/Qwen3-32B-NVFP4": "qwen3-32b",
}
BANDS = (1, 5, 17, 65, np.inf)  # concurrency at which each band begins
NAMES = ("1 to 4", "5 to 16", "17 to 64", "65 and more")


def compared() -> tuple[pd.DataFrame, dict[str, int]]:
    """One row a run with ``predicted_ms`` beside ``tpot_ms``, and how many runs were left out for which reason.

    A run that names no weight type counts as bfloat16; the cache is bfloat16 in all, as none names its type. Raises
    FactError where the package of measurements is not installed.
    """
    runs = serving_runs()
    known = runs["checkpoint"].isin(MODELS)
    tensor = runs["attention_ranks"] == 1
    left_out = {
        "of a model outside this comparison": int((~known).sum()),
        "with attention split by requests": int((known & ~tensor).sum()),
    }
    runs = runs[known & tensor].reset_index(drop=True)
    points = runs[["gpu", "engine", "tp", "weight_dtype", "prompt_len", "gen_len"]].assign(
        model=runs["checkpoint"].map(MODELS), batch=runs["concurrency"]
    )
    table, _ = predict(points, where="serving runs")
    return runs.assign(predicted_ms=table["tpot_ms"].to_numpy()), left_out


def by_concurrency(rows: pd.DataFrame) -> pd.DataFrame:
    """Errors in percent for each band of concurrency: n, median and p90 of their size, and bias (the signed median)."""
    error = 100 * (rows["predicted_ms"] / rows["tpot_ms"] - 1)
    band = pd.cut(rows["concurrency"], BANDS, right=False, labels=NAMES)
    groups = error.groupby(band, observed=True)
    size = error.abs().groupby(band, observed=True)
    return pd.DataFrame(
        {"n": groups.size(), "median": size.median(), "p90": size.quantile(0.9), "bias": groups.median()}
    ).rename_axis("concurrency")
