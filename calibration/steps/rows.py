"""Step times as a person hands them in, checked: what is no time of a step is refused before anything is fitted.

A row is one decode step: batch, context (or prompt and output lengths) and milliseconds. Rows of the 16-bit cache may stand
among them; they show how far the rest of the step is predicted right.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.number_columns import parse_numbers, validate_row_count
from costmodel.facts import implementations, store

COLUMNS = ("batch", "context", "step_ms")
KNOWN = (*COLUMNS, "prompt_len", "gen_len", "scheme", "kv_cache_dtype")
BASELINE_WORDS = ("auto", "bfloat16", "float16", "none", "bf16")
MAX_REPEAT_RATIO = 1.25  # two times of one step that differ by more contradict each other
MAX_NUMBER = 1e9


def step_rows(frame: pd.DataFrame, scheme: str, engine: str, location: str) -> pd.DataFrame:
    """The rows of ``scheme`` and of the 16-bit cache: columns batch, context, step_ms, baseline, repeats averaged.

    ``scheme`` and ``engine`` are canonical ids; ``location`` names the table in messages. A table without a column for the
    scheme is all of ``scheme``; other schemes' rows are left out. Raises InputError naming row and column of what is missing,
    not a number, not above 0, or contradicts another row.
    """
    validate_row_count(frame, location)
    rows = frame.reset_index(drop=True).copy()
    if "context" not in rows:
        if "prompt_len" not in rows:
            raise InputError(f"{location}: {UnknownName('column', 'context', rows.columns)}; or give prompt_len")
        generated = rows.get("gen_len", 0.0)
        rows["context"] = rows["prompt_len"] + generated / 2
    for name in COLUMNS:
        if name not in rows:
            raise InputError(f"{location}: {UnknownName('column', name, rows.columns)}; expected {', '.join(COLUMNS)}")
        rows[name] = parse_numbers(rows[name], name, location, high=MAX_NUMBER)
    words = _schemes(rows, engine, scheme)
    rows = rows.assign(baseline=words == "none")[(words == scheme) | (words == "none")]
    if not (~rows["baseline"]).any():
        raise InputError(f"{location}: expected rows of {scheme}, got {', '.join(sorted(set(words)))}")
    return _averaged(rows, location)


def _schemes(rows: pd.DataFrame, engine: str, scheme: str) -> pd.Series:
    """The scheme of every row: its column ``scheme``, or the engine's own word for the cache type."""
    if "scheme" in rows:
        return rows["scheme"].map(lambda text: store.resolve("schemes", str(text)))
    if "kv_cache_dtype" in rows:
        words = engine_words(engine)
        return rows["kv_cache_dtype"].map(lambda word: _resolve(str(word), words))
    return pd.Series(scheme, index=rows.index)


def engine_words(engine: str) -> dict[str, str]:
    """The engine's own words for cache types, and the schemes that they mean."""
    words = dict.fromkeys(BASELINE_WORDS, "none")
    for identifier in store.files(implementations.KIND):
        implementation = implementations.load(identifier)
        if implementation.engine == engine and implementation.kv_cache_dtype:
            words.setdefault(implementation.kv_cache_dtype, implementation.scheme)
    return words


def _resolve(word: str, words: Mapping[str, str]) -> str:
    if word in words:
        return words[word]
    try:
        return store.resolve("schemes", word)
    except UnknownName:
        raise UnknownName("kv_cache_dtype", word, words) from None


def _averaged(rows: pd.DataFrame, location: str) -> pd.DataFrame:
    """One row a step; InputError where two times of one step differ by more than a repeat does."""
    for (batch, context, _), group in rows.groupby(["batch", "context", "baseline"]):
        fastest, slowest = group["step_ms"].min(), group["step_ms"].max()
        if slowest > MAX_REPEAT_RATIO * fastest:
            numbers = " and ".join(str(index + 1) for index in (group["step_ms"].idxmin(), group["step_ms"].idxmax()))
            raise InputError(
                f"{location}: rows {numbers}: {fastest:g} and {slowest:g} ms for batch {batch:g}, context {context:g} "
                "contradict each other; expected repeats within 25 %"
            )
    averaged = rows.groupby(["baseline", "batch", "context"], as_index=False)["step_ms"].median()
    return averaged.sort_values(["baseline", "batch", "context"], ignore_index=True)


def check_scale(rows: pd.DataFrame, rest: np.ndarray, location: str) -> None:
    """InputError for times that look like another unit: ``rest`` is what a step takes beside attention, in seconds."""
    ratio = rows["step_ms"].to_numpy(float) * 1e-3 / rest
    middle = float(np.median(ratio))
    if middle < 0.02:
        raise InputError(
            f"{location}: step_ms: a step of this model takes {1e3 * np.median(rest):.3g} ms beside its attention, got "
            f"{rows['step_ms'].median():.3g}; expected milliseconds, these look like seconds"
        )
    if middle > 300:
        raise InputError(f"{location}: step_ms: {middle:,.0f} times what the model needs; expected milliseconds")
    if (ratio < 0.7).any():
        row = rows.iloc[int(ratio.argmin())]
        raise InputError(
            f"{location}: batch {row['batch']:g}, context {row['context']:g}: {row['step_ms']:g} ms is less than the step "
            f"takes without attention ({1e3 * rest[ratio.argmin()]:.3g} ms); check model, GPU and --tp"
        )
