"""Columns of numbers in a table that a person wrote: read once, refused by row and column."""

import numpy as np
import pandas as pd

from costmodel.errors import InputError

MAX_ROWS = 5_000_000
LEAST = 1e-9  # of a number above 0: what is smaller is a typing error, and divides to infinity


def validate_row_count(frame: pd.DataFrame, location: str) -> None:
    """InputError for a table without rows, or with more than are predicted at once."""
    if frame.empty:
        raise InputError(f"{location}: expected rows, got none")
    if len(frame) > MAX_ROWS:
        raise InputError(f"{location}: expected at most {MAX_ROWS:,} rows, got {len(frame):,}; split the table")


def filled(column: pd.Series, default: str | float) -> pd.Series:
    """The column with a default in its gaps; an empty one, which pandas takes for numbers, may then hold text."""
    is_alike = pd.api.types.is_numeric_dtype(column) != isinstance(default, str)
    return (column if is_alike else column.astype(object)).fillna(default)


def parse_numbers(
    column: pd.Series, name: str, location: str, *, high: float, zero_is_allowed: bool = False, gaps: bool = False
) -> pd.Series:
    """A column as floats; InputError naming row and column of what is no number, negative or above ``high``.

    Zero counts only where it is allowed, an empty cell only where ``gaps`` are.
    """
    numbers = pd.Series(pd.to_numeric(column, errors="coerce"), index=column.index)
    empty, values = column.isna().to_numpy(), numbers.to_numpy(float)
    bad = (np.isnan(values) & ~empty) | (values < 0) | (values > high)
    if not zero_is_allowed:
        bad |= values == 0
    bad |= (values > 0) & (values < LEAST)
    if not gaps:
        bad |= np.isnan(values)
    if bad.any():
        row = int(np.argmax(bad))
        expected = "a number from 0" if zero_is_allowed else "a number above 0"
        if 0 < values[row] < LEAST:
            expected = f"a number of at least {LEAST:g}"
        raise InputError(
            f"{location}: row {row + 1}: {name}: expected {expected}, at most {high:g}, got {str(column.iloc[row])!r}"
        )
    return numbers.astype(float)
