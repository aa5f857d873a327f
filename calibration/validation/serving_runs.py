"""Predicted times against published serving runs, by how many requests run at once.

``serving`` counts the prompts of other requests; ``static`` is the decode step alone, so that the two errors side by side show
what that mechanism contributes. A fifth of the deployments settles an engine's constants; the others judge.
"""

import numpy as np
import pandas as pd

from calibration.data.published_runs import published_runs
from costmodel.analyses.pool_validation import PLAIN, kind_of_layers
from costmodel.errors import InputError
from costmodel.evaluation.ask.point_table import MODES
from costmodel.evaluation.ask.predict import predict
from costmodel.facts import models

MODELS = {  # dense models whose runs use tensor parallel alone
    "meta-llama/Llama-3.1-8B-Instruct": "llama-3.1-8b",
    "nvidia/Llama-3.1-8B-Instruct-FP8": "llama-3.1-8b",
    "meta-llama/Llama-3.1-70B": "llama-3.1-70b",
    "Qwen/Qwen3-32B": "qwen3-32b",
    "nvidia/Qwen3-32B-NVFP4": "qwen3-32b",
}
EXPERT_MODELS = {  # mixtures of experts that a model file describes
    "MiniMaxAI/MiniMax-M2.5": "minimax-m2.5",
    "Qwen/Qwen3-235B-A22B-FP8": "qwen3-235b-a22b",
    "Qwen/Qwen3.5-397B-A17B": "qwen3.5-397b-a17b",
    "deepseek-ai/DeepSeek-R1": "deepseek-r1",
    "deepseek-ai/DeepSeek-V3": "deepseek-v3",
    "moonshotai/Kimi-K2.5": "kimi-k2.5",
    "nvidia/DeepSeek-R1-NVFP4": "deepseek-r1",
    "nvidia/DeepSeek-V3.1-NVFP4": "deepseek-v3",
    "openai/gpt-oss-120b": "gpt-oss-120b",
}
# Types that the table names otherwise: the 4-bit integers, and gpt-oss, whose checkpoint (config.json) is mxfp4 in every run.
WEIGHT_TYPES, CHECKPOINT_TYPES = {"int4-wo": "int4"}, {"openai/gpt-oss-120b": "mxfp4"}
NODE = 8  # GPUs; a replica over several nodes is not modelled
DEPLOYMENT = ["model", "gpu", "engine", "tp", "ep", "attention_dp", "weight_dtype"]
SET_UP = ["scheme", "max_num_batched_tokens"]  # of the server, where the publisher's recipes say
WAITS = "admission_steps"
REPEATED = [  # what two rows of one run share; a table of other names and one of two decimals stand among the sources
    "gpu", "engine", "tp", "attention_dp", "ep", "expert_gpus", "weight_dtype", "concurrency", "prompt_len", "gen_len"
]  # fmt: skip
DECIMALS = 2  # of milliseconds
BANDS = (1, 5, 17, 65, np.inf)  # concurrency at which each band begins
BAND_LABELS = ("1 to 4", "5 to 16", "17 to 64", "65 and more")
ALL = "all"
MEASURED = {"tpot_ms": "serving_ms", "ttft_ms": "first_ms"}  # measured column → predicted column
FIT_ONE_OF = 5  # of the deployments of an engine


def compare_runs() -> tuple[pd.DataFrame, dict[str, int]]:
    """One row a run with ``serving_ms`` and ``static_ms`` beside ``tpot_ms``, ``first_ms`` beside ``ttft_ms``, and their ends.

    The second value counts the runs that were left out, by reason.

    A run that names no weight type counts as bfloat16; its cache is what the publisher's recipe says, bfloat16 where none
    does. Raises InputError where the package of measurements is not installed.
    """
    runs = _whole_replicas(published_runs())
    is_compared = runs["checkpoint"].isin(MODELS)
    left_out = {"of a model outside this comparison": int((~is_compared).sum())}
    runs = _without_repeats(_without_excluded(runs[is_compared], left_out), left_out)
    return _with_predictions(runs.assign(model=runs["checkpoint"].map(MODELS), ep=1)), left_out


def compare_expert_runs() -> tuple[pd.DataFrame, dict[str, int]]:
    """As ``compare_runs``, of mixtures of experts on GPUs of one node, whole experts spread or not."""
    runs = _whole_replicas(published_runs())
    is_compared = runs["checkpoint"].isin(EXPERT_MODELS)
    within, alike = runs["tp"] <= NODE, runs["expert_gpus"] == runs["tp"]
    left_out = {
        "of a model outside this comparison": int((~is_compared).sum()),
        "over several nodes": int((is_compared & ~within).sum()),
        "whose experts are on other GPUs than its attention": int((is_compared & within & ~alike).sum()),
    }
    runs = _without_excluded(runs[is_compared & within & alike], left_out)
    runs = _without_repeats(runs, left_out)
    own = runs["served_weight_dtype"].fillna(runs["checkpoint"].map(CHECKPOINT_TYPES))
    runs = runs.assign(
        model=runs["checkpoint"].map(EXPERT_MODELS),
        weight_dtype=own.fillna(runs["weight_dtype"].replace(WEIGHT_TYPES)),
    )
    compared = []
    for _, group in runs.groupby([*DEPLOYMENT, SET_UP[0]]):
        try:
            compared.append(_with_predictions(group.reset_index(drop=True)))
        except InputError as error:
            reason = str(error).partition(": row 1: ")[2].partition(" on ")[0]
            left_out[f"refused ({reason})"] = left_out.get(f"refused ({reason})", 0) + len(group)
    return pd.concat(compared, ignore_index=True), left_out


def _whole_replicas(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with ``tp``, all GPUs of a replica, and ``attention_dp``, the groups of them that split its requests."""
    return runs.assign(tp=runs["tp"] * runs["attention_ranks"], attention_dp=runs["attention_ranks"])


def _without_repeats(runs: pd.DataFrame, left_out: dict[str, int]) -> pd.DataFrame:
    """The runs, those that stand in several tables once; the rest are counted."""
    repeats = runs[REPEATED].join(runs[list(MEASURED)].round(DECIMALS)).duplicated()
    left_out["that repeat another"] = int(repeats.sum())
    return runs[~repeats].reset_index(drop=True)


def _without_excluded(runs: pd.DataFrame, left_out: dict[str, int]) -> pd.DataFrame:
    """The runs whose recipe can be modelled; the rest are counted by reason."""
    for reason, count in runs["excluded"].value_counts().items():
        left_out[str(reason)] = int(count)
    return runs[runs["excluded"].isna()]


def _with_predictions(runs: pd.DataFrame) -> pd.DataFrame:
    points = runs[[*DEPLOYMENT, *SET_UP, WAITS, "prompt_len", "gen_len", "gen_cv"]].assign(batch=runs["concurrency"])
    predictions = {mode: predict(points, "serving runs", mode)[0] for mode in MODES}
    times = {f"{mode}_ms": table["tpot_ms"].to_numpy() for mode, table in predictions.items()}
    served = predictions["serving"]
    ends = {f"{column}{end}": served[f"{column}{end}"].to_numpy() for column in MEASURED for end in ("_lo", "_hi")}
    return runs.assign(**times, **ends, first_ms=served["ttft_ms"].to_numpy())


def is_fitted(runs: pd.DataFrame) -> np.ndarray:
    """For each run, whether its deployment is of the fifth that the constants of its engine are fitted to.

    Of each engine's deployments in the order of their names, spread evenly over it: models, GPUs and numbers of GPUs are all
    met, whatever the times. ``runs`` are all that are compared: another selection has another fifth.
    """
    fitted = np.zeros(len(runs), dtype=bool)
    keys = runs[DEPLOYMENT].astype(str).agg(" ".join, axis=1).reset_index(drop=True)
    for _, own in keys.groupby(runs["engine"].to_numpy()):
        unique = np.sort(own.unique())
        count = max(len(unique) // FIT_ONE_OF, 1)
        chosen = unique[((np.arange(count) + 0.5) * len(unique) / count).astype(int)]
        fitted[own.index[own.isin(chosen)]] = True
    return fitted


def by_group(
    rows: pd.DataFrame, columns: list[str], predicted: str = "serving_ms", measured: str = "tpot_ms"
) -> pd.DataFrame:
    """Errors of a time under load in percent, by the named columns: as ``by_concurrency``."""
    errors = rows.assign(error=100 * (rows[predicted] / rows[measured] - 1))
    groups = errors.groupby(columns)["error"]
    size = errors.assign(error=errors["error"].abs()).groupby(columns)["error"]
    return pd.DataFrame(
        {"n": groups.size(), "median": size.median(), "p90": size.quantile(0.9), "bias": groups.median()}
    )


def class_of(model: str) -> str:
    """What a model is by its layers: a latent cache, then kinds of layers that see less than others, then experts, else dense."""
    loaded = models.load(model)
    if any(group["latent_rank"] for group in loaded.groups):
        return "latent (MLA)"
    if kind_of_layers(loaded) != PLAIN:
        return "hybrid"
    return "experts" if loaded.has_experts else "dense"


def coverage(runs: pd.DataFrame) -> pd.DataFrame:
    """Of each time under load: n, the share of runs in their 90 % interval, its half-width and the error (medians), percent."""
    rows = {}
    for measured, predicted in MEASURED.items():
        low, high = runs[f"{measured}_lo"], runs[f"{measured}_hi"]
        rows[measured] = {
            "n": len(runs),
            "inside": 100 * runs[measured].between(low, high).mean(),
            "half-width": 50 * ((high - low) / runs[predicted]).median(),
            "median error": 100 * (runs[predicted] / runs[measured] - 1).abs().median(),
        }
    return pd.DataFrame(rows).T.rename_axis("time")


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
