"""Fitting decode attention: rows → columns of the formula, the path each call takes, the best dispatch rule.

One kernel family at one head width is one fit, both KV types together. The rule that says which calls leave the main
path, and whether the kernel ignores its window, are chosen by the cost of the fit on its own rows.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import sympy as sp

from calibration.design import KV_BYTES, SHAPE, kv_bytes
from calibration.device import need
from calibration.fit import Fit, fit
from calibration.law import MODULES, Law
from calibration.ties import PATHS, Slots
from costmodel.evaluation.compile import plain
from costmodel.formulas import attention as formulas
from costmodel.formulas import cache as cached
from costmodel.formulas.dispatch import RULES
from costmodel.language import symbols
from costmodel.language.quantity import Formula

KEPT = (
    cached.read_tokens,
    cached.read_size,
    cached.kept_tokens,
    cached.key_elements,
    cached.value_elements,
    cached.key_bits,
    cached.plain_size,
    cached.local_cached_heads,
    formulas.conversion_work,
    formulas.unfused,
)
# What every attention benchmark holds: one GPU, the cache read again and again, its own format, decoded as it is read.
CONDITIONS = {
    symbols.attends: sp.Integer(1),
    symbols.warm: sp.Integer(1),
    symbols.ranks: sp.Integer(1),
    symbols.native_codec: sp.Integer(1),
    formulas.unfused: sp.Integer(0),
    formulas.conversion_work: sp.Integer(0),
}
RULE_PENALTY = 1.07
NO_WINDOW = 10**15
LOOKS_AT_WINDOW = {"window", "window-or-single", "masked-or-grouped"}


@dataclass(frozen=True)
class Dispatch:
    """Which calls leave the main path, and whether the kernel reads past its window."""

    rule: str = "none"
    ignores_window: bool = False


@cache
def attention_law() -> Law:
    """Decode attention of one layer under the conditions of the benchmark."""
    return Law(formulas.attention_time, KEPT, CONDITIONS, floor=formulas.attention_floor)


def _condition(name: str):
    # SymPy holds a real symbol to be finite, so that window < oo is true of every row; a large number is as good.
    if RULES[name] == sp.true:
        cut = symbols.window < NO_WINDOW
        return cut if name == "window" else cut | RULES["single"]
    return RULES[name]


@cache
def _rule(name: str):
    condition = plain(_condition(name))
    while inner := {s: plain(s.definition) for s in condition.free_symbols if isinstance(s, Formula) and s not in KEPT}:
        condition = condition.xreplace(inner)
    condition = condition.xreplace({symbols.ranks: sp.Integer(1)})
    arguments = sorted(condition.free_symbols, key=str)
    return [a.name for a in arguments], sp.lambdify(arguments, condition, modules=MODULES)


def columns(rows: pd.DataFrame, gpu: str, dispatch: Dispatch) -> tuple[dict, np.ndarray]:
    """Inputs of the law as columns, and a mask of the rows on the fallback path."""
    number = {name: rows[name].to_numpy(float) for name in ("batch", "context", "query_heads", "kv_heads", "head_dim")}
    window = np.where(rows["window"] > 0, rows["window"], np.inf).astype(float)
    size, width = rows["kv_dtype"].map(KV_BYTES).to_numpy(float), number["head_dim"]
    table = {
        "batch": number["batch"],
        "context": number["context"],
        "window": window,
        "query_heads": number["query_heads"],
        "local_cached_heads": number["kv_heads"],
        "kept_tokens": np.minimum(number["context"], window),
        "key_elements": width,
        "value_elements": width,
        "key_bits": size,
        "plain_size": 4 * width,
        "query_width": width,
        "output_width": width,
        "kernel_width": width,
        "activation_size": 2.0,
        "hbm_bandwidth": need(gpu, "hbm_bandwidth"),
        "sms": need(gpu, "sms"),
        "l2_size": need(gpu, "l2_size"),
    }
    names, decide = _rule(dispatch.rule)
    fallback = np.broadcast_to(np.asarray(decide(*(table[name] for name in names)), bool), len(rows))
    if dispatch.ignores_window:
        table["window"] = np.full(len(rows), np.inf)
    table["read_tokens"] = np.minimum(number["context"], table["window"])
    table["read_size"] = table["read_tokens"] * 2 * width * size
    table["shared_heads"] = np.where(fallback, 1.0, number["query_heads"] / number["kv_heads"])
    return table, fallback


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
        if entry.coefficient.name == "launch":
            smallest = np.log(seconds[(rows["kv_dtype"] == entry.kv_dtype).to_numpy()].min())
            begin[place] = np.clip(smallest, low[place] + 0.1, high[place] - 0.1)
    return fit(law, slots, table, case, seconds, begin, starts, matched(rows))


def matched(rows: pd.DataFrame) -> np.ndarray:
    """Row numbers (n × 2) of shapes that stand in the table in both KV types."""
    numbered = rows[SHAPE].assign(kv_dtype=rows["kv_dtype"].to_numpy(), row=np.arange(len(rows)))
    wide = numbered.pivot_table(index=SHAPE, columns="kv_dtype", values="row").dropna()
    return wide.to_numpy(int) if wide.shape[1] == 2 else np.zeros((0, 2), int)


def fit_attention(rows: pd.DataFrame, gpu: str, starts: int = 3) -> tuple[Dispatch, Fit]:
    """The best dispatch for the calibration rows, then the best of several starts under it."""
    tried = {dispatch: fit_dispatch(rows, gpu, dispatch) for dispatch in candidates(rows, gpu)}
    best = min(tried, key=lambda d: tried[d].cost * (1 if d.rule == "none" else RULE_PENALTY))
    return best, fit_dispatch(rows, gpu, best, starts)


def regimes(rows: pd.DataFrame, gpu: str, launch_bound: np.ndarray) -> np.ndarray:
    """``launch``, ``cold`` (more than twice the L2) or ``other`` for every row."""
    cold = kv_bytes(rows) > 2 * need(gpu, "l2_size")
    return np.where(launch_bound, "launch", np.where(cold, "cold", "other"))
