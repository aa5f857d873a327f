"""Which columns a table of points may have: those that count, those that pass through, and near misses, which are mistakes.

Nothing that a person wrote is ignored without a word.
"""

from collections.abc import Iterable

import pandas as pd

from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.ask.column_names import NAMED, unknown_columns, unknown_remark
from costmodel.evaluation.ask.point_table import DEFAULTS
from costmodel.evaluation.ask.table_io import MAX_COLUMNS
from costmodel.facts.cache_words import agreed_scheme

INPUTS = (
    "model", "gpu", "tp", "ep", "attention_dp", "engine", "engine_version", "scheme", "implementation", "weight_dtype",
    "memory_fraction", "usage", "block_size", "max_num_batched_tokens", "max_num_seqs", "max_model_len", "eager", "link",
    "batch", "context", "prompt_len", "gen_len", "gen_cv", "mode", "concurrency", "num_prompts", "admission_steps", "rate",
    "hit_rate",
)  # fmt: skip
UNUSED = ("prompt_cv",)
NOT_MODELLED = {  # column → what it means, and the value that stands for nothing of it
    "pp": ("pipeline parallel", 1),
    "dp": (
        "data parallel (replicas are rows of their own; requests split over GPUs that share experts: attention_dp)",
        1,
    ),
    "nodes": ("a replica over several nodes", 1),
}
ALIAS = "kv_cache_dtype"  # the engine's own word, for ``scheme``


def checked_columns(points: pd.DataFrame, outputs: Iterable[str], location: str) -> tuple[pd.DataFrame, list[str]]:
    """The table with ``scheme`` for an engine's word, and what is said of columns that do not count.

    ``outputs`` are columns that a prediction replaces. Raises InputError for a near miss of a column that counts, for a
    column twice, and for what is not modelled.
    """
    names, remarks = [str(name) for name in points.columns], []
    if len(names) > MAX_COLUMNS:  # an upload comes past the reader of files
        raise InputError(f"{location}: expected at most {MAX_COLUMNS:,} columns, got {len(names):,}")
    remarks += [f"{name} is not used" for name in names if name in UNUSED]
    unknown = unknown_columns(names, (*INPUTS, ALIAS, *NOT_MODELLED), {*outputs, *UNUSED}, location)
    for name in NOT_MODELLED:
        if name in names:
            _refuse_unless_nothing(list(points[name]), name, location)
    if replaced := [name for name in names if name in outputs and name not in INPUTS]:
        remarks.append(f"columns of the table that predictions replace: {', '.join(replaced[:NAMED])}")
    remarks += unknown_remark(unknown)
    return (points if ALIAS not in points else _with_scheme(points, location)), remarks


def with_gaps(points: pd.DataFrame) -> pd.DataFrame:
    """The table with nothing where a cell of a column that counts holds spaces alone: a gap, as an empty cell is."""
    named = [name for name in (*INPUTS, ALIAS) if name in points and points.columns.is_unique]
    words = [name for name in named if points[name].dtype.kind not in "biuf"]
    return points.assign(**{name: points[name].mask(points[name].map(_is_blank)) for name in words})


def _is_blank(cell: object) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _refuse_unless_nothing(values: list, name: str, location: str) -> None:
    meaning, nothing = NOT_MODELLED[name]
    for row, value in enumerate(values):
        if not pd.isna(value) and str(value).strip() not in (f"{nothing}", f"{nothing:.1f}"):
            raise InputError(
                f"{location}: row {row + 1}: {name}: {meaning} is not modelled; expected {nothing}, got {value}"
            )


def _with_scheme(points: pd.DataFrame, location: str) -> pd.DataFrame:
    """The engine's word for the cache type as a scheme; InputError where both are given and contradict each other."""

    def column(name: str) -> list:
        return list(points[name]) if name in points else [None] * len(points)

    schemes, meant = [], {}
    for row, key in enumerate(zip(column(ALIAS), column("scheme"), column("engine"), strict=True)):
        if key not in meant:
            try:
                meant[key] = _scheme(*(None if pd.isna(value) else str(value) for value in key))
            except CostModelError as error:
                raise InputError(f"{location}: row {row + 1}: {error}") from error
        schemes.append(meant[key])
    return points.assign(scheme=schemes)


def _scheme(word: str | None, stated: str | None, engine: str | None) -> str | None:
    """The scheme that a row states, by its name or by the engine's word."""
    return stated if word is None else agreed_scheme(word, stated, engine or DEFAULTS["engine"])
