"""Measured rows as the inputs of a law, in base units: what the rows state, and what the formulas make of it.

Quantities that follow from others (bytes read, heads on a GPU) come from the project's formulas through an evaluator over
the columns; nothing is typed a second time here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.data.aiconfigurator import LATENT_RANK, LATENT_WIDTH
from calibration.data.gpu_numbers import require_number
from calibration.data.shapes import windows
from costmodel.errors import UnknownName
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.paths import takes_fallback
from costmodel.evaluation.assemble.routing import with_routing
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.gpus import GPU
from costmodel.facts.kv_types import KV_BYTES
from costmodel.facts.layers import PLAIN
from costmodel.facts.weight_types import GROUPED_TYPES, WEIGHT_TYPES

ACTIVATION_SIZE = 2.0  # bytes of an activation in all measurements
# Type of the measured tables -> bytes of a weight, bytes of an input, the tensor throughput that its arithmetic uses. Types
# that share a table come after the one that was measured.
PRODUCT_TYPES = {kind.gemm: (kind.weight, kind.input, f"peak_{kind.peak}") for kind in reversed(WEIGHT_TYPES.values())}


@dataclass(frozen=True)
class Dispatch:
    """Which calls leave the main path of decode attention, and whether the kernel reads past its window."""

    rule: str = "none"
    ignores_window: bool = False


def attention_columns(rows: pd.DataFrame, gpu: GPU, dispatch: Dispatch) -> tuple[Mapping[str, np.ndarray], np.ndarray]:
    """Inputs of the law of decode attention by name, and a mask of the rows on the fallback path.

    Every benchmark of attention runs on one GPU. Rows with a column ``latent`` read one latent of 576 numbers, of which the
    answer uses all but the rotary part.
    """
    inputs = _call_inputs(rows, gpu) | PLAIN
    inputs |= {"query_width": inputs["key_width"], "kernel_width": rows["head_dim"].to_numpy(float)}
    inputs |= {"output_width": inputs["key_width"], "l2_size": gpu.numbers["l2_size"]}
    if "latent" in rows:
        width = rows["head_dim"].to_numpy(float)
        inputs |= {"key_width": 2 * width, "value_width": 0.0, "query_width": 2 * width}
        inputs |= {"output_width": width * (2 * LATENT_RANK / LATENT_WIDTH)}
    evaluator = _evaluator(inputs)
    fallback = np.broadcast_to(takes_fallback(dispatch.rule, evaluator), len(rows))
    if dispatch.ignores_window:
        evaluator = _evaluator(inputs | {"window": np.full(len(rows), np.inf)})
    return evaluator.with_inputs(heads_per_work_unit=np.where(fallback, 1.0, evaluator["group_size"])), fallback


def prefill_columns(rows: pd.DataFrame, gpu: GPU) -> Mapping[str, np.ndarray]:
    """Inputs of the law of prefill attention by name; the prompt is the context."""
    width = rows["head_dim"].to_numpy(float)
    inputs = _call_inputs(rows, gpu) | PLAIN | {"prompts": rows["batch"].to_numpy(float)}
    inputs |= {"expanded_key_width": width, "expanded_value_width": width, "peak_16bit": gpu.numbers["peak_16bit"]}
    return _evaluator(inputs)


def gemm_columns(rows: pd.DataFrame, gpu: GPU) -> Mapping[str, np.ndarray | float]:
    """Inputs of the law of a matrix product by name; all rows are of one type.

    Raises UnknownName for a type whose bytes and throughput are not defined, InputError where the GPU states no throughput.
    """
    (dtype,) = rows["dtype"].unique()
    if dtype not in PRODUCT_TYPES:
        raise UnknownName("type of a matrix product", dtype, PRODUCT_TYPES)
    weight_size, input_size, peak = PRODUCT_TYPES[dtype]
    return _gpu_inputs(gpu) | {
        "rows": rows["m"].to_numpy(float),
        "columns": rows["n"].to_numpy(float),
        "inner": rows["k"].to_numpy(float),
        "weight_size": weight_size,
        "input_size": input_size,
        "peak": require_number(gpu, peak),
    }


def grouped_columns(rows: pd.DataFrame, gpu: GPU) -> Mapping[str, np.ndarray | float]:
    """Inputs of the law of a grouped product by name, as its benchmark routes and in L2 as it leaves it; one type alone."""
    (dtype,) = rows["dtype"].unique()
    names = ("hidden_size", "experts", "experts_per_token", "tokens", "intermediate_size", "matrices", "tp", "ep")
    of = {name: rows[name].to_numpy(float) for name in names}
    kind = GROUPED_TYPES[dtype]
    inputs = _gpu_inputs(gpu) | {name: of[name] for name in ("hidden_size", "experts", "experts_per_token")}
    inputs |= {"expert_tokens": of["tokens"], "expert_intermediate_size": of["intermediate_size"]}
    inputs |= {"feed_forward_matrices": of["matrices"], "expert_gpus": of["tp"] * of["ep"], "expert_ranks": of["ep"]}
    inputs |= {"expert_weight_size": kind.weight, "expert_input_size": kind.input}
    inputs |= {"expert_peak": require_number(gpu, f"peak_{kind.peak}"), "l2_size": gpu.numbers["l2_size"], "warm": 1.0}
    return with_routing(_evaluator(inputs), rows["routing"].tolist())


def all_reduce_columns(rows: pd.DataFrame, gpu: GPU) -> Mapping[str, np.ndarray | float]:
    """Inputs of the law of the all-reduce by name: the message is one token as wide as its numbers."""
    return {
        "ranks": rows["ranks"].to_numpy(float),
        "hidden_size": rows["elements"].to_numpy(float),
        "forward_tokens": 1.0,
        "activation_size": ACTIVATION_SIZE,
        "link_bandwidth": require_number(gpu, "link_bandwidth"),
    }


def codec_columns(rows: pd.DataFrame, gpu: GPU) -> Mapping[str, np.ndarray | float]:
    """Inputs of the law of a codec pass by name: 2 bytes read and 1 byte written for each of m × k numbers."""
    return {
        "batch": rows["m"].to_numpy(float) * rows["k"].to_numpy(float),
        "local_cached_heads": 1.0,
        "read_tokens": 1.0,
        "coded_size": 1.0,
        "decoded_size": 2.0,
        "hbm_bandwidth": gpu.numbers["hbm_bandwidth"],
    }


def _call_inputs(rows: pd.DataFrame, gpu: GPU) -> dict:
    """What a call of attention over keys and values of one width states."""
    inputs = {name: rows[name].to_numpy(float) for name in ("batch", "context", "query_heads", "kv_heads")}
    width, size = rows["head_dim"].to_numpy(float), rows["kv_dtype"].map(KV_BYTES).to_numpy(float)
    inputs |= {"key_width": width, "value_width": width, "key_bits": size, "value_bits": size}
    return inputs | _gpu_inputs(gpu) | {"window": windows(rows), "ranks": 1.0}


def _gpu_inputs(gpu: GPU) -> dict[str, float]:
    numbers = {name: gpu.numbers[name] for name in ("hbm_bandwidth", "sms")}
    return numbers | {"activation_size": ACTIVATION_SIZE}


def _evaluator(inputs: Mapping) -> Evaluator:
    return Evaluator(inputs, load_formulas().formulas)
