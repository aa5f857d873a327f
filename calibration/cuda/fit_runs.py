"""A profile of the CUDA device at hand from the runs of the suite: decode attention of costmodel's own Triton kernels.

Warm runs alone, as every profile is fitted under the condition of the benchmarks; 16 bit and fp8, the types that a
profile's kernels are chosen by. Measurements of the other cases stay in the file of runs.
"""

from pathlib import Path

import pandas as pd

from calibration.cuda import runs
from calibration.kernel_fits.identified import suite_section
from calibration.profiles import local_profile
from calibration.profiles.kept_profile import METHOD, RULE
from calibration.profiles.writer import ProfileWriter
from costmodel.errors import InputError
from costmodel.text.counted import counted

TYPES = {"triton-bf16": "bfloat16", "triton-fp8": "fp8"}
KERNEL = "triton"
MIN_RUNS = 60
GRAPHS = "time on the device of CUDA graphs, medians, the same cache read again and again"


def attention_rows(path: Path) -> pd.DataFrame:
    """The warm runs of the Triton kernels in the types that are fitted, where their time is the device's."""
    table = runs.attention_rows(path)
    table = table[table["kernel"].isin(TYPES) & table["is_device"]]
    kv_dtype = table["kernel"].map(TYPES)
    return table.assign(kv_dtype=kv_dtype, kernel=KERNEL, engine=local_profile.ENGINE).reset_index(drop=True)


def fit_runs(path: Path, folder: Path) -> ProfileWriter:
    """Fit the runs of a file and write the profile; InputError where too few were measured."""
    rows = attention_rows(path)
    if len(rows) < MIN_RUNS:
        raise InputError(
            f"{path}: {counted(len(rows), 'warm run')} of decode attention that show the device, at least {MIN_RUNS} needed: "
            "run the whole suite"
        )
    by_graph = any(run.get("timing") == "graph" for run in runs.measured(path) if run["operation"] == "codec_attention")
    return local_profile.write_local_profile(
        rows,
        f"costmodel calibrate cuda, runs of {path.name}",
        f"{GRAPHS if by_graph else RULE}; {METHOD}",
        folder,
        lambda group, device: suite_section(group, device, launch_is_seen=by_graph),
    )
