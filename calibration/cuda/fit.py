"""A profile of the CUDA device at hand from the runs of the suite: decode attention of costmodel's own Triton kernels.

Warm runs alone, as every profile is fitted under the condition of the benchmarks; 16 bit and fp8, the types that a
profile's kernels are chosen by. What the other cases measured stays in the runs.
"""

from pathlib import Path

import pandas as pd

from calibration import own
from calibration.cuda import runs
from calibration.design import BUDGET
from calibration.profile import Profile
from costmodel.errors import InputError

TYPES = {"triton-bf16": "bfloat16", "triton-fp8": "fp8"}
KERNEL = "triton"
FEWEST = 60
METHOD = f"at most {BUDGET} designed rows; CUDA events, medians, the same cache read again and again"


def rows(path: Path) -> pd.DataFrame:
    """The warm runs of the Triton kernels in the types that are fitted."""
    table = runs.attention_rows(path)
    table = table[table["kernel"].isin(TYPES)]
    return table.assign(kv_dtype=table["kernel"].map(TYPES), kernel=KERNEL, engine=own.ENGINE).reset_index(drop=True)


def fit(path: Path, folder: Path) -> Profile:
    """Fit the runs of a file and write the profile; InputError where too few were measured."""
    table = rows(path)
    if len(table) < FEWEST:
        raise InputError(
            f"{path}: {len(table)} warm runs of decode attention, at least {FEWEST} due: run the suite whole"
        )
    return own.write(table, f"costmodel calibrate cuda, runs of {path.name}", METHOD, folder)
