"""Calls of a matrix product of m rows with n × k weights."""

import numpy as np
import pandas as pd

from costmodel.errors import UnknownName
from costmodel.evaluation.ask.kernels.device import latency_columns, load_device
from costmodel.evaluation.ask.kernels.table import KernelSchema, as_column
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.products import FEW_ROWS
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.weight_types import ALIASES, WEIGHT_TYPES

TABLE_NAMES = {"fp8_block": "fp8-block", "int8_wo": "int8", "int4_wo": "int4"}


def _predict(rows: pd.DataFrame, fields: dict, cold: bool) -> dict:
    gpu, profile, numbers = load_device(fields)
    name = str(fields["dtype"]).lower()
    kind = WEIGHT_TYPES.get(TABLE_NAMES.get(name) or ALIASES.get(name, name))
    if kind is None:
        raise UnknownName("dtype", name, [*WEIGHT_TYPES, *ALIASES, *TABLE_NAMES])
    coefficients, used = profile.gemm(kind.gemm)
    values = (
        {"rows": as_column(rows["m"]), "columns": as_column(rows["n"]), "inner": as_column(rows["k"])}
        | numbers
        | coefficients
    )
    values |= {
        "weight_size": kind.weight,
        "input_size": kind.input,
        "activation_size": 2.0,
        "products_in_step": 1.0,
        "peak": gpu.peak(kind.peak),
    }
    latency = drop_model_axes(Evaluator(values, load_formulas().formulas)["product_time"])
    few = rows["m"].to_numpy() <= FEW_ROWS
    spread = np.where(few, coefficients["gemm_spread"], coefficients["gemm_spread_large"])
    return latency_columns(latency, spread, f"gemm {used}", profile)


PRODUCT = KernelSchema(("gpu", "m", "n", "k"), {"engine": "vllm", "dtype": "bfloat16"}, _predict)
