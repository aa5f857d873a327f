"""Tables of points in files: CSV and Parquet, read whole and written whole, so that nothing is left half-done."""

import io
import re
import sys
import warnings

import pandas as pd

from costmodel import files
from costmodel.errors import InputError
from costmodel.text.separators import separator_fault
from costmodel.traces.read import FORMATS

MAX_COLUMNS = 1_000
MAX_HEADER = 1 << 16  # bytes of a first line that are looked at
ADDRESS = re.compile(r"[a-z][a-z0-9+.:-]*://", re.IGNORECASE)  # what pandas would fetch: http://, s3://, file:// …


def read(path: str) -> pd.DataFrame:
    """The table of a CSV or Parquet file (``-`` is CSV on standard input).

    Only files are opened: an address is refused. Raises InputError for what is no table; a trace or a result of a benchmark is
    named, with the command that reads it.
    """
    _refuse_address(path)
    table = _read(path)
    if len(table.columns) > MAX_COLUMNS:
        raise InputError(f"{path}: expected at most {MAX_COLUMNS:,} columns, got {len(table.columns):,}")
    names = {str(name).strip() for name in table.columns}
    if trace := next((known.name for known in FORMATS if set(known.columns) <= names), None):
        raise InputError(f"{path}: this is a trace ({trace}), not a table of points: costmodel replay {path} reads it")
    return table


def _read(path: str) -> pd.DataFrame:
    try:
        if path == "-":
            return read_csv(io.BytesIO(sys.stdin.buffer.read()))  # UTF-8, as in a file, whatever the locale
        if path.endswith(".parquet"):
            return pd.read_parquet(path)
        _refuse_json(path)
        return read_csv(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: not a table: {str(error).splitlines()[0] if str(error) else 'empty'}") from error


def read_csv(source: str | io.BytesIO, rows: int | None = None) -> pd.DataFrame:
    """The table (its first ``rows``), versions as text, for 0.20 is no number; ValueError for rows longer than the header."""
    _refuse_other_separators(source)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(source, dtype={"engine_version": "str"}, index_col=False, nrows=rows)
        except pd.errors.ParserWarning as error:
            raise ValueError("a row has more fields than the header") from error


def _refuse_other_separators(source: str | io.BytesIO) -> None:
    """ValueError where the first line separates its cells by something else than commas."""
    if isinstance(source, io.BytesIO):
        header = source.readline(MAX_HEADER)
        source.seek(0)
    else:
        with open(source, "rb") as file:
            header = file.readline(MAX_HEADER)
    if fault := separator_fault(header.decode("utf-8", errors="replace")):
        raise ValueError(fault)


def _refuse_json(path: str) -> None:
    """InputError for a file that begins as JSON does, before it is taken for a table of one line."""
    with open(path, "rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        raise InputError(
            f"{path}: expected a table as CSV or Parquet, got JSON; costmodel validate --data {path} reads results of a "
            f"benchmark, costmodel replay {path} a trace"
        )


def _refuse_address(path: str) -> None:
    if address := ADDRESS.match(path):
        raise InputError(
            f"{path}: expected a file of this machine, got an address ({address[0]}); fetch it, then name the file"
        )


def check_target(path: str | None) -> None:
    """InputError for a target that could not be written, before any work is done."""
    if path:
        _refuse_address(path)
        files.check_target(path, (".csv", ".parquet"), f"--out {path}", stream=".csv")


def write(table: pd.DataFrame, path: str | None) -> None:
    """Write the table whole or not at all; CSV on standard output without a path."""
    if path is None:
        table.to_csv(sys.stdout, index=False)
        return
    with files.replace_file(path, f"--out {path}") as partial:
        if path.endswith(".parquet"):
            table.to_parquet(partial, index=False)
        else:
            _write_csv(table, partial)


def _write_csv(table: pd.DataFrame, path) -> None:
    """Arrow's writer: ten times as fast as pandas' on long tables of numbers."""
    import pyarrow
    from pyarrow import csv

    columns = pyarrow.Table.from_pandas(table, preserve_index=False)
    csv.write_csv(columns, path, csv.WriteOptions(quoting_style="needed", quoting_header="needed"))
