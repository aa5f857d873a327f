"""What AIConfigurator says of published runs: the package whose tables hold them, told as much of each run as the formulas are.

It interpolates measured kernels and mixes steps as an engine does; its authors publish the runs, and chose its corrections
with them in view. Conditions: its newest measurements of each engine, the set-ups that it accepts.
"""

import contextlib
import io
import logging
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd

from calibration.data.aiconfigurator import ENGINES
from calibration.validation.serving_runs import DEPLOYMENT, SET_UP

TIMES = {"tpot": "rival_tpot_ms", "ttft": "rival_ttft_ms"}
PASS_TOKENS = 8192  # of a pass, where no recipe says: what vLLM, SGLang and TensorRT-LLM start with
KV_TYPES = {"none": "bfloat16", "fp8": "fp8"}
CHECKPOINTS = {  # whose configuration it holds, for those that it would download
    "meta-llama/Llama-3.1-8B-Instruct": "meta-llama/Meta-Llama-3.1-8B",
    "nvidia/Llama-3.1-8B-Instruct-FP8": "meta-llama/Meta-Llama-3.1-8B",
    "meta-llama/Llama-3.1-70B": "meta-llama/Meta-Llama-3.1-70B",
    "nvidia/Qwen3-32B-NVFP4": "Qwen/Qwen3-32B",
    "nvidia/DeepSeek-R1-NVFP4": "deepseek-ai/DeepSeek-R1",
}


def with_rival(runs: pd.DataFrame, on_progress: Callable[[int, int], None]) -> tuple[pd.DataFrame, Counter]:
    """The runs with ``rival_tpot_ms`` and ``rival_ttft_ms``, NaN where it gives none, and how many of those by its reason.

    ``on_progress`` is called with (runs done, runs).
    """
    times, refused, done = pd.DataFrame(np.nan, runs.index, list(TIMES.values())), Counter(), 0
    for _, group in runs.groupby([*DEPLOYMENT, "checkpoint", "expert_dtype", *SET_UP], dropna=False):
        for types in _types(group.iloc[0]):
            # A deployment that it does not have fails in ways of its own, deep in its tables.
            try:
                with contextlib.redirect_stdout(io.StringIO()), _quiet():
                    times.loc[group.index] = _times(group, types)
                break
            except Exception as error:
                reason = type(error).__name__
        else:
            refused[f"{group['model'].iloc[0]} ({reason})"] += len(group)
        done += len(group)
        on_progress(done, len(runs))
    return runs.join(times), refused


def _types(one: pd.Series) -> list[dict[str, str]]:
    """Types to ask for, in order: the table's words, the same with prompts' attention in 16 bit, the checkpoint's own."""
    table = {"gemm_quant_mode": one["table_dtype"]} | (
        {"moe_quant_mode": one["expert_dtype"]} if one["expert_dtype"] else {}
    )
    plain = {"fmha_quant_mode": "bfloat16"}
    return [{}, plain] if one["model"] == "gpt-oss-120b" else [table, table | plain, plain]


def _times(group: pd.DataFrame, types: dict[str, str]) -> np.ndarray:
    from aiconfigurator_core.sdk import config_builders, models, perf_database
    from aiconfigurator_core.sdk.backends.factory import get_backend
    from aiconfigurator_core.sdk.config import RuntimeConfig

    one = group.iloc[0]
    system, engine = one["gpu"].replace("-", "_"), ENGINES[one["engine"]]
    version = perf_database.get_latest_database_version(system, engine)
    database = perf_database.get_database(system, engine, version)
    width = int(one["expert_gpus"])
    model = models.get_model(
        CHECKPOINTS.get(one["checkpoint"], one["checkpoint"]),
        config_builders.build_model_config(
            int(one["tp"] // one["attention_dp"]), 1, int(one["attention_dp"]), max(width // int(one["ep"]), 1), int(one["ep"]),
            kvcache_quant_mode=KV_TYPES[one["scheme"]], **types,
        ),
        engine,
    )  # fmt: skip
    tokens = one["max_num_batched_tokens"]
    backend, rows = get_backend(engine), []
    for row in group.itertuples():
        load = RuntimeConfig(
            batch_size=max(int(row.concurrency // row.attention_dp), 1), beam_width=1, isl=int(row.prompt_len),
            osl=int(row.gen_len),
        )  # fmt: skip
        served = backend.run_agg(
            model, database, load, ctx_tokens=int(PASS_TOKENS if np.isnan(tokens) else tokens)
        ).get_result_dict()
        rows.append([float(served[name]) for name in TIMES])
    return np.array(rows)


@contextlib.contextmanager
def _quiet():
    """Its warnings of borrowed rows go nowhere while it answers."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)
