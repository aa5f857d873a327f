"""Calls of prefill attention: a batch of prompts of one length, nothing cached before them."""

import numpy as np
import pandas as pd

from costmodel.evaluation.ask.kernels.device import device, kv_type, result
from costmodel.evaluation.ask.kernels.table import KernelSchema, lead
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.kv_types import KV_BYTES


def _predict(rows: pd.DataFrame, wanted: dict, cold: bool) -> dict:
    _, profile, numbers = device(wanted)
    kind = kv_type(wanted, profile)
    parameters = profile.prefill(kind, float(wanted["head_dim"]), str(wanted["kernel"]))
    head, window = lead(rows["head_dim"]), lead(rows["window"])
    values = numbers | dict.fromkeys(("key_width", "value_width", "expanded_key_width", "expanded_value_width"), head)
    values |= {"query_heads": lead(rows["num_heads"]), "kv_heads": lead(rows["num_kv_heads"]), "attends": 1.0}
    values |= {"prompts": lead(rows["batch"]), "context": lead(rows["prompt_len"]), "activation_size": 2.0}
    values |= {"window": np.where(window == 0, np.inf, window)}
    values |= {"key_bits": KV_BYTES[kind], "value_bits": KV_BYTES[kind]} | parameters.main
    latency = drop_model_axes(Evaluator(values, load_formulas().formulas)["prefill_attention_time"])
    spread = np.full(latency.shape, parameters.main["prefill_spread"])
    told = result(latency, spread, parameters.kernel, parameters.origin, profile.id)
    return told | {"parameters": parameters.label}


PREFILL = KernelSchema(
    ("gpu", "batch", "num_heads", "num_kv_heads", "head_dim", "prompt_len"),
    {"engine": "vllm", "kernel": "", "window": 0, "kv_dtype": "bfloat16"},
    _predict,
)
