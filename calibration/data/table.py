"""A user's own measurements in a plain CSV: the columns of ``costmodel predict``, and one of what was measured.

A table of kernel calls has the columns of its kernel and ``latency_us``; a table of steps or loads has those of points
and ``tpot_ms``. Further columns pass through; ``source`` names a row's origin where it is stated.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from costmodel.errors import FactError, InputError, shown
from costmodel.evaluation.ask import table_io
from costmodel.evaluation.ask.number_columns import LEAST
from costmodel.facts.stated import is_missing, same

MEASURED = {"latency_us": "a kernel call", "tpot_ms": "a step or a load"}


def load(path: Path) -> tuple[pd.DataFrame, str]:
    """The table of a file, checked as by ``check_measured``."""
    return check_measured(table_io.read(str(path)), str(path))


def fill_in(frame: pd.DataFrame, options: dict, location: str) -> pd.DataFrame:
    """The table with options where a row states nothing; InputError naming the row that states something else.

    Rows of a table have values of their own, which no option replaces.
    """
    frame = frame.copy()
    for name, value in options.items():
        stated = list(frame[name]) if name in frame else [None] * len(frame)
        for said in {said for said in stated if not is_missing(said)}:
            if not same(name, said, value):
                raise InputError(
                    f"{location}: row {stated.index(said) + 1}: {name}: states {shown(said)}, and --{name.replace('_', '-')} "
                    f"{shown(value)}: leave the option out, or correct the row"
                )
        frame[name] = [value if is_missing(said) else said for said in stated]
    return frame


def check_measured(frame: pd.DataFrame, location: str) -> tuple[pd.DataFrame, str]:
    """The table and the name of its measured column. FactError naming the row of a time that cannot be one."""
    present = [name for name in MEASURED if name in frame]
    if len(present) != 1:
        expected = " or ".join(f"{name} ({meaning})" for name, meaning in MEASURED.items())
        raise FactError(
            f"{location}: expected one measured column: {expected}; got {' and '.join(present) or 'neither'}"
        )
    (column,) = present
    times = pd.to_numeric(frame[column], errors="coerce")
    if (bad := ~(times >= LEAST) | ~np.isfinite(times)).any():
        row = int(np.argmax(bad))
        raise FactError(
            f"{location}: row {row + 1}: {column}: expected a time above 0, got {str(frame[column].iloc[row])!r}"
        )
    return frame.assign(**{column: times}), column
