"""Measured rows of decode attention as columns of the formula, and the path that each call takes under a rule."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import sympy as sp

from calibration.design import SHAPE
from calibration.device import need
from calibration.law import MODULES
from calibration.sources.aiconfigurator import LATENT_RANK, LATENT_WIDTH
from costmodel.evaluation.compile.graph import plain
from costmodel.facts.kv_types import KV_BYTES
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
    cached.size_16bit,
    cached.local_cached_heads,
    formulas.conversion_work,
    formulas.unfused,
)
# What every attention benchmark holds: one GPU, the cache read again and again, its own format, decoded as it is read.
CONDITIONS = {
    symbols.attends: sp.Integer(1),
    symbols.warm: sp.Integer(1),
    symbols.ranks: sp.Integer(1),
    symbols.codec_is_measured: sp.Integer(1),
    formulas.unfused: sp.Integer(0),
    formulas.conversion_work: sp.Integer(0),
}


@dataclass(frozen=True)
class Dispatch:
    """Which calls leave the main path, and whether the kernel reads past its window."""

    rule: str = "none"
    ignores_window: bool = False


@cache
def _rule(name: str):
    condition = plain(RULES[name])
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
    key, value, answer = width, width, width
    if "latent" in rows:  # key and value are one latent, of which the answer uses all but the rotary part
        key, value, answer = 2 * width, 0 * width, width * (2 * LATENT_RANK / LATENT_WIDTH)
    table = {
        "batch": number["batch"],
        "context": number["context"],
        "window": window,
        "query_heads": number["query_heads"],
        "local_cached_heads": number["kv_heads"],
        "kept_tokens": np.minimum(number["context"], window),
        "key_elements": key,
        "value_elements": value,
        "key_bits": size,
        "size_16bit": 2 * (key + value),
        "query_width": key,
        "output_width": answer,
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
    table["read_size"] = table["read_tokens"] * (key + value) * size
    table["heads_per_work_unit"] = np.where(fallback, 1.0, number["query_heads"] / number["kv_heads"])
    return table, fallback


def matched(rows: pd.DataFrame) -> np.ndarray:
    """Row numbers (n × 2) of shapes that stand in the table in both KV types."""
    numbered = rows[SHAPE].assign(kv_dtype=rows["kv_dtype"].to_numpy(), row=np.arange(len(rows)))
    wide = numbered.pivot_table(index=SHAPE, columns="kv_dtype", values="row").dropna()
    return wide.to_numpy(int) if wide.shape[1] == 2 else np.zeros((0, 2), int)
