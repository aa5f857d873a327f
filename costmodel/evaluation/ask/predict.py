"""A table of points → the same table with predictions, intervals, and what binds.

Rows that share model, GPU, engine, scheme, types and mode are evaluated together; every other column of the table passes
through untouched. A row that cannot be predicted stops the run before anything is written, and is named.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.engine_versions import assumed_version, version_remarks
from costmodel.evaluation.ask.limits import row_remarks
from costmodel.evaluation.ask.load import Load, load_columns, serve_load
from costmodel.evaluation.ask.open_load import MOST, load_at_rate
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.point_columns import checked_columns, with_gaps
from costmodel.evaluation.ask.point_table import LENGTHS, MODES, complete_points
from costmodel.evaluation.ask.pool_versions import pool_version_remarks
from costmodel.evaluation.ask.starting import starting_remarks
from costmodel.evaluation.ask.verdicts import BEYOND
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.implementation import check_asked
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.deployment import Deployment

KEYS = (
    "model", "gpu", "tp", "engine", "scheme", "weight_dtype", "memory_fraction", "usage", "implementation",
    "block_size", "engine_version", "mode", "ep", "attention_dp", "max_num_batched_tokens", "max_num_seqs", "max_model_len",
    "eager", "link",
)  # fmt: skip
COLUMNS = (
    "tpot_ms tpot_ms_lo tpot_ms_hi ttft_ms ttft_ms_lo ttft_ms_hi throughput_tok_s throughput_tok_s_lo "
    "throughput_tok_s_hi kv_bytes_per_token kv_bytes_per_token_per_gpu kv_bytes_per_sequence kv_pool_bytes "
    "kv_pool_tokens kv_pool_tokens_lo kv_pool_tokens_hi max_batch max_batch_memory "
    "memory_weights_bytes memory_activations_bytes memory_workspace_bytes "
    "memory_reserve_bytes memory_pool_bytes binding_term speedup speedup_lo speedup_hi speedup_capacity "
    "speedup_capacity_lo speedup_capacity_hi capacity_fits "
    "verdict implementation evidence kernel_ns kernel_budget_ns ttft_ratio"
).split()
LOAD_COLUMNS = ("speedup_under_load", "speedup_under_load_lo", "speedup_under_load_hi")  # empty where nothing is served
TEXT_COLUMNS = (
    "binding_term", "verdict", "capacity_fits", "implementation", "evidence", "baseline", "profile", "calibrated",
)  # fmt: skip
FLAGS = {"true": True, "1": True, "1.0": True, "yes": True, "false": False, "0": False, "0.0": False, "no": False}
MOST_REMARKS = 24  # of set-ups: a table may have thousands
_FLAG = re.compile(r"--([a-z-]+)")  # of the command line, whose columns are named alike
CHUNK = 16_384  # rows evaluated at once


@dataclass(frozen=True, eq=False)
class RowGroup:
    """Rows of a table that share a deployment, a scheme and a mode.

    ``remarks`` say what their columns cannot change, ``starting`` why the engine would not start; ``usage`` and ``version`` are
    those that they state.
    """

    deployment: Deployment
    scheme: Scheme
    mode: str
    rows: np.ndarray
    remarks: tuple[str, ...]
    starting: tuple[str, ...]
    usage: str | None = None
    version: str | None = None


def predict(
    points: pd.DataFrame,
    location: str = "points",
    mode: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """The table with prediction columns, and the defaults that were used, in words.

    Column meanings are those of ``costmodel predict --help``; ``location`` names the table in messages; ``mode`` is that of
    rows that name none (static), and of no other; ``progress`` is called with (rows done, rows). Raises InputError naming row
    and column of what cannot be read, before any is computed.
    """
    if mode is not None and mode not in MODES:
        raise UnknownName("mode", mode, MODES)
    points = with_gaps(points)
    checked, remarks = checked_columns(points, {*TEXT_COLUMNS, *COLUMNS, *LOAD_COLUMNS, "tp"}, location)
    frame, defaults_used = complete_points(checked, location, mode)
    defaults_used += remarks
    defaults_used += _unused_batches(points, frame)
    groups = _group_rows(frame, location)
    said = list(dict.fromkeys(remark for group in groups for remark in group.remarks))
    defaults_used += said[:MOST_REMARKS] + [f"and {len(said) - MOST_REMARKS:,} more of the kind"] * (
        len(said) > MOST_REMARKS
    )
    unversioned = {group.deployment: (group.scheme, group.usage) for group in reversed(groups) if group.version is None}
    defaults_used += pool_version_remarks(reversed([(one, *rest) for one, rest in unversioned.items()]))
    names = (
        *TEXT_COLUMNS,
        *COLUMNS,
        *LOAD_COLUMNS,
        "tp",
        "context",
        *(("concurrency",) if "concurrency" in frame else ()),
    )
    columns = {
        name: np.empty(len(frame), dtype=object) if name in TEXT_COLUMNS else np.full(len(frame), np.nan)
        for name in names
    }
    if "concurrency" in columns:  # static rows keep what they state
        columns["concurrency"][:] = frame["concurrency"].to_numpy(float)
    done = 0
    for group in groups:
        compute = _serving_columns if group.mode == "serving" else _static_columns
        for start in range(0, len(group.rows), CHUNK):
            rows = group.rows[start : start + CHUNK]
            for name, values in compute(frame.iloc[rows], group.deployment, group.scheme).items():
                columns[name][rows] = values
            done += len(rows)
            if progress:
                progress(done, len(frame))
    columns["tp"] = columns["tp"].astype(int)
    predicted = frame.assign(**columns)
    starting = list(dict.fromkeys(remark for group in groups for remark in group.starting))
    defaults_used = starting + row_remarks(points, predicted) + defaults_used
    for name in points:  # the caller's columns come back as they were, except where a default filled a gap
        if (name not in columns or name == "context") and not pd.isna(points[name].to_numpy()).any():
            predicted[name] = points[name].to_numpy()
    return predicted, defaults_used


def _group_rows(frame: pd.DataFrame, location: str) -> list[RowGroup]:
    present = [name for name in KEYS if name in frame]
    keys = [frame[name].astype(object).where(frame[name].notna(), None) for name in present]
    rows_by_key: dict[tuple, list[int]] = {}
    for row, key in enumerate(zip(*keys, strict=True)):
        rows_by_key.setdefault(key, []).append(row)
    groups = []
    for key, rows in rows_by_key.items():
        try:
            fields = dict.fromkeys(KEYS) | dict(zip(present, key, strict=True))
            groups.append(_row_group(fields, np.asarray(rows)))
        except CostModelError as error:
            raise InputError(f"{location}: row {rows[0] + 1}: {error}") from error
    return groups


def _row_group(fields: dict, rows: np.ndarray) -> RowGroup:
    engine, weight_dtype, usage, implementation = (
        None if fields[name] is None else str(fields[name])
        for name in ("engine", "weight_dtype", "usage", "implementation")
    )
    deployment = resolve_deployment(
        str(fields["model"]),
        str(fields["gpu"]),
        ranks=_parse_field(fields["tp"], "tp", "a number of GPUs"),
        expert_ranks=_parse_field(fields["ep"], "ep", "a number of GPUs"),
        attention_groups=_parse_field(fields["attention_dp"], "attention_dp", "a number of groups"),
        engine=engine,
        weight_dtype=weight_dtype,
        memory_fraction=_parse_field(fields["memory_fraction"], "memory_fraction", "a fraction above 0, at most 1"),
        usage=usage,
        implementation=implementation,
        block_size=_parse_field(fields["block_size"], "block_size", "tokens of a block"),
        engine_version=_parse_version(fields["engine_version"]),
        max_num_batched_tokens=_parse_field(
            fields["max_num_batched_tokens"], "max_num_batched_tokens", "tokens of a pass"
        ),
        max_num_seqs=_parse_field(fields["max_num_seqs"], "max_num_seqs", "a number of sequences"),
        max_model_len=_parse_field(fields["max_model_len"], "max_model_len", "tokens"),
        eager=_parse_flag(fields["eager"], "eager"),
        link=None if fields["link"] is None else str(fields["link"]),
    )
    scheme = load_scheme(str(fields["scheme"]))
    check_asked(deployment, [] if scheme.baseline == scheme.id else [scheme.id])  # a baseline runs the engine's own
    version = fields["engine_version"]
    remarks = assumed_version(deployment, scheme) if version is None else version_remarks(deployment, scheme, version)
    remarks += [_FLAG.sub(_as_column, assumed) for assumed in deployment.assumed]
    starting = starting_remarks(deployment, scheme)
    return RowGroup(deployment, scheme, fields["mode"], rows, tuple(remarks), tuple(starting), usage, version)


def _as_column(flag: re.Match) -> str:
    """A flag of the command line as the column of that name, itself where there is none."""
    column = flag[1].replace("-", "_")
    return column if column in KEYS else flag[0]


def _unused_batches(points: pd.DataFrame, frame: pd.DataFrame) -> list[str]:
    """That a batch says nothing under load, where a concurrency or a rate is stated beside it."""
    stated = [name for name in ("concurrency", "rate") if name in points]
    if "batch" not in points or not stated:
        return []
    both = points["batch"].notna() & points[stated].notna().any(axis=1)
    serving = frame["mode"].astype(str).eq("serving").to_numpy()
    return [f"batch is not used under load beside {' or '.join(stated)}"] if (both.to_numpy() & serving).any() else []


def _parse_field(value, name: str, expected: str) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: expected {expected}, got {value!r}") from error


def _parse_version(value) -> str | None:
    """The version as text, as a table's reader left it; parsed with the engine's file."""
    if value is not None and not isinstance(value, str):
        raise InputError(f"engine_version: expected a text such as 0.24.0, got {value!r}")
    return value


def _parse_flag(value, name: str) -> bool:
    meant = FLAGS.get(str(value).strip().lower())
    if value is not None and meant is None:
        raise InputError(f"{name}: expected true or false, got {value!r}")
    return bool(meant)


def _static_columns(rows: pd.DataFrame, deployment: Deployment, scheme: Scheme) -> dict[str, np.ndarray]:
    """One decode step of every row at its batch and context."""
    baseline = load_scheme(scheme.baseline)
    lengths = [rows[name].to_numpy(float) for name in ("batch", "context", *LENGTHS)]
    passes = build_passes(deployment, scheme, *lengths)
    baseline_passes = passes if scheme.id == baseline.id else build_passes(deployment, baseline, *lengths)
    columns = compute_columns(passes, baseline_passes, COLUMNS)
    profile = deployment.profile
    columns |= {"baseline": np.array(baseline.id, dtype=object), "tp": np.array(deployment.ranks)}
    columns |= {"profile": np.array(profile.id, dtype=object), "calibrated": np.array(profile.origin, dtype=object)}
    columns |= {"context": rows["context"].to_numpy()}
    return {name: np.broadcast_to(column, len(rows)) for name, column in columns.items()}


def _serving_columns(rows: pd.DataFrame, deployment: Deployment, scheme: Scheme) -> dict[str, np.ndarray]:
    """Rows under load: what concerns a load replaces what concerns a step, memory and batches stay."""
    columns = [rows[name].to_numpy(float) for name in ("concurrency", *LENGTHS, "context", "num_prompts")]
    load = Load(
        *columns[:-1],
        waves=columns[-1] / columns[0],
        admission_steps=rows["admission_steps"].to_numpy(float),
        hit_rate=rows["hit_rate"].to_numpy(float),
    )
    rate, sides = rows["rate"].to_numpy(float), {side.id: side for side in (scheme, load_scheme(scheme.baseline))}
    is_open = not np.isnan(rate).all()
    loads = {name: load_at_rate(deployment, side, load, rate) if is_open else load for name, side in sides.items()}
    in_flight = loads[scheme.id].concurrency
    is_overloaded = np.isinf(np.add(*(loads[name].concurrency for name in (scheme.id, scheme.baseline))))
    loads = {name: one.at(np.where(np.isinf(one.concurrency), MOST, one.concurrency)) for name, one in loads.items()}
    served = {name: serve_load(deployment, side, loads[name]) for name, side in sides.items()}
    full = {
        name: serve_load(deployment, side, loads[name].at(drop_model_axes(served[name].pool["max_batch"])))
        for name, side in sides.items()
    }
    step = served[scheme.id].step
    running, context = drop_model_axes(served[scheme.id].loop["running"]), drop_model_axes(step["context"])
    values = _static_columns(rows.assign(batch=running, context=context), deployment, scheme)
    under_load = load_columns(
        served[scheme.id], served[scheme.baseline], full[scheme.id], full[scheme.baseline], is_overloaded
    )
    for name in ("ttft_ms", "ttft_ms_lo", "ttft_ms_hi"):
        under_load[name] = np.where(np.isinf(in_flight), np.inf, under_load[name])
    under_load["concurrency"] = in_flight
    longest = rows["prompt_len"].to_numpy(float) + rows["gen_len"].to_numpy(float)
    under_load["verdict"] = np.where(longest > deployment.model.max_context, BEYOND, under_load["verdict"])
    return values | {name: np.broadcast_to(column, len(rows)) for name, column in under_load.items()}
