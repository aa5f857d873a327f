"""Calls of decode attention, over heads or over a latent that all heads share (MLA)."""

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.kernels.device import device, kv_type, result
from costmodel.evaluation.ask.kernels.table import KernelSchema, lead
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.paths import takes_fallback
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.kv_types import KV_BYTES
from costmodel.facts.profiles import Parameters

LATENT_WIDTH, LATENT_OUTPUT = (
    576.0,
    512.0,
)  # 512 numbers of the latent and 64 of the rotary key (DeepSeek-V2, section 2.1)


def _heads(rows: pd.DataFrame) -> dict:
    widths = dict.fromkeys(("query_width", "key_width", "value_width", "output_width"), lead(rows["head_dim"]))
    return widths | {"kv_heads": lead(rows["num_kv_heads"]), "window": lead(rows["window"])}


def _latent(rows: pd.DataFrame) -> dict:
    widths = {"query_width": LATENT_WIDTH, "key_width": LATENT_WIDTH, "value_width": 0.0, "output_width": LATENT_OUTPUT}
    return widths | {"kv_heads": 1.0, "window": np.zeros((len(rows), 1, 1))}


def _predict(rows: pd.DataFrame, wanted: dict, cold: bool, latent: bool) -> dict:
    gpu, profile, numbers = device(wanted)
    kind = kv_type(wanted, profile)
    width = LATENT_WIDTH / 2 if latent else float(wanted["head_dim"])
    parameters = profile.attention(kind, width, str(wanted["kernel"]), latent)
    values = numbers | (_latent(rows) if latent else _heads(rows))
    unbounded = (values["window"] == 0) | bool(parameters.ignores_window)
    values |= {"window": np.where(unbounded, np.inf, values["window"]), "attends": 1.0, "codec_is_measured": 1.0}
    values |= {"batch": lead(rows["batch"]), "context": lead(rows["context"]), "query_heads": lead(rows["num_heads"])}
    values |= {"key_bits": KV_BYTES[kind], "value_bits": KV_BYTES[kind], "activation_size": 2.0}
    values |= {"warm": 0.0 if cold else 1.0, "kernel_width": parameters.head_dim}
    made = _on_path(values, parameters)
    latency, cache = (
        drop_model_axes(made["attention_time"]),
        drop_model_axes(made["batch"] * made["local_cached_heads"] * made["read_size"]),
    )
    launch = drop_model_axes(made["attention_floor"]) > latency / 2
    spread = np.where(launch, parameters.spread["launch"], parameters.spread["other"])
    streams = ~launch & ((cache > 2 * gpu.numbers["l2_size"]) | cold)
    spread = np.where(streams, parameters.spread["cold"], spread)
    told = result(latency, spread, parameters.kernel, parameters.origin, profile.id)
    return told | {"parameters": parameters.label}


def _on_path(values: dict, parameters: Parameters) -> Evaluator:
    """The evaluator with the path that the profile's rule picks for every call."""
    made = Evaluator(values, load_formulas().formulas)
    fallback = np.broadcast_to(takes_fallback(parameters.rule, made), made["batch"].shape)
    chosen = {n: np.where(fallback, parameters.fallback[n], v) for n, v in parameters.main.items()}
    return made.with_inputs(heads_per_work_unit=np.where(fallback, 1.0, made["group_size"]), **chosen)


DECODE = KernelSchema(
    ("gpu", "batch", "num_heads", "num_kv_heads", "head_dim", "context"),
    {"engine": "vllm", "kernel": "", "window": 0, "kv_dtype": "bfloat16"},
    lambda rows, wanted, cold: _predict(rows, wanted, cold, latent=False),
)
LATENT = KernelSchema(
    ("gpu", "batch", "num_heads", "context"),
    {"engine": "tensorrt-llm", "kernel": "", "kv_dtype": "bfloat16"},
    lambda rows, wanted, cold: _predict(rows, wanted, cold, latent=True),
)
