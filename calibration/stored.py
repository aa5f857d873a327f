"""Predictions from the tables of a profile, as they stand in the file: what errors are computed from."""

import numpy as np
import pandas as pd

from calibration import attention, gemm, prefill, small
from calibration.law import Law
from costmodel.errors import InputError
from costmodel.language.units import parse_quantity


def attention_prediction(table: dict, rows: pd.DataFrame, gpu: str) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds of decode attention, and which rows are launch-bound: floor above half of the time."""
    law, dispatch = attention.attention_law(), attention.Dispatch(table["rule"], table["ignores_window"])
    columns, fallback = attention.columns(rows, gpu, dispatch)
    kinds = list(table["kv_dtypes"])
    case = rows["kv_dtype"].map({name: place for place, name in enumerate(kinds)}).to_numpy(int) + len(kinds) * fallback
    paths = ("main", "fallback") if fallback.any() else ("main",)
    values = np.array([_numbers(law, _merged(table, path, kind)) for path in paths for kind in kinds]).T[:, case]
    time = law.time(columns, values)
    return time * 1e6, law.floor(columns, values) > 0.5 * time


def attention_spread(table: dict, rows: pd.DataFrame, regime: np.ndarray) -> np.ndarray:
    """Log spread of every row by its KV type and regime, as the profile states it."""
    return np.array([table["spread"][kind][part] for kind, part in zip(rows["kv_dtype"], regime, strict=True)])


def prefill_prediction(table: dict, rows: pd.DataFrame, gpu: str) -> np.ndarray:
    """Microseconds of prefill attention."""
    law, kinds = prefill.prefill_law(), list(table["kv_dtypes"])
    case = rows["kv_dtype"].map({name: place for place, name in enumerate(kinds)}).to_numpy(int)
    values = np.array([_numbers(law, _merged(table, "main", kind)) for kind in kinds]).T[:, case]
    return 1e6 * law.time(prefill.columns(rows, gpu), values)


def gemm_prediction(table: dict, rows: pd.DataFrame, gpu: str) -> np.ndarray:
    """Microseconds of matrix products of the table's type."""
    law = gemm.gemm_law()
    return 1e6 * law.time(gemm.columns(rows, gpu), np.array(_numbers(law, table["values"])))


def all_reduce_prediction(table: dict, rows: pd.DataFrame, gpu: str) -> np.ndarray:
    """Microseconds of all-reduces."""
    law = small.all_reduce_law()
    return 1e6 * law.time(small.all_reduce_columns(rows, gpu), np.array(_numbers(law, table["values"])))


def codec_prediction(table: dict, rows: pd.DataFrame, gpu: str) -> np.ndarray:
    """Microseconds of casts to fp8."""
    law = small.codec_law()
    return 1e6 * law.time(small.codec_columns(rows, gpu), np.array(_numbers(law, table["values"])))


def _merged(table: dict, path: str, kind: str) -> dict:
    main = table["shared"] | table["main"][kind]
    return main if path == "main" else main | table["fallback"][kind]


def _numbers(law: Law, texts: dict) -> list[float]:
    missing = [c.name for c in law.coefficients if c.name not in texts]
    if missing:
        raise InputError(f"the profile's table for {law.name} lacks {', '.join(missing)}")
    return [parse_quantity(texts[c.name], c.unit) for c in law.coefficients]
