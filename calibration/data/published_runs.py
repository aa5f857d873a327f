"""Published serving runs of whole engines, out of the same package as the kernel tables, as one tidy table."""

import numpy as np
import pandas as pd

from calibration.data.aiconfigurator import ENGINES, systems_folder
from calibration.data.recipes import with_recipes

FILE = "silicon_sample.csv"
# InferenceMAX draws both lengths evenly from 80 % to 100 % of what a row names: its README states RANDOM_RANGE_RATIO 0.8 for
# benchmark_serving.py. Its runs stand in dumps of its database and in older tables alike, many of them in several with the same
# times; the runs of the package itself name a file by its whole path.
OWN_SOURCE = "source_file=/"
DRAWN_MEAN = 0.9
DRAWN_CV = 0.2 / 12**0.5 / DRAWN_MEAN
# Tables in which counts of GPUs are multiplied: runs that stand in 2026-03-25.csv with tp 2, ep 2 are there as tp 4, ep 2, and
# tp 8, ep 8 as tp 64, ep 8, with the same times to the last digit; requests split n ways as n x n. Under vLLM tp n, ep n is
# written as tp n, n groups and n x n for the experts: so are all runs of Kimi K2.5, whose script splits no requests.
DUMPS = ("2026-04-06.csv", "db-dump/2026-04-27")


def published_runs() -> pd.DataFrame:
    """Published runs of whole engines, prompts and decode on the same GPUs, one row each; ``tpot_ms`` as measured.

    ``checkpoint`` is the name on Hugging Face, ``tp`` the GPUs over which heads are split, ``attention_ranks`` the groups that
    requests are split over (1: tensor parallel alone), ``ep`` the GPUs over which whole experts are spread, ``expert_gpus`` all
    on which experts run (those of attention where the run does not say), ``concurrency`` that of all groups. A run that names no
    weight type counts as bfloat16; ``table_dtype`` and ``expert_dtype`` are the table's words. Settings of the server are those
    of ``recipes.toml``.
    """
    raw = pd.read_csv(systems_folder() / FILE)
    raw = raw[raw["mode"] == "agg"].reset_index(drop=True)
    source = raw["silicon_data_source"]
    is_own = source.str.startswith(OWN_SOURCE)
    mean = np.where(is_own, 1.0, DRAWN_MEAN)
    table = source.str.extract(r"^(?:source_file=)?([^;]*)")[0]
    runs = pd.DataFrame(
        {
            "checkpoint": raw["model_path"],
            "gpu": raw["system"].str.replace("_", "-"),
            "engine": raw["backend"].map({short: engine for engine, short in ENGINES.items()}),
            "engine_version": raw["backend_version"],
            "table": table,
            "image": source.str.extract(r"((?:vllm/vllm-openai|lmsysorg/|tensorrt-llm/)[^; ]*)$")[0].fillna(""),
            "measured": source.str.extract(r"measured=(\d{4}-\d\d-\d\d)")[0].fillna(""),
            **_ranks(raw, table.isin(DUMPS).to_numpy()),
            "weight_dtype": raw["gemm_quant_mode"].fillna("bfloat16").str.replace("_", "-"),
            "table_dtype": raw["gemm_quant_mode"].fillna("bfloat16"),
            "expert_dtype": raw["moe_quant_mode"].fillna(""),
            "concurrency": source.str.extract(r"silicon_concurrency=(\d+)")[0].astype(float),
            "longest_prompt": raw["isl"].astype(int),
            "longest_output": raw["osl"].astype(int),
            "prompt_len": (raw["isl"] * mean).round().astype(int),
            "gen_len": (raw["osl"] * mean).round().astype(int),
            "gen_cv": ~is_own * DRAWN_CV,
            "ttft_ms": raw["silicon_ttft_ms"],
            "tpot_ms": raw["silicon_tpot_ms"],
        }
    )
    # A run of the package that names no concurrency of its own: requests of each group.
    stated = raw["batch_size"] * runs["attention_ranks"]
    runs["concurrency"] = runs["concurrency"].where(~is_own, stated).fillna(stated).astype(int)
    return with_recipes(runs, (~is_own).to_numpy())


def _ranks(raw: pd.DataFrame, is_dump: np.ndarray) -> dict[str, np.ndarray]:
    """GPUs by what is split over them, with what the dumps multiplied divided again."""
    tp, groups = raw["tp_size"].to_numpy(int), raw["attention_dp_size"].fillna(1).clip(lower=1).to_numpy(int)
    sliced, spread = (raw[name].where(raw[name] > 0).to_numpy() for name in ("moe_tp_size", "moe_ep_size"))
    ep = np.nan_to_num(spread, nan=1).astype(int)
    expert_gpus = np.where(np.isnan(sliced * spread), tp * groups, sliced * spread).astype(int)
    squared = is_dump & (groups > 1) & (tp > 1)
    split = is_dump & (groups > 1) & ~squared
    n = np.where(ep > 1, groups // np.maximum(ep, 1), groups)
    whole = np.where(is_dump, tp // ep, tp)
    return {
        "tp": np.select([squared, split], [tp, 1], whole),
        "attention_ranks": np.select([squared, split], [1, n], groups),
        "ep": np.select([squared, split & (ep > 1)], [tp, n], ep),
        "expert_gpus": np.select([squared, split], [tp, n], np.where(is_dump, whole, expert_gpus)),
    }


def published_count(mode: str) -> int:
    """Runs of one mode: ``agg``, prompts and decoding on the same GPUs, or ``disagg``, on different ones."""
    return int((pd.read_csv(systems_folder() / FILE, usecols=["mode"])["mode"] == mode).sum())
