"""Claims of speed or memory, as papers state them: one row each, with the baseline against which it was measured.

A table is read and checked whole before anything is computed: a cell that cannot be read is an error with its line and
column. A name that no file has is no such error: that claim is listed and the others go on.
"""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import InputError, UnknownName
from costmodel.facts import store

COLUMNS = (
    "model", "gpu", "engine", "engine_version", "baseline", "scheme", "batch", "prompt_len", "gen_len", "metric",
    "claimed", "source",
)  # fmt: skip
REQUIRED = ("model", "gpu", "scheme", "metric", "claimed", "source")
METRICS = {
    "tpot": "time of a token, both sides at one batch",
    "throughput": "tokens a second, each side at its own largest batch",
    "ttft": "time to first token of one prompt",
    "memory": "bytes of the cache of one sequence",
}
SELF = "self"  # the proposal of the report
LARGEST = ("", "max")  # a batch that nobody fixed
MIN_COUNT, MAX_COUNT = 1e-9, 1e9
PUBLISHED = store.PACKAGE / "claims" / "published.csv"


@dataclass(frozen=True)
class Claim:
    """One claim: ``claimed`` is baseline over scheme for times and bytes, scheme over baseline for throughput.

    ``line`` is its line in the table; ``batch`` in sequences (None: each side's own largest), ``prompt`` and ``generated`` in
    tokens of a sequence (None where not stated). Names are as written.
    """

    line: int
    model: str
    gpu: str
    engine: str
    engine_version: str
    baseline: str
    scheme: str
    batch: float | None
    prompt: float | None
    generated: float | None
    metric: str
    claimed: float
    source: str


def read_claims(path: str | Path) -> tuple[Claim, ...]:
    """The claims of a CSV table; InputError naming file, line and column for what cannot be read."""
    location = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{location}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{location}: cannot be read as a CSV in UTF-8: {error}") from error
    rows = csv.reader(io.StringIO(text))
    head = next(rows, [])
    names = _columns([name.strip() for name in head], location)
    claims = []
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        line = f"{location}: line {rows.line_num}"
        if len(cells) != len(names):
            raise InputError(f"{line}: expected {len(names)} columns, got {len(cells)}")
        claims.append(_claim(dict(zip(names, map(str.strip, cells), strict=True)), rows.line_num, line))
    if not claims:
        raise InputError(f"{location}: expected at least one claim below the head, got none")
    return tuple(claims)


def _columns(names: list[str], location: str) -> list[str]:
    for name in names:
        if name not in COLUMNS:
            raise InputError(f"{location}: line 1: {UnknownName('column', name, COLUMNS)}")
        if names.count(name) > 1:
            raise InputError(f"{location}: line 1: column {name}: expected once, got it {names.count(name)} times")
    if missing := [name for name in REQUIRED if name not in names]:
        expected = ", ".join(COLUMNS)
        raise InputError(f"{location}: line 1: column {missing[0]} is missing; expected the columns {expected}")
    return names


def _claim(row: dict[str, str], number: int, line: str) -> Claim:
    for name in REQUIRED:
        if not row[name]:
            raise InputError(f"{line}: column {name}: expected a value, got nothing")
    metric = row["metric"].lower()
    if metric not in METRICS:
        raise InputError(f"{line}: column metric: {UnknownName('metric', row['metric'], METRICS)}")
    batch = row.get("batch", "").lower()
    texts = {name: row.get(name, "") for name in ("model", "gpu", "engine", "engine_version", "baseline", "scheme")}
    return Claim(
        number,
        **texts,
        batch=None if batch in LARGEST else _number(batch, line, "batch"),
        prompt=_optional(row, "prompt_len", line),
        generated=_optional(row, "gen_len", line, least=0.0),
        metric=metric,
        claimed=_number(row["claimed"].rstrip("x×X "), line, "claimed"),
        source=row["source"],
    )


def _optional(row: dict[str, str], name: str, line: str, least: float = 1.0) -> float | None:
    return _number(row[name], line, name, least) if row.get(name) else None


def _number(text: str, line: str, column: str, least: float = 0.0) -> float:
    """A finite number above 0 (at least ``least`` where that is stated)."""
    try:
        number = float(text)
    except ValueError as error:
        raise InputError(f"{line}: column {column}: expected a number, got {text!r}") from error
    is_valid = (
        math.isfinite(number)
        and number < MAX_COUNT
        and number >= least
        and (number >= MIN_COUNT or column == "gen_len")
    )
    if not is_valid:
        raise InputError(f"{line}: column {column}: expected a number above 0 and below 1e9, got {text!r}")
    return number
