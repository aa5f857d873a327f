"""A profile of the CUDA device at hand from the runs of the suite: decode attention of costmodel's own Triton kernels.

Warm runs alone, as every profile is fitted under the condition of the benchmarks; 16 bit and fp8, the types that a
profile's kernels are chosen by. Measurements of the other cases stay in the file of runs.
"""

from pathlib import Path

import pandas as pd

from calibration.cuda import runs
from calibration.data.design import BUDGET
from calibration.profiles import local_profile
from calibration.profiles.writer import ProfileWriter
from costmodel.errors import InputError

TYPES = {"triton-bf16": "bfloat16", "triton-fp8": "fp8"}
KERNEL = "triton"
MIN_RUNS = 60
METHOD = f"at most {BUDGET} designed rows; CUDA events, medians, the same cache read again and again"


def attention_rows(path: Path) -> pd.DataFrame:
    """The warm runs of the Triton kernels in the types that are fitted."""
    table = runs.attention_rows(path)
    table = table[table["kernel"].isin(TYPES)]
    return table.assign(kv_dtype=table["kernel"].map(TYPES), kernel=KERNEL, engine=local_profile.ENGINE).reset_index(
        drop=True
    )


def fit_runs(path: Path, folder: Path) -> ProfileWriter:
    """Fit the runs of a file and write the profile; InputError where too few were measured."""
    rows = attention_rows(path)
    if len(rows) < MIN_RUNS:
        raise InputError(
            f"{path}: {len(rows)} warm runs of decode attention, at least {MIN_RUNS} needed: run the whole suite"
        )
    return local_profile.write_local_profile(rows, f"costmodel calibrate cuda, runs of {path.name}", METHOD, folder)
