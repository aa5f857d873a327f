"""Columns of numbers in a table that a person wrote: read once, refused by row and column."""

import pandas as pd

from costmodel.errors import InputError

MAX_ROWS = 5_000_000


def validate_row_count(frame: pd.DataFrame, location: str) -> None:
    """InputError for a table without rows, or with more than are predicted at once."""
    if frame.empty:
        raise InputError(f"{location}: found no rows")
    if len(frame) > MAX_ROWS:
        raise InputError(f"{location}: found {len(frame):,} rows, due at most {MAX_ROWS:,}; split the table")


def parse_numbers(
    column: pd.Series, name: str, location: str, *, high: float, zero_is_allowed: bool = False, gaps: bool = False
) -> pd.Series:
    """A column as floats; InputError naming row and column of what is no number, negative or above ``high``.

    Zero counts only where it is allowed, an empty cell only where ``gaps`` are.
    """
    numbers = pd.to_numeric(column, errors="coerce")
    bad = (numbers.isna() & column.notna()) | (numbers < 0) | (numbers > high)
    if not zero_is_allowed:
        bad |= numbers == 0
    if not gaps:
        bad |= numbers.isna()
    if bad.any():
        row = int(bad.idxmax())
        due = "a number from 0" if zero_is_allowed else "a number above 0"
        raise InputError(f"{location}: row {row + 1}: {name}: found {str(column[row])!r}, due {due}, at most {high:g}")
    return numbers.astype(float)
