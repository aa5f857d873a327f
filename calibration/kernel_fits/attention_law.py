"""Fitting decode attention: the law under the conditions of the benchmarks, and the dispatch that explains the rows best.

The rule by which calls leave the main path, and whether the kernel ignores its window, are selected by the cost of the fit
on its own rows.
"""

from functools import cache

import numpy as np
import pandas as pd
import sympy as sp

from calibration.data.columns import Dispatch, attention_columns
from calibration.data.shapes import kv_bytes, kv_dtype_pairs
from calibration.fitting.least_squares import Fit, fit_law
from calibration.fitting.parameter_layout import PATHS, ParameterLayout
from costmodel.evaluation.compile.residual import CompiledLaw
from costmodel.facts.gpus import GPU
from costmodel.formulas import attention as formulas
from costmodel.formulas import cache as cache_formulas
from costmodel.formulas.dispatch import RULES
from costmodel.language import symbols

RULE_PENALTY = 1.07  # by which another rule must lower the cost to be preferred over none
LOOKS_AT_WINDOW = {"window", "window-or-single"}
NOT_EXPANDED = (
    cache_formulas.read_tokens,
    cache_formulas.read_size,
    cache_formulas.kept_tokens,
    cache_formulas.key_elements,
    cache_formulas.value_elements,
    cache_formulas.key_bits,
    cache_formulas.size_16bit,
    cache_formulas.local_cached_heads,
    formulas.conversion_work,
    formulas.unfused,
)
# What every attention benchmark holds: one GPU, the cache read again and again, its own format, decoded as it is read.
CONDITIONS = {
    symbols.attends: sp.Integer(1),
    symbols.warm: sp.Integer(1),
    symbols.ranks: sp.Integer(1),
    symbols.codec_is_measured: sp.Integer(1),
    symbols.kernel_is_ideal: sp.Integer(0),
    formulas.unfused: sp.Integer(0),
    formulas.conversion_work: sp.Integer(0),
    formulas.units_to_fill: sp.Integer(1),
    formulas.floor_in_step: sp.Integer(1),
    formulas.streaming_in_step: sp.Integer(1),
    formulas.split_slowdown: sp.Integer(1),
    formulas.split_limit: sp.Integer(10) ** 9,
}


@cache
def attention_law() -> CompiledLaw:
    """Decode attention of one layer under the conditions of the benchmark."""
    return CompiledLaw(formulas.attention_time, NOT_EXPANDED, CONDITIONS, floor=formulas.attention_floor)


def candidates(rows: pd.DataFrame, gpu: GPU) -> list[Dispatch]:
    """Dispatches that differ on these rows: rules that send some rows, but not all, to the fallback path."""
    dispatches = []
    for rule in RULES:
        fraction = attention_columns(rows, gpu, Dispatch(rule))[1].mean()
        if rule == "none" or 0 < fraction < 1:
            dispatches.append(Dispatch(rule))
            if rule not in LOOKS_AT_WINDOW and (rows["window"] > 0).any():
                dispatches.append(Dispatch(rule, ignores_window=True))
    return dispatches


def fit_dispatch(
    rows: pd.DataFrame, gpu: GPU, dispatch: Dispatch, starts: int = 1, held: dict[str, float] | None = None
) -> Fit:
    """The law fitted to the rows under one dispatch; ``held`` names coefficients that stay at a number, in base units."""
    law, kv_dtypes = attention_law(), tuple(sorted(rows["kv_dtype"].unique()))
    paths = PATHS if dispatch.rule != "none" else PATHS[:1]
    layout = ParameterLayout(law.coefficients, kv_dtypes, paths, held or {})
    columns, fallback = attention_columns(rows, gpu, dispatch)
    kv_dtype, seconds = rows["kv_dtype"].to_numpy(), rows["latency_us"].to_numpy() * 1e-6
    start = layout.start_at_latencies(seconds, kv_dtype)
    return fit_law(law, layout, columns, layout.case(kv_dtype, fallback), seconds, start, starts, kv_dtype_pairs(rows))


def fit_attention(rows: pd.DataFrame, gpu: GPU, starts: int = 3) -> tuple[Dispatch, Fit]:
    """The best dispatch for the calibration rows, and the best of several starts under it."""
    fits = {dispatch: fit_dispatch(rows, gpu, dispatch) for dispatch in candidates(rows, gpu)}
    best = min(fits, key=lambda dispatch: fits[dispatch].cost * (1 if dispatch.rule == "none" else RULE_PENALTY))
    return best, fit_dispatch(rows, gpu, best, starts)


def predict_fit(fit: Fit, rows: pd.DataFrame, gpu: GPU, dispatch: Dispatch) -> np.ndarray:
    """Seconds that a fit under a dispatch predicts for further rows."""
    columns, fallback = attention_columns(rows, gpu, dispatch)
    return fit.time(columns, rows["kv_dtype"].to_numpy(), fallback)


def regimes(rows: pd.DataFrame, gpu: GPU, launch_bound: np.ndarray) -> np.ndarray:
    """``launch``, ``cold`` (more than twice the L2) or ``other`` for every row; ``launch_bound`` is a mask."""
    cold = kv_bytes(rows) > 2 * gpu.numbers["l2_size"]
    return np.where(launch_bound, "launch", np.where(cold, "cold", "other"))
