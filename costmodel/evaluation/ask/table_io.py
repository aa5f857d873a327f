"""Tables of points in files: CSV and Parquet, read whole and written whole, so that nothing is left half-done."""

import io
import sys
import warnings

import pandas as pd

from costmodel import files
from costmodel.errors import InputError


def read(path: str) -> pd.DataFrame:
    """The table of a CSV or Parquet file (``-`` is CSV on standard input); InputError for what is none."""
    try:
        if path == "-":
            return _read_csv(io.StringIO(sys.stdin.read()))
        if path.endswith(".parquet"):
            return pd.read_parquet(path)
        return _read_csv(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: not a table: {str(error).splitlines()[0] if str(error) else 'empty'}") from error


def _read_csv(source: str | io.StringIO) -> pd.DataFrame:
    """The table, versions as text, for 0.20 is no number; ValueError for rows with more fields than the header."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(source, dtype={"engine_version": "str"}, index_col=False)
        except pd.errors.ParserWarning as error:
            raise ValueError("a row has more fields than the header") from error


def check_target(path: str | None) -> None:
    """InputError for a target that could not be written, before any work is done."""
    if path:
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
