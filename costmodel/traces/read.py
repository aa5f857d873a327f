"""Reading a trace: the format by what the file holds, requests one by one, bounded memory.

Mooncake's JSON Lines (timestamp in ms, hash_ids of blocks of 512 tokens), Azure's CSV (TIMESTAMP, ContextTokens,
GeneratedTokens), BurstGPT's CSV (Timestamp in s, Request tokens, Response tokens).
"""

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from costmodel.errors import InputError, UnknownName
from costmodel.text.separators import separator_fault
from costmodel.traces.records import BadRows, Request

MAX_TOKENS = 1e9
MAX_LINE = 1 << 24  # characters: a prompt of 100 M tokens in blocks of 16


@dataclass(frozen=True)
class TraceFormat:
    """One format: its name, the columns or keys that it must have, the tokens of its blocks (0 without any), its reader.

    ``unread`` are those that a file has besides.
    """

    name: str
    columns: tuple[str, ...]
    block_tokens: int
    parse: Callable[[dict], Request]
    unread: tuple[str, ...] = ()


def _mooncake(row: dict) -> Request:
    blocks = row["hash_ids"]
    if not isinstance(blocks, list) or not all(
        isinstance(block, int) and not isinstance(block, bool) for block in blocks
    ):
        raise ValueError("hash_ids: expected a list of whole numbers")
    return Request(
        _number(row, "timestamp") / 1e3, _tokens(row, "input_length"), _tokens(row, "output_length"), tuple(blocks)
    )


def _azure(row: dict) -> Request:
    stamp = str(row["TIMESTAMP"]).strip()
    try:
        time = datetime.fromisoformat(stamp[:26].removesuffix("Z")).timestamp()  # Azure prints seven digits of a second
    except ValueError:
        raise ValueError(f"TIMESTAMP: expected a date and time, got {stamp!r:.40}") from None
    return Request(time, _tokens(row, "ContextTokens"), _tokens(row, "GeneratedTokens"))


def _burstgpt(row: dict) -> Request:
    return Request(_number(row, "Timestamp"), _tokens(row, "Request tokens"), _tokens(row, "Response tokens"))


FORMATS = (
    TraceFormat("mooncake", ("timestamp", "input_length", "output_length", "hash_ids"), 512, _mooncake),
    TraceFormat("azure", ("TIMESTAMP", "ContextTokens", "GeneratedTokens"), 0, _azure),
    TraceFormat("burstgpt", ("Timestamp", "Request tokens", "Response tokens"), 0, _burstgpt),
)


def read_trace(
    path: str | Path,
    bad: BadRows | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[TraceFormat, Iterator[Request]]:
    """The format of a trace, and its requests as they are read; ``on_progress`` is told bytes done and in all.

    Raises InputError for a file that is missing, empty or of no known format, and, after the last row, for those that cannot be
    read, unless ``bad`` skips them.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            first = file.readline(MAX_LINE)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if first.startswith("PAR1") or "\0" in first:
        kind = "Parquet" if first.startswith("PAR1") else "a file that is no text"
        raise InputError(f"{path}: expected a trace in JSON Lines or CSV, got {kind}")
    if not first.strip():
        raise InputError(f"{path}: expected a trace, got an empty first line")
    is_json = first.lstrip().startswith(("{", "["))
    if not is_json and (fault := separator_fault(first)):
        raise InputError(f"{path}: line 1: {fault}")
    trace_format = _format_of(
        path, _keys(path, first) if is_json else [cell.strip() for cell in next(csv.reader([first]))]
    )
    rows = _json_rows if is_json else _csv_rows
    return trace_format, _requests(path, rows, trace_format, bad or BadRows(str(path)), on_progress)


def _keys(path: Path, line: str) -> list[str]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: line 1: not a JSON object: {error}") from error
    if not isinstance(row, dict):
        raise InputError(f"{path}: line 1: expected a JSON object a line, got a {type(row).__name__}")
    return list(row)


def _format_of(path: Path, columns: list[str]) -> TraceFormat:
    for known in FORMATS:
        if set(known.columns) <= set(columns):
            return replace(known, unread=tuple(name for name in columns if name not in known.columns))
    nearest = max(FORMATS, key=lambda known: len(set(known.columns) & set(columns)))
    missing = [name for name in nearest.columns if name not in columns]
    if len(missing) < len(nearest.columns):
        raise InputError(f"{path}: looks like a trace of {nearest.name}, but lacks {', '.join(missing)}")
    every = [name for known in FORMATS for name in known.columns]
    raise InputError(f"{path}: {UnknownName('column of a trace', columns[0], every, '(Mooncake, Azure, BurstGPT)')}")


def _requests(path, rows, trace_format: TraceFormat, bad: BadRows, on_progress) -> Iterator[Request]:
    total, read = path.stat().st_size, 0
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for line, size, row in rows(file, bad):
            read += size
            on_progress(min(read, total), total)
            try:
                yield trace_format.parse(row)
            except (KeyError, TypeError, ValueError) as error:
                bad.add(line, str(error) if isinstance(error, ValueError) else f"{error} is missing")
    bad.finish()


def _json_rows(file, bad: BadRows) -> Iterator[tuple[int, int, dict]]:
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            bad.add(line, "not a JSON object")
            continue
        if isinstance(row, dict):
            yield line, len(text), row
        else:
            bad.add(line, f"expected a JSON object, got a {type(row).__name__}")


def _csv_rows(file, bad: BadRows) -> Iterator[tuple[int, int, dict]]:
    reader = csv.reader(file)
    columns = [cell.strip() for cell in next(reader)]
    for cells in reader:
        if not cells:
            continue
        if len(cells) != len(columns):
            bad.add(reader.line_num, f"expected {len(columns)} columns, got {len(cells)}")
            continue
        yield reader.line_num, sum(map(len, cells)) + len(cells), dict(zip(columns, cells, strict=True))


def _number(row: dict, key: str) -> float:
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{key}: expected a number, got {value!r:.40}")
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{key}: expected a number, got {value!r:.40}") from None
    if not math.isfinite(number):
        raise ValueError(f"{key}: expected a finite number, got {value!r:.40}")
    return number


def _tokens(row: dict, key: str) -> float:
    tokens = _number(row, key)
    if not 0 <= tokens <= MAX_TOKENS:
        raise ValueError(f"{key}: expected 0 to {MAX_TOKENS:g} tokens, got {tokens:g}")
    if tokens != int(tokens):
        raise ValueError(f"{key}: expected a whole number of tokens, got {tokens:g}")
    return tokens
