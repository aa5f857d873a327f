"""Which columns a table of points may have: those that count, those that pass through, and near misses, which are mistakes.

Nothing that a person wrote is ignored without a word.
"""

from collections.abc import Iterable
from difflib import get_close_matches

import pandas as pd

from costmodel.errors import InputError, UnknownName
from costmodel.facts import implementations, store

INPUTS = (
    "model", "gpu", "tp", "engine", "engine_version", "scheme", "implementation", "weight_dtype", "memory_fraction", "usage",
    "block_size", "batch", "context", "prompt_len", "gen_len", "gen_cv", "mode", "concurrency",
)  # fmt: skip
UNUSED = (
    "prompt_cv", "rate", "hit_rate", "max_num_seqs", "max_num_batched_tokens", "max_model_len", "eager", "link",
)  # fmt: skip
NOT_MODELLED = {  # column → what it means, and the value that stands for nothing of it
    "pp": ("pipeline parallel", 1), "ep": ("expert parallel", 1), "dp": ("data parallel", 1),
}  # fmt: skip
ALIAS = "kv_cache_dtype"  # the engine's own word, for ``scheme``
SIXTEEN_BIT = ("auto", "bfloat16", "float16", "bf16", "fp16")
NEAR = 0.8  # similarity from which a name is a misspelling


def checked_columns(points: pd.DataFrame, outputs: Iterable[str], location: str) -> tuple[pd.DataFrame, list[str]]:
    """The table with ``scheme`` for an engine's word, and what is said of columns that do not count.

    ``outputs`` are columns that a prediction replaces. Raises InputError for a near miss of a column that counts, for a
    column twice, and for what is not modelled.
    """
    names, outputs, remarks = [str(name) for name in points.columns], set(outputs), []
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
        remarks.append(f"column {name} is unknown and passes through")
    return (points if ALIAS not in points else _with_scheme(points, location)), remarks


def _refuse_unless_nothing(values: list, name: str, location: str) -> None:
    meaning, nothing = NOT_MODELLED[name]
    for row, value in enumerate(values):
        if not pd.isna(value) and str(value).strip() not in (f"{nothing}", f"{nothing:.1f}"):
            raise InputError(f"{location}: row {row + 1}: {name}: {meaning} is not modelled; got {value}")


def _with_scheme(points: pd.DataFrame, location: str) -> pd.DataFrame:
    """The engine's word for the cache type as a scheme; InputError where both are given and contradict each other."""
    schemes = []
    for row in range(len(points)):
        word = points[ALIAS].iloc[row]
        stated = points["scheme"].iloc[row] if "scheme" in points else None
        if pd.isna(word):
            schemes.append(stated)
            continue
        engine = (
            str(points["engine"].iloc[row])
            if "engine" in points and not pd.isna(points["engine"].iloc[row])
            else "vllm"
        )
        meant = _scheme_of(str(word), engine, f"{location}: row {row + 1}")
        if stated is not None and not pd.isna(stated) and _base(str(stated)) != meant:
            raise InputError(f"{location}: row {row + 1}: scheme {stated} and {ALIAS} {word} contradict each other")
        schemes.append(meant if stated is None or pd.isna(stated) else stated)
    return points.assign(scheme=schemes)


def _base(scheme: str) -> str:
    try:
        return store.resolve("schemes", scheme.partition("[")[0])
    except UnknownName:
        return scheme


def _scheme_of(word: str, engine: str, location: str) -> str:
    if word.lower() in SIXTEEN_BIT:
        return "none"
    engine = store.resolve("engines", engine)
    known = {
        one.kv_cache_dtype: one.scheme
        for one in map(implementations.load, store.files(implementations.KIND))
        if one.engine == engine and one.kv_cache_dtype
    }
    if word in known:
        return known[word]
    try:
        return store.resolve("schemes", word)
    except UnknownName:
        raise InputError(f"{location}: {UnknownName(ALIAS, word, [*known, *SIXTEEN_BIT])}") from None
