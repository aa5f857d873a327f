"""One fit of prefill attention as the block of a profile: numbers, spreads from its own rows, errors on the rest."""

import numpy as np
import pandas as pd

from calibration import design, prefill, score, spread, stored
from calibration.blocks import attention_numbers
from calibration.certainty import certainty
from calibration.profile import Block, block_text


def prefill_block(rows: pd.DataFrame, gpu: str, seed: int = design.SEED) -> Block:
    """The fit of one kernel at one head width."""
    rows = rows.reset_index(drop=True)
    mask = design.prefill_points(rows, seed=seed)
    inside = rows[mask].reset_index(drop=True)
    found = prefill.fit_prefill(inside, gpu)
    kinds = found.slots.kv_dtypes
    table = {
        "kernel": rows["kernel"].iloc[0],
        "head_dim": int(rows["head_dim"].iloc[0]),
        "kv_dtypes": list(kinds),
        "points": len(inside),
        "cost": found.cost,
    }
    numbers, notes = attention_numbers(found, "prefill")
    left_out = prefill.left_out_residuals(inside, gpu)
    table |= numbers
    table["spread"] = {
        kind: {"all": spread.spread(left_out[(inside["kv_dtype"] == kind).to_numpy()])} for kind in kinds
    }
    table["held_out"] = prefill_held_out(table, rows[~mask], gpu)
    sure = certainty(found, "prefill", table["kernel"], table["head_dim"])
    return Block(block_text("prefill", table, notes), inside.assign(law="prefill"), sure)


def prefill_held_out(table: dict, rows: pd.DataFrame, gpu: str) -> dict:
    """Errors per KV type, in percent, on rows outside the fit: all, and at serving sizes as ``serving_n`` and so on."""
    predicted, serving = stored.prefill_prediction(table, rows, gpu), design.serving_prompts(rows)
    found = {}
    for kind in table["kv_dtypes"]:
        of = (rows["kv_dtype"] == kind).to_numpy()
        part = score.errors(predicted[of & serving], rows["latency_us"][of & serving])
        found[kind] = score.errors(predicted[of], rows["latency_us"][of])
        found[kind] |= {f"serving_{name}": part[name] for name in ("n", "median", "p90", "bias") if name in part}
    return found


def can_fit(rows: pd.DataFrame, fewest: int, fewest_serving: int) -> str:
    """Why a kernel at one head width cannot be fitted; empty where it can."""
    serving = int(np.sum(design.serving_prompts(rows)))
    if len(rows) < fewest:
        return f"{len(rows)} rows, {fewest} due"
    return f"{serving} rows at serving sizes, {fewest_serving} due" if serving < fewest_serving else ""
