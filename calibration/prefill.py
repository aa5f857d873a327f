"""Fitting prefill attention: one kernel family at one head width is one fit, both KV types together.

The KV type only says what the cache is written in: the arithmetic is 16-bit in all rows. There is one path.
"""

from functools import cache

import numpy as np
import pandas as pd
import sympy as sp

from calibration.design import SEED, SHAPE
from calibration.device import need
from calibration.fit import Fit, fit
from calibration.law import Law
from calibration.paths import matched
from calibration.ties import Slots
from costmodel.facts.kv_types import KV_BYTES
from costmodel.formulas import cache as cached
from costmodel.formulas.prefill_attention import prefill_attention_time
from costmodel.language import symbols

FOLDS = 10
KEPT = (cached.coded_size, cached.size_16bit, cached.local_cached_heads)
CONDITIONS = {symbols.attends: sp.Integer(1), symbols.ranks: sp.Integer(1)}


@cache
def prefill_law() -> Law:
    """Prefill attention of one layer on an empty cache."""
    return Law(prefill_attention_time, KEPT, CONDITIONS)


def columns(rows: pd.DataFrame, gpu: str) -> dict:
    """Inputs of the law as columns; a window of 0 is none."""
    width = rows["head_dim"].to_numpy(float)
    return {
        "prompts": rows["batch"].to_numpy(float),
        "context": rows["context"].to_numpy(float),
        "window": np.where(rows["window"] > 0, rows["window"], np.inf).astype(float),
        "query_heads": rows["query_heads"].to_numpy(float),
        "local_cached_heads": rows["kv_heads"].to_numpy(float),
        "size_16bit": 4 * width,
        "coded_size": 2 * width * rows["kv_dtype"].map(KV_BYTES).to_numpy(float),
        "expanded_key_width": width,
        "expanded_value_width": width,
        "activation_size": 2.0,
        "hbm_bandwidth": need(gpu, "hbm_bandwidth"),
        "peak_16bit": need(gpu, "peak_16bit"),
        "sms": need(gpu, "sms"),
    }


def fit_prefill(rows: pd.DataFrame, gpu: str, starts: int = 3) -> Fit:
    """The law fitted to the rows, once from a kernel that skips what its window hides and once from one that does not."""
    law, kinds = prefill_law(), tuple(sorted(rows["kv_dtype"].unique()))
    slots, seconds = Slots(law.coefficients, kinds), rows["latency_us"].to_numpy() * 1e-6
    case, table = slots.case(rows["kv_dtype"].to_numpy(), np.zeros(len(rows), bool)), columns(rows, gpu)
    ways = (None, 1.0) if (rows["window"] > 0).any() else (None,)
    found = [fit(law, slots, table, case, seconds, _begin(slots, rows, way), starts, matched(rows)) for way in ways]
    return min(found, key=lambda one: one.cost)


def _begin(slots: Slots, rows: pd.DataFrame, unskipped: float | None) -> np.ndarray:
    """Logarithms of the starts; the launch starts at the smallest latency of its KV type."""
    begin, (low, high) = slots.start(), slots.bounds()
    for place, entry in enumerate(slots.entries):
        if entry.coefficient.name == "prefill_launch":
            smallest = rows["latency_us"][rows["kv_dtype"] == entry.kv_dtype].min() * 1e-6
            begin[place] = np.clip(np.log(smallest), low[place] + 0.1, high[place] - 0.1)
        if entry.coefficient.name == "prefill_unskipped" and unskipped is not None:
            begin[place] = np.log(unskipped)
    return begin


def left_out_residuals(rows: pd.DataFrame, gpu: str) -> np.ndarray:
    """Log residual of every row under a fit that saw neither it nor its shape in the other KV type: ten folds."""
    shape = rows.groupby(SHAPE).ngroup().to_numpy()
    fold = np.random.default_rng(SEED).permutation(shape.max() + 1)[shape] % FOLDS
    residual = np.zeros(len(rows))
    for one in range(FOLDS):
        inside, outside = rows[fold != one].reset_index(drop=True), rows[fold == one]
        found = fit_prefill(inside, gpu, starts=1)
        case = found.slots.case(outside["kv_dtype"].to_numpy(), np.zeros(len(outside), bool))
        time = found.law.time(columns(outside, gpu), found.slots.gather(found.logs, case))
        residual[fold == one] = np.log(1e6 * time / outside["latency_us"].to_numpy())
    return residual
