"""How published runs were started, from the publisher's scripts: cache type, tokens of a pass, steps before a prompt, drafts.

The table of runs states none of them; ``recipes.toml`` holds them with their sources. A recipe is chosen by what a run is
(checkpoint, engine, GPU, image, day). Runs of other publishers keep the engine's defaults, but for tables that a recipe names
by their path: what those were is told by what no other setting of that GPU could have done.
"""

import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

FILE = Path(__file__).with_name("recipes.toml")
CONDITIONS = {  # field of a recipe → column of a run
    "checkpoints": "checkpoint", "engine": "engine", "gpus": "gpu", "tp": "tp", "ep": "ep", "weight_dtypes": "weight_dtype",
    "images": "image", "measured": "measured", "tables": "table", "prompts": "longest_prompt", "outputs": "longest_output",
    "groups": "attention_ranks",
}  # fmt: skip
LEAST = "least_concurrency"
SETTINGS = (
    "kv_cache_dtype", "max_num_batched_tokens", "batched_prompts", "batch_wait_iterations", "receive_intervals",
    "whole_experts", "served_weight_dtype", "excluded",
)  # fmt: skip
USERS_AND_SLACK = 64  # tokens of a pass beside a whole prompt, in the one recipe that counts them


@cache
def recipes() -> tuple[dict, ...]:
    """The recipes in the order in which they are tried. ValueError for a key that none knows, or a recipe without a source."""
    with FILE.open("rb") as file:
        read = tuple(tomllib.load(file)["recipe"])
    for number, recipe in enumerate(read, 1):
        if unknown := set(recipe) - {*CONDITIONS, *SETTINGS, LEAST, "source"}:
            raise ValueError(f"{FILE.name}: recipe {number}: unknown keys {', '.join(sorted(unknown))}")
        if not recipe.get("source"):
            raise ValueError(f"{FILE.name}: recipe {number}: expected a source")
    return read


def with_recipes(runs: pd.DataFrame, has_recipe: np.ndarray) -> pd.DataFrame:
    """The runs with ``scheme``, ``max_num_batched_tokens``, ``admission_steps``, ``excluded``, ``ep`` as the server had it.

    ``served_weight_dtype`` is the type in which it multiplied, where the server was asked for another than the checkpoint's.

    ``has_recipe`` marks the runs whose publisher's recipes these are, a recipe that names tables by their path fits others too;
    ``excluded`` says why a run cannot be compared.
    """
    chosen = _chosen(runs, has_recipe)
    settings = {name: _column(name, chosen) for name in SETTINGS}
    users = runs["concurrency"].to_numpy(float)
    prompts = settings["batched_prompts"].astype(float)
    passes = prompts * runs["longest_prompt"].to_numpy(float) + (prompts == 1) * (USERS_AND_SLACK + users)
    intervals = [_receive_interval(stated, at) for stated, at in zip(settings["receive_intervals"], users, strict=True)]
    arrivals = users / runs["gen_len"].to_numpy(float)
    waits = _mean_wait(settings["batch_wait_iterations"].astype(float), arrivals)
    spread = np.array([whole is True for whole in settings["whole_experts"]])
    return runs.assign(
        scheme=np.where(pd.isna(settings["kv_cache_dtype"]), "none", settings["kv_cache_dtype"]),
        max_num_batched_tokens=np.fmax(settings["max_num_batched_tokens"].astype(float), passes),
        admission_steps=np.nan_to_num(waits) + np.array(intervals) / 2,
        ep=np.where(spread, runs["tp"], runs["ep"]),
        served_weight_dtype=settings["served_weight_dtype"],
        excluded=settings["excluded"],
    )


def _chosen(runs: pd.DataFrame, has_recipe: np.ndarray) -> np.ndarray:
    """The number of the first recipe that fits each run, -1 for none."""
    chosen = np.full(len(runs), -1)
    for number, recipe in enumerate(recipes()):
        is_of_others = any(table.startswith("/") for table in recipe.get("tables", ()))
        fits = (has_recipe | is_of_others) & (chosen < 0) & (runs["concurrency"] >= recipe.get(LEAST, 0)).to_numpy()
        for field, column in CONDITIONS.items():
            if field in recipe:
                stated = recipe[field] if isinstance(recipe[field], list) else [recipe[field]]
                fits &= runs[column].isin(stated).to_numpy()
        chosen[fits] = number
    return chosen


def _column(name: str, chosen: np.ndarray) -> np.ndarray:
    column = np.empty(len(recipes()) + 1, dtype=object)
    column[:] = [*(recipe.get(name, np.nan) for recipe in recipes()), np.nan]  # the last: no recipe
    return column[chosen]


def _receive_interval(stated: dict[str, int] | float, users: float) -> float:
    """SGLang's --scheduler-recv-interval: the entry of the largest concurrency that is not above that of the run."""
    if not isinstance(stated, dict):
        return 0.0
    return float(max((int(least), steps) for least, steps in stated.items() if int(least) <= users)[1])


def _mean_wait(iterations: np.ndarray, arrivals: np.ndarray) -> np.ndarray:
    """Steps that a prompt waits, on average, where the first of a group waits ``iterations`` and the others join it.

    ``arrivals`` prompts come in a step, evenly: of those that join, each waits half as long.
    """
    joining = arrivals * iterations
    return iterations * (1 + joining / 2) / (1 + joining)
