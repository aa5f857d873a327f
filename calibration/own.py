"""Measurements of one's own device fitted into a profile of the user's data directory, under costmodel's own kernels."""

from datetime import date
from pathlib import Path

import pandas as pd

from calibration.blocks import attention_block
from calibration.profile import Profile
from costmodel.facts import profiles

ENGINE = "embedded"


def write(rows: pd.DataFrame, source: str, method: str, folder: Path) -> Profile:
    """Fit tidy rows of one device, one kernel, and write ``<gpu>--embedded.toml`` with what lies beside it.

    All KV types of a head width are one fit. Fact files are read once a process; what was written is read anew.
    """
    (gpu,), (kernel,), (version,) = (rows[name].unique() for name in ("gpu", "kernel", "engine_version"))
    header = {"gpu": gpu, "engine": ENGINE, "engine_version": version, "source": source, "fitted": date.today()}
    kinds = dict.fromkeys(sorted(rows["kv_dtype"].unique()), kernel)
    made = Profile(gpu, ENGINE, header | {"method": method}, kinds, folder=folder / "profiles")
    for width, part in rows.groupby("head_dim"):
        made.put(("attention", kernel, int(width)), attention_block(part, gpu))
    profiles.clear_caches()
    return made
