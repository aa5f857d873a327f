"""A table of points → the same table with predictions, intervals, and what binds.

Rows that share model, GPU, engine, scheme and types are evaluated together; every other column of the table passes
through untouched. A row that cannot be predicted stops the run before anything is written, and is named.
"""

import numpy as np
import pandas as pd

from costmodel.errors import CostModelError, FactError, UnknownName
from costmodel.evaluation import library
from costmodel.evaluation.outputs import outputs, passes
from costmodel.facts.deployment import Deployment, deployment

KEYS = ("model", "gpu", "tp", "engine", "scheme", "weight_dtype", "memory_fraction", "usage")
UNUSED = ("engine_version", "prompt_cv", "concurrency")  # columns of the interface that the static mode cannot use
DEFAULTS = {"engine": "vllm", "scheme": "none", "batch": 1, "prompt_len": 1024, "gen_len": 0, "gen_cv": 0}
COLUMNS = [
    "tpot_ms",
    "tpot_ms_lo",
    "tpot_ms_hi",
    "ttft_ms",
    "ttft_ms_lo",
    "ttft_ms_hi",
    "throughput_tok_s",
    "throughput_tok_s_lo",
    "throughput_tok_s_hi",
    "kv_bytes_per_token",
    "kv_bytes_per_token_per_gpu",
    "kv_bytes_per_sequence",
    "kv_pool_bytes",
    "kv_pool_tokens",
    "max_batch",
    "max_batch_memory",
    "memory_weights_bytes",
    "memory_activations_bytes",
    "memory_workspace_bytes",
    "memory_reserve_bytes",
    "memory_pool_bytes",
    "binding_term",
    "speedup",
    "speedup_lo",
    "speedup_hi",
    "speedup_capacity",
    "speedup_capacity_lo",
    "speedup_capacity_hi",
]
WORDS = ("binding_term", "baseline", "profile", "calibrated")
CHUNK = 16_384  # rows evaluated at once
MOST_ROWS = 5_000_000


def predict(
    points: pd.DataFrame, where: str = "points", mode: str = "static", progress=None
) -> tuple[pd.DataFrame, list]:
    """The table with prediction columns, and the defaults that were used, in words.

    Column meanings are those of ``costmodel predict --help``; ``progress`` is called with (rows done, rows). Raises FactError
    naming row and column of what cannot be read, before any row is computed.
    """
    if mode != "static":
        raise FactError(f"mode: found {mode!r}, due 'static' (continuous batching is not modelled yet)")
    table, said = _complete(points, where)
    made = _set_up(table, where)
    found = {name: np.empty(len(table), dtype=object if name in WORDS else float) for name in (*WORDS, *COLUMNS, "tp")}
    done = 0
    for place, scheme, rows in made:
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            for name, values in _compute(table.iloc[part], place, scheme).items():
                found[name][part] = values
            done += len(part)
            if progress:
                progress(done, len(table))
    found["tp"] = found["tp"].astype(int)
    out = table.assign(**found)
    for name in points:  # what was given comes back as it was, except where a default filled a gap
        if name not in found and not points[name].isna().any():
            out[name] = points[name].to_numpy()
    return out, said


def _set_up(table: pd.DataFrame, where: str) -> list[tuple]:
    """Deployment, scheme and row numbers of every group of rows that share them."""
    nothing = pd.Series([None] * len(table), dtype=object)
    keys = [table[k].astype(object).where(table[k].notna(), None) if k in table else nothing for k in KEYS]
    made = []
    for key, rows in _groups(keys).items():
        try:
            made.append((*_deployed(dict(zip(KEYS, key, strict=True))), np.asarray(rows)))
        except CostModelError as error:
            raise FactError(f"{where}: row {rows[0] + 1}: {error}") from error
    return made


def _groups(keys) -> dict[tuple, list]:
    groups: dict[tuple, list] = {}
    for index, key in zip(keys[0].index, zip(*keys, strict=True), strict=True):
        groups.setdefault(key, []).append(index)
    return groups


def _complete(points: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[str]]:
    if points.empty:
        raise FactError(f"{where}: found no rows")
    if len(points) > MOST_ROWS:
        raise FactError(f"{where}: found {len(points):,} rows, due at most {MOST_ROWS:,}; split the table")
    table, said = points.reset_index(drop=True), []
    for name in ("model", "gpu"):
        if name not in table:
            raise FactError(f"{where}: {UnknownName('column', name, table.columns)}; model and gpu are required")
        if table[name].isna().any():
            raise FactError(f"{where}: row {int(table[name].isna().idxmax()) + 1}: {name} is empty")
    modes = table["mode"].fillna("static") if "mode" in table else pd.Series("static", index=table.index)
    if (other := modes[modes != "static"]).size:
        raise FactError(f"{where}: row {int(other.index[0]) + 1}: mode: found {other.iloc[0]!r}, due 'static'")
    for name in ("prompt_len", "gen_len", "gen_cv", "batch", "context"):
        if name in table:
            table[name] = _numbers(table[name], name, where)
    if "prompt_len" not in table and "context" in table:
        table["prompt_len"] = table["context"]
        said.append("prompt_len = context")
    for name, value in DEFAULTS.items():
        if name not in table:
            said.append(f"{name} = {value}")
            table[name] = value
        elif table[name].isna().any():
            said.append(f"{name} = {value} where empty")
            table[name] = table[name].fillna(value)
    resident = table["prompt_len"] + table["gen_len"] / 2
    if "context" not in table:
        said.append("context = prompt_len + gen_len / 2")
        table["context"] = resident
    table["context"] = table["context"].fillna(resident)
    said += [f"{name} is not used" for name in UNUSED if name in table]
    return table, said


def _numbers(column: pd.Series, name: str, where: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    low_ok = name in ("gen_len", "gen_cv")
    bad = (numbers.isna() & column.notna()) | (numbers < 0) | (numbers > 1e9) | (False if low_ok else numbers == 0)
    if bad.any():
        row = int(bad.idxmax())
        due = "a number from 0" if low_ok else "a number above 0"
        raise FactError(f"{where}: row {row + 1}: {name}: found {str(column[row])!r}, due {due}, at most 1e9")
    return numbers.astype(float)


def _deployed(wanted: dict) -> tuple[Deployment, library.Scheme]:
    tp = wanted["tp"]
    try:
        ranks = None if tp is None else float(tp)
    except (TypeError, ValueError) as error:
        raise FactError(f"tp: found {tp!r}, due a number of GPUs") from error
    made = deployment(
        str(wanted["model"]),
        str(wanted["gpu"]),
        ranks=ranks,
        engine=wanted["engine"],
        weight_dtype=wanted["weight_dtype"],
        memory_fraction=wanted["memory_fraction"],
        usage=wanted["usage"],
    )
    return made, library.scheme(str(wanted["scheme"]))


def _compute(rows: pd.DataFrame, made: Deployment, scheme: library.Scheme) -> dict:
    baseline = library.scheme(scheme.baseline)
    lengths = [rows[name].to_numpy(float) for name in ("batch", "context", "prompt_len", "gen_len", "gen_cv")]
    ours = passes(made, scheme, *lengths)
    theirs = ours if scheme.id == baseline.id else passes(made, baseline, *lengths)
    found = outputs(ours, made, theirs)
    values = {name: np.broadcast_to(found[name], len(rows)) for name in COLUMNS}
    told = {"baseline": baseline.id, "profile": made.profile.id, "calibrated": made.profile.origin, "tp": made.ranks}
    return values | told
