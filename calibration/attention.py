"""Fitting decode attention: the best dispatch rule, the numbers under it, and how far off they are.

One kernel family at one head width is one fit, both KV types together. The rule that says which calls leave the main
path, and whether the kernel ignores its window, are chosen by the cost of the fit on its own rows.
"""

from functools import cache

import numpy as np
import pandas as pd

from calibration.design import SEED, SHAPE, kv_bytes
from calibration.device import need
from calibration.fit import Fit, fit
from calibration.law import Law
from calibration.paths import CONDITIONS, KEPT, Dispatch, columns, matched
from calibration.ties import PATHS, Slots
from costmodel.formulas import attention as formulas
from costmodel.formulas.dispatch import RULES

RULE_PENALTY = 1.07
FOLDS = 10
LOOKS_AT_WINDOW = {"window", "window-or-single"}


@cache
def attention_law() -> Law:
    """Decode attention of one layer under the conditions of the benchmark."""
    return Law(formulas.attention_time, KEPT, CONDITIONS, floor=formulas.attention_floor)


def candidates(rows: pd.DataFrame, gpu: str) -> list[Dispatch]:
    """Dispatches that differ on these rows: rules that send some rows, but not all, to the fallback path."""
    found = []
    for rule in RULES:
        share = columns(rows, gpu, Dispatch(rule))[1].mean()
        if rule == "none" or 0 < share < 1:
            found.append(Dispatch(rule))
            if rule not in LOOKS_AT_WINDOW and (rows["window"] > 0).any():
                found.append(Dispatch(rule, ignores_window=True))
    return found


def fit_dispatch(rows: pd.DataFrame, gpu: str, dispatch: Dispatch, starts: int = 1) -> Fit:
    """The law fitted to the rows under one dispatch."""
    law, kinds = attention_law(), tuple(sorted(rows["kv_dtype"].unique()))
    slots = Slots(law.coefficients, kinds, PATHS if dispatch.rule != "none" else PATHS[:1])
    table, fallback = columns(rows, gpu, dispatch)
    case, seconds = slots.case(rows["kv_dtype"].to_numpy(), fallback), rows["latency_us"].to_numpy() * 1e-6
    begin, (low, high) = slots.start(), slots.bounds()
    for place, entry in enumerate(slots.entries):
        if entry.coefficient.name == "attention_launch":
            smallest = np.log(seconds[(rows["kv_dtype"] == entry.kv_dtype).to_numpy()].min())
            begin[place] = np.clip(smallest, low[place] + 0.1, high[place] - 0.1)
    return fit(law, slots, table, case, seconds, begin, starts, matched(rows))


def fit_attention(rows: pd.DataFrame, gpu: str, starts: int = 3) -> tuple[Dispatch, Fit]:
    """The best dispatch for the calibration rows, then the best of several starts under it."""
    tried = {dispatch: fit_dispatch(rows, gpu, dispatch) for dispatch in candidates(rows, gpu)}
    best = min(tried, key=lambda d: tried[d].cost * (1 if d.rule == "none" else RULE_PENALTY))
    return best, fit_dispatch(rows, gpu, best, starts)


def left_out_residuals(rows: pd.DataFrame, gpu: str, dispatch: Dispatch) -> np.ndarray:
    """Log residual of every row under a fit that saw neither it nor its shape in the other KV type: ten folds."""
    shape = rows.groupby(SHAPE).ngroup().to_numpy()
    fold = np.random.default_rng(SEED).permutation(shape.max() + 1)[shape] % FOLDS
    residual = np.zeros(len(rows))
    for one in range(FOLDS):
        inside, outside = rows[fold != one].reset_index(drop=True), rows[fold == one]
        found = fit_dispatch(inside, gpu, dispatch)
        table, fallback = columns(outside, gpu, dispatch)
        case = found.slots.case(outside["kv_dtype"].to_numpy(), fallback)
        time = found.law.time(table, found.slots.gather(found.logs, case))
        residual[fold == one] = np.log(1e6 * time / outside["latency_us"].to_numpy())
    return residual


def regimes(rows: pd.DataFrame, gpu: str, launch_bound: np.ndarray) -> np.ndarray:
    """``launch``, ``cold`` (more than twice the L2) or ``other`` for every row."""
    cold = kv_bytes(rows) > 2 * need(gpu, "l2_size")
    return np.where(launch_bound, "launch", np.where(cold, "cold", "other"))
