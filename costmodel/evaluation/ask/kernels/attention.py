"""Calls of decode attention, over heads or over a latent that all heads share (MLA)."""

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.kernels.device import latency_columns, load_device, resolve_kv_type
from costmodel.evaluation.ask.kernels.table import KernelSchema, as_column
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.paths import takes_fallback
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.kv_types import KV_BYTES
from costmodel.facts.layers import PLAIN
from costmodel.facts.profiles import Parameters

# 512 numbers of the latent and 64 of the rotary key (DeepSeek-V2, section 2.1)
LATENT_WIDTH, LATENT_OUTPUT = 576.0, 512.0


def _heads(rows: pd.DataFrame) -> dict:
    widths = dict.fromkeys(("query_width", "key_width", "value_width", "output_width"), as_column(rows["head_dim"]))
    return widths | {"kv_heads": as_column(rows["num_kv_heads"]), "window": as_column(rows["window"])}


def _latent(rows: pd.DataFrame) -> dict:
    widths = {"query_width": LATENT_WIDTH, "key_width": LATENT_WIDTH, "value_width": 0.0, "output_width": LATENT_OUTPUT}
    return widths | {"kv_heads": 1.0, "window": np.zeros((len(rows), 1, 1))}


def _predict(rows: pd.DataFrame, fields: dict, cold: bool, latent: bool) -> dict:
    gpu, profile, numbers = load_device(fields)
    kv_dtype = resolve_kv_type(fields, profile)
    width = LATENT_WIDTH / 2 if latent else float(fields["head_dim"])
    parameters = profile.attention(kv_dtype, width, str(fields["kernel"]), latent)
    values = numbers | (_latent(rows) if latent else _heads(rows))
    unbounded = (values["window"] == 0) | bool(parameters.ignores_window)
    values |= {"window": np.where(unbounded, np.inf, values["window"]), "attends": 1.0} | PLAIN
    values |= {"codec_is_measured": 1.0, "kernel_is_ideal": 0.0}
    values |= {"floor_in_step": 1.0, "streaming_in_step": 1.0}
    values |= {
        "batch": as_column(rows["batch"]),
        "context": as_column(rows["context"]),
        "query_heads": as_column(rows["num_heads"]),
    }
    values |= {"key_bits": KV_BYTES[kv_dtype], "value_bits": KV_BYTES[kv_dtype], "activation_size": 2.0}
    values |= {"warm": 0.0 if cold else 1.0, "kernel_width": parameters.head_dim}
    call = _on_path(values, parameters)
    latency = drop_model_axes(call["attention_time"])
    cache = drop_model_axes(call["batch"] * call["local_cached_heads"] * call["read_size"])
    launch = drop_model_axes(call["attention_floor"]) > latency / 2
    spread = np.where(launch, parameters.spread["launch"], parameters.spread["other"])
    streams = ~launch & ((cache > 2 * gpu.numbers["l2_size"]) | cold)
    spread = np.where(streams, parameters.spread["cold"], spread)
    columns = latency_columns(latency, spread, parameters.kernel, parameters.origin, profile.id)
    return columns | {"parameters": parameters.label}


def _on_path(values: dict, parameters: Parameters) -> Evaluator:
    """The evaluator with the path that the profile's rule picks for every call."""
    call = Evaluator(values, load_formulas().formulas)
    fallback = np.broadcast_to(takes_fallback(parameters.rule, call), call["batch"].shape)
    coefficients = {n: np.where(fallback, parameters.fallback[n], v) for n, v in parameters.main.items()}
    return call.with_inputs(heads_per_work_unit=np.where(fallback, 1.0, call["group_size"]), **coefficients)


DECODE = KernelSchema(
    ("gpu", "batch", "num_heads", "num_kv_heads", "head_dim", "context"),
    {"engine": "vllm", "kernel": "", "window": 0, "kv_dtype": "bfloat16"},
    lambda rows, fields, cold: _predict(rows, fields, cold, latent=False),
)
LATENT = KernelSchema(
    ("gpu", "batch", "num_heads", "context"),
    {"engine": "tensorrt-llm", "kernel": "", "kv_dtype": "bfloat16"},
    lambda rows, fields, cold: _predict(rows, fields, cold, latent=True),
)
