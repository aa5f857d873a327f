"""Which columns a table of points may have: those that count, those that pass through, and near misses, which are mistakes.

Nothing that a person wrote is ignored without a word.
"""

from collections.abc import Iterable
from difflib import get_close_matches

import pandas as pd

from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.ask.point_table import DEFAULTS
from costmodel.evaluation.ask.table_io import MAX_COLUMNS
from costmodel.facts.cache_words import agreed_scheme

INPUTS = (
    "model", "gpu", "tp", "ep", "engine", "engine_version", "scheme", "implementation", "weight_dtype", "memory_fraction",
    "usage", "block_size", "batch", "context", "prompt_len", "gen_len", "gen_cv", "mode", "concurrency",
)  # fmt: skip
UNUSED = (
    "prompt_cv", "rate", "hit_rate", "max_num_seqs", "max_num_batched_tokens", "max_model_len", "eager", "link",
)  # fmt: skip
NOT_MODELLED = {  # column → what it means, and the value that stands for nothing of it
    "pp": ("pipeline parallel", 1), "dp": ("data parallel", 1), "nodes": ("a replica over several nodes", 1),
}  # fmt: skip
ALIAS = "kv_cache_dtype"  # the engine's own word, for ``scheme``
NAMED = 12  # of unknown columns
NEAR = 0.8  # similarity from which a name is a misspelling


def checked_columns(points: pd.DataFrame, outputs: Iterable[str], location: str) -> tuple[pd.DataFrame, list[str]]:
    """The table with ``scheme`` for an engine's word, and what is said of columns that do not count.

    ``outputs`` are columns that a prediction replaces. Raises InputError for a near miss of a column that counts, for a
    column twice, and for what is not modelled.
    """
    names, outputs, remarks, unknown = [str(name) for name in points.columns], set(outputs), [], []
    if len(names) > MAX_COLUMNS:  # an upload comes past the reader of files
        raise InputError(f"{location}: expected at most {MAX_COLUMNS:,} columns, got {len(names):,}")
    for name in names:
        if name in INPUTS or name in outputs or name == ALIAS:
            continue
        if name in UNUSED:
            remarks.append(f"{name} is not used")
            continue
        if name in NOT_MODELLED:
            _refuse_unless_nothing(list(points[name]), name, location)
            continue
        bare = name.partition(".")[0] if name.rpartition(".")[2].isdigit() else name  # pandas: batch, batch.1
        if bare != name and bare in (*INPUTS, ALIAS):
            raise InputError(f"{location}: column {bare}: expected once, got it twice")
        if near := get_close_matches(name.strip().lower(), (*INPUTS, ALIAS), n=1, cutoff=NEAR):
            raise InputError(f"{location}: column {name!r}: did you mean {near[0]}? rename it, or name it otherwise")
        unknown.append(name)
    if unknown:
        more = f" and {len(unknown) - NAMED:,} more" * (len(unknown) > NAMED)
        remarks.append(f"unknown columns pass through: {', '.join(unknown[:NAMED])}{more}")
    return (points if ALIAS not in points else _with_scheme(points, location)), remarks


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
