"""Runs of the CUDA suite that the project keeps among its facts: a CSV of all rows, and a TOML of device, date and origin.

The first were timed with the host's launches in between. Which of them show the device is decided here, by time and
steadiness alone, before any model looks at them; the second ones are replays of graphs, and show it all.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from costmodel.errors import FactError
from costmodel.facts import store

FOLDER = store.PACKAGE / "measurements"
H100, H100_GRAPHS = "h100-suite", "h100-suite-graphs"  # launched by the host, and by the device itself
HOST_LIMIT = 150.0  # microseconds; below it a median may be the host's launch (h100-suite.toml, notes)
STEADY = 0.05  # of the median; quartiles of calls that wait for the host lie further apart
HEADER_KEYS = ("source", "gpu", "device", "driver", "torch", "triton", "measured", "runs", "clocks", "timing", "notes")
TIMES = ["microseconds_low", "microseconds_median", "microseconds_high"]
ATTENTION = {"bf16": "bfloat16", "fp8": "fp8"}  # codecs that profiles are fitted for -> their KV type


@dataclass(frozen=True, eq=False)
class SuiteRuns:
    """``header``: source, gpu, device, driver, versions, date; ``rows``: one run a row, times in microseconds."""

    header: dict
    rows: pd.DataFrame


def load_suite_runs(name: str = H100, folder: Path = FOLDER) -> SuiteRuns:
    """The runs of that name.

    Raises FactError naming file and column, or key, where the table and its description disagree or a time is none.
    """
    path, location = folder / f"{name}.csv", f"measurements/{name}.csv"
    header = store.read_toml(folder / f"{name}.toml")
    store.check_keys(header, (*HEADER_KEYS, "columns"), f"measurements/{name}.toml", (*HEADER_KEYS, "columns"))
    try:
        rows = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise FactError(f"{location}: cannot be read: {error}") from error
    if [*rows.columns] != [*header["columns"]]:
        raise FactError(
            f"{location}: expected the columns {', '.join(header['columns'])}, got {', '.join(rows.columns)}"
        )
    if len(rows) != header["runs"]:
        raise FactError(f"{location}: expected {header['runs']} runs, got {len(rows)}")
    for column in TIMES:
        numbers = pd.to_numeric(rows[column], errors="coerce")
        if (bad := ~(numbers > 0) | ~np.isfinite(numbers)).any():
            row = int(bad.idxmax())
            raise FactError(f"{location}:{row + 2}: {column}: expected a time above 0, got {rows[column][row]!r}")
    return SuiteRuns(header, rows)


def device_rules(rows: pd.DataFrame) -> pd.Series:
    """Mask of runs whose time is the device's, not the host's: above 150 µs, quartiles within 5 % of the median.

    ``rows`` have ``microseconds_low``, ``_median`` and ``_high``.
    """
    low, median, high = (rows[name] for name in TIMES)
    return (median > HOST_LIMIT) & ((high - low) < STEADY * median)


def shows_device(rows: pd.DataFrame) -> pd.Series:
    """Mask of runs whose time is the device's: those of graphs, and of others where the device rules."""
    return device_rules(rows) | (rows["timing"] == "graph" if "timing" in rows else False)


def decode_attention(runs: SuiteRuns) -> pd.DataFrame:
    """Warm decode attention of the project's Triton kernels where it shows the device, in the tidy form that fits take.

    Columns: gpu, engine, engine_version, kernel, kv_dtype, the shape, latency_us. 16 bit and fp8.
    """
    rows = runs.rows
    mask = (rows["operation"] == "codec_attention") & (rows["l2"] == "warm") & rows["codec"].isin(ATTENTION)
    rows = rows[mask & shows_device(rows)].reset_index(drop=True)
    shape = rows[["batch", "query_heads", "kv_heads", "head_dim", "context"]].astype(int)
    return shape.assign(
        gpu=runs.header["gpu"],
        engine="embedded",
        engine_version=runs.header["torch"],
        kernel="triton",
        kv_dtype=rows["codec"].map(ATTENTION),
        window=0,
        latency_us=rows["microseconds_median"],
    )
