"""Calls that only move bytes: casting numbers to fp8 in a pass of their own, and all-reduce over the usual link of the GPU."""

import numpy as np
import pandas as pd

from costmodel.errors import InputError
from costmodel.evaluation.ask.kernels.device import latency_columns, load_device
from costmodel.evaluation.ask.kernels.table import KernelSchema, as_column
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts import links


def _quantize(rows: pd.DataFrame, fields: dict, cold: bool) -> dict:
    """m × k 16-bit numbers to fp8 with a static scale: the pass of codec.decode_pass_time, 2 bytes read and 1 written."""
    _, profile, numbers = load_device(fields)
    coefficients, origin = profile.section("codec", "codec_spread")
    values = (
        numbers | coefficients | {"attends": 1.0, "decoded_apart": 1.0, "local_cached_heads": 1.0, "read_tokens": 1.0}
    )
    values |= {
        "batch": as_column(rows["m"] * rows["k"]),
        "coded_size": 1.0,
        "decoded_size": 2.0,
        "reconstruction_time": 0.0,
    }
    latency = drop_model_axes(Evaluator(values, load_formulas().formulas)["decode_pass_time"])
    return latency_columns(
        latency, np.full(latency.shape, coefficients["codec_spread"]), "quantize fp8", origin, profile.id
    )


def _all_reduce(rows: pd.DataFrame, fields: dict, cold: bool) -> dict:
    """A message of that many bytes on every GPU of one node."""
    gpu, profile, numbers = load_device(fields)
    if rows["num_gpus"].to_numpy().min() < 2:
        raise InputError("num_gpus: expected at least 2, got 1: one GPU reduces nothing")
    coefficients, origin = profile.section("all_reduce", "reduce_spread")
    link = links.between(gpu, int(rows["num_gpus"].to_numpy().max()))
    values = numbers | coefficients | link.inputs(gpu, 2) | {"activation_size": 1.0, "forward_tokens": 1.0}
    values |= {"ranks": as_column(rows["num_gpus"])}
    values["reduces_in_ring"] = as_column(rows["num_gpus"] > link.direct_ranks)
    latency = drop_model_axes(
        Evaluator(values | {"hidden_size": as_column(rows["message_bytes"])}, load_formulas().formulas)[
            "all_reduce_time"
        ]
    )
    return latency_columns(
        latency, np.full(latency.shape, coefficients["reduce_spread"]), "all-reduce", origin, profile.id
    )


QUANTIZE = KernelSchema(("gpu", "m", "k"), {"engine": "vllm"}, _quantize)
ALL_REDUCE = KernelSchema(("gpu", "num_gpus", "message_bytes"), {"engine": "vllm"}, _all_reduce)
