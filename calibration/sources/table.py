"""Measurements of one's own in a plain CSV: the columns of ``costmodel predict``, and one of what was measured.

A table of kernel calls has the columns of its kernel and ``latency_us``; a table of steps or loads has those of points
and ``tpot_ms``. Further columns pass through; ``source`` names a row's origin where it is given.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from costmodel.errors import FactError
from costmodel.evaluation.ask import table_io as tables

MEASURED = {"latency_us": "a kernel call", "tpot_ms": "a step or a load"}


def load(path: Path) -> tuple[pd.DataFrame, str]:
    """The table of a file, checked as by ``measured``."""
    return measured(tables.read(str(path)), str(path))


def measured(table: pd.DataFrame, where: str) -> tuple[pd.DataFrame, str]:
    """The table and the name of its measured column. FactError naming the row of a time that cannot be one."""
    found = [name for name in MEASURED if name in table]
    if len(found) != 1:
        due = " or ".join(f"{name} ({words})" for name, words in MEASURED.items())
        raise FactError(f"{where}: found {' and '.join(found) or 'neither'}, due one measured column: {due}")
    times = pd.to_numeric(table[found[0]], errors="coerce")
    if (bad := ~(times > 0) | ~np.isfinite(times)).any():
        row = int(bad.idxmax())
        raise FactError(f"{where}: row {row + 1}: {found[0]}: found {str(table[found[0]][row])!r}, due a time above 0")
    return table.assign(**{found[0]: times}), found[0]
