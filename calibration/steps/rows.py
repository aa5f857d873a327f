"""Step times as a person hands them in, checked: what is no time of a step is refused before anything is fitted.

A row is one decode step: batch, context (or prompt and output lengths) and milliseconds. Rows of the 16-bit cache may stand
among them; they show how far the rest of the step is predicted right. So may rows that a column ``fitted`` keeps back ("no"):
they judge the fit and are not in it.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.evaluation.ask.number_columns import parse_numbers, validate_row_count
from costmodel.facts import store
from costmodel.facts.cache_words import scheme_of_word

COLUMNS = ("batch", "context", "step_ms")
MAX_FALL = 0.9  # a step that reads more in every respect may be measured this much faster, not more
MAX_REPEAT_RATIO = 1.25  # two times of one step that differ by more contradict each other
MAX_NUMBER = 1e9
OVERFULL = 1.5  # of the pool as it is predicted: memory fractions and weights differ


def step_rows(frame: pd.DataFrame, scheme: str, engine: str, location: str) -> pd.DataFrame:
    """The rows of ``scheme`` and of the 16-bit cache: columns batch, context, step_ms, baseline, kept_back, repeats averaged.

    ``scheme`` and ``engine`` are canonical ids; ``location`` names the table in messages. A table without a column for the
    scheme is all of ``scheme``; other schemes' rows are left out. Raises InputError naming row and column of what is missing,
    not a number, not above 0, or contradicts another row; for a step that is both fitted and kept back; for none to fit.
    """
    validate_row_count(frame, location)
    rows = frame.reset_index(drop=True).copy()
    if "context" not in rows:
        if "prompt_len" not in rows:
            raise InputError(f"{location}: {UnknownName('column', 'context', rows.columns)}; or give prompt_len")
        lengths = [
            parse_numbers(pd.Series(rows[name]), name, location, high=MAX_NUMBER, zero_is_allowed=name == "gen_len")
            for name in ("prompt_len", "gen_len")
            if name in rows
        ]
        rows["context"] = lengths[0] + (lengths[1] / 2 if lengths[1:] else 0.0)
    for name in COLUMNS:
        if name not in rows:
            raise InputError(f"{location}: {UnknownName('column', name, rows.columns)}; expected {', '.join(COLUMNS)}")
        rows[name] = parse_numbers(rows[name], name, location, high=MAX_NUMBER)
    if (fractional := rows["batch"] % 1 != 0).any():
        row = int(np.argmax(fractional))
        raise InputError(f"{location}: row {row + 1}: batch: expected whole sequences, got {rows['batch'].iloc[row]:g}")
    words = _schemes(rows, engine, scheme, location)
    kept_back = _kept_back(rows, location) & (words != "none")
    rows = rows.assign(baseline=words == "none", kept_back=kept_back)[(words == scheme) | (words == "none")]
    if not (~rows["baseline"]).any():
        raise InputError(f"{location}: expected rows of {scheme}, got {', '.join(sorted(set(words)))}")
    if not (~rows["baseline"] & ~rows["kept_back"]).any():
        raise InputError(f"{location}: expected rows of {scheme} to fit, got only such as fitted = no keeps back")
    averaged = _averaged(rows, location)
    _check_growth(averaged, location)
    return averaged


def check_subject(frame: pd.DataFrame, subject: Mapping[str, object], location: str) -> None:
    """InputError for a column that names another engine, GPU, model or number of GPUs than those asked for.

    ``subject`` maps the columns engine, gpu, model and tp to canonical ids and a number.
    """
    for name, expected in subject.items():
        values = frame.get(name)
        if values is None:
            continue
        if name == "tp":
            parsed = list(parse_numbers(pd.Series(values), name, location, high=MAX_NUMBER))
        else:
            parsed = _named(values, lambda text, kind=f"{name}s": store.resolve(kind, text), name, location)
        for row, value in enumerate(parsed):
            if value != expected:
                raise InputError(f"{location}: row {row + 1}: {name}: expected {expected}, as asked for, got {value}")


def check_room(rows: pd.DataFrame, max_context: float, max_batch, location: str) -> None:
    """InputError for a step that the model or the pool does not allow.

    ``max_batch`` is the number of sequences that the pool holds at the context of each row.
    """
    for row, limit in zip(rows.itertuples(), np.broadcast_to(max_batch, len(rows)), strict=True):
        step = f"{location}: batch {row.batch:g}, context {row.context:g}"
        if row.context > max_context:
            raise InputError(f"{step}: the model's context ends at {max_context:g} tokens")
        if row.batch > OVERFULL * limit:
            raise InputError(f"{step}: the pool holds {limit:,.0f} such sequences; check model, GPU and --tp")


def _check_growth(rows: pd.DataFrame, location: str) -> None:
    """InputError for a step that is faster than one of no more sequences and no longer contexts."""
    for _, part in rows.groupby("baseline"):
        steps = list(part.itertuples())
        for row in steps:
            for smaller in steps:
                reads_less = smaller.batch <= row.batch and smaller.context <= row.context
                if reads_less and row.step_ms < MAX_FALL * smaller.step_ms:
                    raise InputError(
                        f"{location}: batch {row.batch:g}, context {row.context:g}: {row.step_ms:g} ms, less than the "
                        f"{smaller.step_ms:g} ms of batch {smaller.batch:g}, context {smaller.context:g}, which reads less; "
                        "one of them is no time of a step"
                    )


def _schemes(rows: pd.DataFrame, engine: str, scheme: str, location: str) -> pd.Series:
    """The scheme of every row: its column ``scheme``, or the engine's own word for the cache type."""
    named = pd.Series(scheme, index=rows.index)
    if "scheme" in rows:
        named = pd.Series(
            _named(rows["scheme"], lambda text: store.resolve("schemes", text), "scheme", location), index=rows.index
        )
    if "kv_cache_dtype" in rows:
        words = _named(rows["kv_cache_dtype"], lambda word: scheme_of_word(word, engine), "kv_cache_dtype", location)
        of_engine = pd.Series(words, index=rows.index)
        if "scheme" in rows and (differs := (named != of_engine).to_numpy()).any():
            row = int(np.argmax(differs))
            raise InputError(
                f"{location}: row {row + 1}: scheme {rows['scheme'].iloc[row]} and kv_cache_dtype "
                f"{rows['kv_cache_dtype'].iloc[row]} contradict each other"
            )
        return of_engine
    return named


def _named(column: Iterable, meaning: Callable[[str], str], name: str, location: str) -> list[str]:
    """What every cell of a column names; InputError naming row and column of one that names nothing."""
    meant: dict[str, str] = {}
    cells = [str(cell) for cell in column]
    for row, cell in enumerate(cells, 1):
        try:
            meant[cell] = meant[cell] if cell in meant else meaning(cell)
        except CostModelError as error:
            raise InputError(f"{location}: row {row}: {name}: {error}") from error
    return [meant[cell] for cell in cells]


def _kept_back(rows: pd.DataFrame, location: str) -> pd.Series:
    """Rows whose column ``fitted`` says no; none where there is no such column. InputError for another word."""
    if "fitted" not in rows:
        return pd.Series(False, index=rows.index)
    words = rows["fitted"].map(lambda word: str(word).strip().lower())
    if not (known := words.isin(["yes", "no"])).all():
        row = int(np.argmin(known))
        raise InputError(f"{location}: row {row + 1}: fitted: expected yes or no, got {rows['fitted'].iloc[row]!r}")
    return words == "no"


def _averaged(rows: pd.DataFrame, location: str) -> pd.DataFrame:
    """One row a step; InputError where two times of one step differ by more than a repeat does."""
    for (batch, context, _), group in rows.groupby(["batch", "context", "baseline"]):
        if group["kept_back"].nunique() > 1:
            raise InputError(
                f"{location}: batch {batch:g}, context {context:g}: a step cannot both be fitted and be kept back to judge"
            )
        fastest, slowest = group["step_ms"].min(), group["step_ms"].max()
        if slowest > MAX_REPEAT_RATIO * fastest:
            numbers = " and ".join(str(index + 1) for index in (group["step_ms"].idxmin(), group["step_ms"].idxmax()))
            raise InputError(
                f"{location}: rows {numbers}: {fastest:g} and {slowest:g} ms for batch {batch:g}, context {context:g} "
                "contradict each other; expected repeats within 25 %"
            )
    averaged = rows.groupby(["baseline", "kept_back", "batch", "context"], as_index=False)["step_ms"].median()
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
