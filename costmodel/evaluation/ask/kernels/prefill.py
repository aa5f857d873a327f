"""Calls of prefill attention: a batch of prompts of one length, nothing cached before them."""

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.kernels.device import latency_columns, load_device, resolve_kv_type
from costmodel.evaluation.ask.kernels.table import KernelSchema, as_column
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.kv_types import KV_BYTES
from costmodel.facts.layers import PLAIN


def _predict(rows: pd.DataFrame, fields: dict, cold: bool) -> dict:
    _, profile, numbers = load_device(fields)
    kv_dtype = resolve_kv_type(fields, profile)
    parameters = profile.prefill(kv_dtype, float(fields["head_dim"]), str(fields["kernel"]))
    head, window = as_column(rows["head_dim"]), as_column(rows["window"])
    values = numbers | dict.fromkeys(("key_width", "value_width", "expanded_key_width", "expanded_value_width"), head)
    values |= {"query_heads": as_column(rows["num_heads"]), "kv_heads": as_column(rows["num_kv_heads"]), "attends": 1.0}
    values |= {"prompts": as_column(rows["batch"]), "context": as_column(rows["prompt_len"]), "activation_size": 2.0}
    values |= {"window": np.where(window == 0, np.inf, window)} | PLAIN
    values |= {"key_bits": KV_BYTES[kv_dtype], "value_bits": KV_BYTES[kv_dtype]} | parameters.main
    latency = drop_model_axes(Evaluator(values, load_formulas().formulas)["prefill_attention_time"])
    spread = np.full(latency.shape, parameters.main["prefill_spread"])
    columns = latency_columns(latency, spread, parameters.kernel, parameters.origin, profile.id)
    return columns | {"parameters": parameters.label}


PREFILL = KernelSchema(
    ("gpu", "batch", "num_heads", "num_kv_heads", "head_dim", "prompt_len"),
    {"engine": "vllm", "kernel": "", "window": 0, "kv_dtype": "bfloat16"},
    _predict,
)
