"""Measurements of the device at hand fitted into a profile of the user's data directory, under costmodel's own kernels."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from calibration.kernel_fits.attention import attention_section
from calibration.kernel_fits.section import ProfileSection
from calibration.profiles.writer import ProfileWriter
from costmodel.facts import gpus, profiles
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import Header

ENGINE = "embedded"


def write_local_profile(
    rows: pd.DataFrame,
    source: str,
    method: str,
    folder: Path | None,
    fit: Callable[[pd.DataFrame, GPU], ProfileSection] = attention_section,
) -> ProfileWriter:
    """Fit tidy rows of one device, one kernel, and write ``<gpu>--embedded.toml`` with what lies beside it.

    ``folder`` is the data directory; None writes into the package. All KV types of a head width are one ``fit``. What was
    read of fact files before is forgotten, so that the next reader sees the profile.
    """
    (gpu,), (kernel,), (version,) = (rows[name].unique() for name in ("gpu", "kernel", "engine_version"))
    kernels = dict.fromkeys(sorted(rows["kv_dtype"].unique()), kernel)
    header = Header(gpu, ENGINE, source, str(version), date.today(), method, kernels)
    writer, device = ProfileWriter(header, folder=folder and folder / "profiles"), gpus.load(gpu)
    for _, group in rows.groupby("head_dim"):
        writer.put(fit(group, device))
    profiles.clear_caches()
    return writer
