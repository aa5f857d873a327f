"""A table of points → the same table with predictions, intervals, and what binds.

Rows that share model, GPU, engine, scheme, types and mode are evaluated together; every other column of the table passes
through untouched. A row that cannot be predicted stops the run before anything is written, and is named.
"""

import numpy as np
import pandas as pd

from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.evaluation.ask.load import Load, columns, serve
from costmodel.evaluation.ask.outputs import build_passes, compute_outputs
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment, resolve_deployment

KEYS = ("model", "gpu", "tp", "engine", "scheme", "weight_dtype", "memory_fraction", "usage", "mode")
UNUSED = ("engine_version", "prompt_cv")  # columns of the interface that no formula takes
MODES = ("static", "serving")
LENGTHS = ("prompt_len", "gen_len", "gen_cv")
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

    Column meanings are those of ``costmodel predict --help``; ``mode`` is that of rows that name none; ``progress`` is
    called with (rows done, rows). Raises InputError naming row and column of what cannot be read, before any is computed.
    """
    if mode not in MODES:
        raise UnknownName("mode", mode, MODES)
    table, said = _complete(points, where, mode)
    made = _set_up(table, where)
    names = (*WORDS, *COLUMNS, "tp", "context")
    found = {name: np.empty(len(table), dtype=object if name in WORDS else float) for name in names}
    done = 0
    for place, scheme, rows in made:
        compute = _serving if table["mode"].iloc[rows[0]] == "serving" else _static
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            for name, values in compute(table.iloc[part], place, scheme).items():
                found[name][part] = values
            done += len(part)
            if progress:
                progress(done, len(table))
    found["tp"] = found["tp"].astype(int)
    out = table.assign(**found)
    for name in points:  # what was given comes back as it was, except where a default filled a gap
        if (name not in found or name == "context") and not points[name].isna().any():
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
            raise InputError(f"{where}: row {rows[0] + 1}: {error}") from error
    return made


def _groups(keys) -> dict[tuple, list]:
    groups: dict[tuple, list] = {}
    for index, key in zip(keys[0].index, zip(*keys, strict=True), strict=True):
        groups.setdefault(key, []).append(index)
    return groups


def _complete(points: pd.DataFrame, where: str, mode: str) -> tuple[pd.DataFrame, list[str]]:
    if points.empty:
        raise InputError(f"{where}: found no rows")
    if len(points) > MOST_ROWS:
        raise InputError(f"{where}: found {len(points):,} rows, due at most {MOST_ROWS:,}; split the table")
    table, said = points.reset_index(drop=True), []
    for name in ("model", "gpu"):
        if name not in table:
            raise InputError(f"{where}: {UnknownName('column', name, table.columns)}; model and gpu are required")
        if table[name].isna().any():
            raise InputError(f"{where}: row {int(table[name].isna().idxmax()) + 1}: {name} is empty")
    table["mode"] = table["mode"].fillna(mode) if "mode" in table else mode
    if (other := table["mode"][~table["mode"].isin(MODES)]).size:
        raise InputError(f"{where}: row {int(other.index[0]) + 1}: {UnknownName('mode', str(other.iloc[0]), MODES)}")
    for name in (*LENGTHS, "batch", "context", "concurrency"):
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
    served = table["mode"] == "serving"
    if "context" not in table:
        said.append("context = " + ("mean of running requests" if served.all() else "prompt_len + gen_len / 2"))
        table["context"] = np.nan
    table["context"] = table["context"].fillna(resident.where(~served))
    if served.any():
        _complete_served(table, served, said, where)
    said += [f"{name} is not used" for name in UNUSED if name in table]
    return table, said


def _complete_served(table: pd.DataFrame, served: pd.Series, said: list[str], where: str) -> None:
    """Concurrency of the rows under load; InputError for one that generates nothing."""
    if (none := served & (table["gen_len"] == 0)).any():
        raise InputError(
            f"{where}: row {int(none.idxmax()) + 1}: gen_len: found 0, due outputs: mode serving needs them"
        )
    if "concurrency" not in table:
        said.append("concurrency = batch")
        table["concurrency"] = np.nan
    table["concurrency"] = table["concurrency"].fillna(table["batch"])


def _numbers(column: pd.Series, name: str, where: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    low_ok = name in ("gen_len", "gen_cv")
    bad = (numbers.isna() & column.notna()) | (numbers < 0) | (numbers > 1e9) | (False if low_ok else numbers == 0)
    if bad.any():
        row = int(bad.idxmax())
        due = "a number from 0" if low_ok else "a number above 0"
        raise InputError(f"{where}: row {row + 1}: {name}: found {str(column[row])!r}, due {due}, at most 1e9")
    return numbers.astype(float)


def _deployed(wanted: dict) -> tuple[Deployment, compiled.Scheme]:
    words = {n: None if wanted[n] is None else str(wanted[n]) for n in ("engine", "weight_dtype", "usage")}
    ranks = _number(wanted["tp"], "tp", "a number of GPUs")
    fraction = _number(wanted["memory_fraction"], "memory_fraction", "a share above 0, at most 1")
    made = resolve_deployment(str(wanted["model"]), str(wanted["gpu"]), ranks=ranks, memory_fraction=fraction, **words)
    return made, compiled.load_scheme(str(wanted["scheme"]))


def _number(value, name: str, due: str) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: found {value!r}, due {due}") from error


def _static(rows: pd.DataFrame, made: Deployment, scheme: compiled.Scheme) -> dict:
    """One decode step of every row at its batch and context."""
    return _columns(rows, made, scheme)[0]


def _serving(rows: pd.DataFrame, made: Deployment, scheme: compiled.Scheme) -> dict:
    """Rows under load: what concerns a load replaces what concerns a step, memory and batches stay."""
    concurrency, *lengths = (rows[name].to_numpy(float) for name in ("concurrency", *LENGTHS))
    load = Load(concurrency, *lengths, rows["context"].to_numpy(float))
    sides = {one.id: one for one in (scheme, compiled.load_scheme(scheme.baseline))}
    loops = {name: serve(made, one, load) for name, one in sides.items()}
    ours, theirs = loops[scheme.id], loops[scheme.baseline]
    full = {
        name: serve(made, one, load.at(drop_model_axes(loops[name]["pool"]["max_batch"])))
        for name, one in sides.items()
    }
    running, context = (
        drop_model_axes(ours[part][name]) for part, name in (("served", "running"), ("step", "context"))
    )
    values, shape = _columns(rows.assign(batch=running, context=context), made, scheme)
    found = columns(ours, theirs, (full[scheme.id], full[scheme.baseline]))
    return values | {name: np.broadcast_to(column, shape) for name, column in found.items()}


def _columns(rows: pd.DataFrame, made: Deployment, scheme: compiled.Scheme) -> tuple[dict, tuple]:
    baseline = compiled.load_scheme(scheme.baseline)
    lengths = [rows[name].to_numpy(float) for name in ("batch", "context", *LENGTHS)]
    ours = build_passes(made, scheme, *lengths)
    theirs = ours if scheme.id == baseline.id else build_passes(made, baseline, *lengths)
    found = compute_outputs(ours, made, theirs)
    values = {name: np.broadcast_to(found[name], len(rows)) for name in COLUMNS}
    told = {"baseline": baseline.id, "profile": made.profile.id, "calibrated": made.profile.origin, "tp": made.ranks}
    return values | told | {"context": rows["context"].to_numpy()}, (len(rows),)
