"""Published serving runs of whole engines, out of the same package as the kernel tables, as one tidy table."""

import pandas as pd

from calibration.data.aiconfigurator import ENGINES, systems_folder

FILE = "silicon_sample.csv"
# InferenceMAX draws both lengths evenly from 80 % to 100 % of what a row names: its README states RANDOM_RANGE_RATIO 0.8 for
# benchmark_serving.py. Its runs stand in dumps of its database and in older tables alike, 285 of them in several with the same
# times to the last digit; the runs of the package itself name a file by its whole path.
OWN_SOURCE = "source_file=/"
DRAWN_MEAN = 0.9
DRAWN_CV = 0.2 / 12**0.5 / DRAWN_MEAN


def published_runs() -> pd.DataFrame:
    """Published runs of whole engines, prompts and decode on the same GPUs, one row each; ``tpot_ms`` as measured.

    ``checkpoint`` is the name on Hugging Face, ``attention_ranks`` the groups that requests are split over (1: tensor
    parallel alone), ``ep`` the GPUs over which whole experts are spread, ``expert_gpus`` all on which experts run (``tp`` where
    the run does not say). A run that names no weight type counts as bfloat16.
    """
    raw = pd.read_csv(systems_folder() / FILE)
    raw = raw[raw["mode"] == "agg"].reset_index(drop=True)
    experts = [raw[name].where(raw[name] > 0) for name in ("moe_tp_size", "moe_ep_size")]
    mean = raw["silicon_data_source"].str.startswith(OWN_SOURCE).map({True: 1.0, False: DRAWN_MEAN})
    return pd.DataFrame(
        {
            "checkpoint": raw["model_path"],
            "gpu": raw["system"].str.replace("_", "-"),
            "engine": raw["backend"].map({short: engine for engine, short in ENGINES.items()}),
            "engine_version": raw["backend_version"],
            "tp": raw["tp_size"].astype(int),
            "attention_ranks": raw["attention_dp_size"].fillna(1).astype(int),
            "ep": experts[1].fillna(1).astype(int),
            "expert_gpus": (experts[0] * experts[1]).fillna(raw["tp_size"]).astype(int),
            "weight_dtype": raw["gemm_quant_mode"].fillna("bfloat16").str.replace("_", "-"),
            "concurrency": raw["batch_size"].astype(int),
            "prompt_len": (raw["isl"] * mean).round().astype(int),
            "gen_len": (raw["osl"] * mean).round().astype(int),
            "gen_cv": (mean == DRAWN_MEAN) * DRAWN_CV,
            "ttft_ms": raw["silicon_ttft_ms"],
            "tpot_ms": raw["silicon_tpot_ms"],
        }
    )


def published_count(mode: str) -> int:
    """Runs of one mode: ``agg``, prompts and decoding on the same GPUs, or ``disagg``, on different ones."""
    return int((pd.read_csv(systems_folder() / FILE, usecols=["mode"])["mode"] == mode).sum())
