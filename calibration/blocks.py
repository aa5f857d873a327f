"""One fit, from measured rows to the block of a profile: numbers, spreads from its own rows, errors on the rest.

Errors on held-out rows are computed from the numbers as they stand in the file; nothing is chosen by them.
"""

import numpy as np
import pandas as pd

from calibration import attention, design, gemm, score, small, spread, stored
from calibration.certainty import certainty
from calibration.device import need
from calibration.fit import Fit
from calibration.profile import Block, block_text, quantity_text
from calibration.ties import IDLE_ON_FALLBACK

VAGUE = 0.7
EDGE = 0.005
CONDITIONS = {
    "all_reduce": "within one node",
    "codec": "less than 256 KiB moved, or more than twice the L2: between them L2 serves the bytes",
}
SMALL_ROWS = {"all_reduce": small.all_reduce_rows, "codec": small.codec_rows}


def attention_block(rows: pd.DataFrame, gpu: str, seed: int = design.SEED) -> Block:
    """The fit of one kernel at one head width."""
    rows = rows.reset_index(drop=True)
    mask = design.attention_points(rows, need(gpu, "l2_size"), seed=seed)
    inside = rows[mask].reset_index(drop=True)
    dispatch, found = attention.fit_attention(inside, gpu)
    kinds = found.slots.kv_dtypes
    table = {
        "kernel": rows["kernel"].iloc[0],
        "head_dim": int(rows["head_dim"].iloc[0]),
        "kv_dtypes": list(kinds),
        **({"latent": True} if "latent" in rows else {}),
        "rule": dispatch.rule,
        "ignores_window": dispatch.ignores_window,
        "points": len(inside),
    }
    left_out = attention.left_out_residuals(inside, gpu, dispatch)
    correlation = spread.pair_correlation(inside, left_out)
    table |= {} if correlation is None else {"pair_correlation": correlation}
    numbers, notes = attention_numbers(found)
    table |= {"cost": found.cost} | numbers
    regime = attention.regimes(inside, gpu, stored.attention_prediction(table, inside, gpu)[1])
    table["spread"] = {
        kind: spread.spreads(left_out[of], {name: (regime == name)[of] for name in spread.REGIMES})
        for kind in kinds
        for of in [(inside["kv_dtype"] == kind).to_numpy()]
    }
    table["held_out"] = attention_held_out(table, rows[~mask], gpu)
    sure = certainty(found, "attention", table["kernel"], table["head_dim"])
    return Block(block_text("attention", table, notes), inside.assign(law="attention"), sure)


def attention_held_out(table: dict, rows: pd.DataFrame, gpu: str) -> dict:
    """Errors per KV type and of pairs, in percent, on rows outside the fit."""
    predicted, l2_size = stored.attention_prediction(table, rows, gpu)[0], need(gpu, "l2_size")
    found = {}
    for kind in table["kv_dtypes"]:
        of = (rows["kv_dtype"] == kind).to_numpy()
        found[kind] = score.attention_errors(rows[of], predicted[of], l2_size)
    matched = score.pairs(rows, predicted)
    return found | ({"pairs": score.pair_scores(matched, l2_size)} if len(matched) else {})


def attention_numbers(found: Fit, law: str = "attention") -> tuple[dict, dict[str, str]]:
    """Tables ``shared``, ``main`` and ``fallback`` as text with units, and a note on the certainty of each number."""
    tables: dict = {"shared": {}, "main": {kind: {} for kind in found.slots.kv_dtypes}}
    if len(found.slots.paths) > 1:
        tables["fallback"] = {kind: {} for kind in found.slots.kv_dtypes}
    notes = {}
    for coefficient in found.law.coefficients:
        places = [("main", kind) for kind in tables["main"]] if "kv" in coefficient.by else [("shared", "")]
        if "path" in coefficient.by and "fallback" in tables:
            places += [("fallback", kind) for kind in tables["fallback"]]
        for part, kind in places:
            number, note = _stated(found, coefficient, kind, "fallback" if part == "fallback" else "main")
            (tables[part][kind] if kind else tables[part])[coefficient.name] = number
            notes[".".join(word for word in (law, part, kind, coefficient.name) if word)] = note
    return tables, notes


def gemm_block(rows: pd.DataFrame, gpu: str, seed: int = design.SEED) -> Block:
    """The fit of the matrix products of one type."""
    rows = rows.reset_index(drop=True)
    mask = design.gemm_points(rows, seed=seed)
    inside = rows[mask].reset_index(drop=True)
    found = gemm.fit_gemm(inside, gpu)
    values, notes = _values("gemm", found)
    table = {"dtype": rows["dtype"].iloc[0], "points": len(inside), "values": values}
    parts = {"all": np.ones(len(inside), bool), "small": inside["m"] <= 256, "large": inside["m"] >= 1024}
    table["spread"] = spread.spreads(found.left_out_residuals(), {k: np.asarray(v) for k, v in parts.items()})
    table["held_out"] = gemm_held_out(table, rows[~mask], gpu)
    points = inside.assign(law="gemm", kernel=inside["dtype"])
    return Block(block_text("gemm", table, notes), points, certainty(found, "gemm", table["dtype"]))


def gemm_held_out(table: dict, rows: pd.DataFrame, gpu: str) -> dict:
    """Errors at serving sizes with m up to 256 (``small``) and from 1024 (``large``), in percent."""
    rows = rows[design.serving_sizes(rows)]
    predicted, m = stored.gemm_prediction(table, rows, gpu), rows["m"].to_numpy()
    parts = (("small", m <= 256), ("large", m >= 1024))
    return {name: score.errors(predicted[of], rows["latency_us"][of]) for name, of in parts}


def small_block(name: str, rows: pd.DataFrame, gpu: str) -> Block:
    """The fit ``all_reduce`` or ``codec``."""
    rows = rows.reset_index(drop=True)
    law, columns, budget, _ = _SMALL[name]
    mask = design.random_points(rows, budget)
    inside = rows[mask].reset_index(drop=True)
    found = small.fit_small(law(), columns(inside, gpu), inside)
    values, notes = _values(name, found)
    table = {"points": len(inside), "condition": CONDITIONS[name], "values": values}
    table["spread"] = {"all": spread.spread(found.left_out_residuals())}
    table["held_out"] = small_held_out(name, table, rows[~mask], gpu)
    names = {"elements": "m", "ranks": "n"} if name == "all_reduce" else {"dtype": "kernel"}
    points = inside.rename(columns=names).assign(law=name)
    return Block(block_text(name, table, notes), points, certainty(found, name))


def small_held_out(name: str, table: dict, rows: pd.DataFrame, gpu: str) -> dict:
    """Errors of an all-reduce or a codec pass, in percent."""
    return score.errors(_SMALL[name][3](table, rows, gpu), rows["latency_us"])


_SMALL = {
    "all_reduce": (
        small.all_reduce_law,
        small.all_reduce_columns,
        small.ALL_REDUCE_POINTS,
        stored.all_reduce_prediction,
    ),
    "codec": (small.codec_law, small.codec_columns, small.CODEC_POINTS, stored.codec_prediction),
}


def _values(name: str, found: Fit) -> tuple[dict, dict[str, str]]:
    stated = {c.name: _stated(found, c, "", "main") for c in found.law.coefficients}
    notes = {f"{name}.values.{key}": note for key, (_, note) in stated.items()}
    return {key: number for key, (number, _) in stated.items()}, notes


def _stated(found: Fit, coefficient, kind: str, path: str) -> tuple[str | float, str]:
    """The number as text, and how sure the fit is of it."""
    number, error = found.number(coefficient.name, kind, path)
    text = quantity_text(number, coefficient.unit)
    if path == "fallback" and coefficient.name in IDLE_ON_FALLBACK:
        return text, "idle here: no heads are packed"
    if coefficient.name in found.slots.fixed:
        return text, "best of a list"
    if not np.isfinite(error):
        return text, "not identified: its start"
    low = coefficient.low
    if min(abs(np.log(number / low)), abs(np.log(number / coefficient.high))) < EDGE:
        return text, "at its bound"
    if error > VAGUE:
        return text, "weakly identified"
    return text, "" if coefficient.name == "units_per_sm" else f"± {100 * error:.0f} %"
