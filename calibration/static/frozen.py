"""The static estimates as they stood before the project's kernels ran on a GPU, beside what was measured then.

The estimates are a copy that no later change of the static model reaches. Nothing is fitted. A ratio counts where both of its
times are the device's, its sign where it differs from 1 by more than 10 %. The committed table stands on the first run; the
second, of graphs, is compared with the same estimates.
"""

import functools
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.data.suite_runs import FOLDER, load_suite_runs, shows_device
from calibration.static import codecs
from costmodel import files
from costmodel.facts import gpus, store
from costmodel.language.units import parse_quantity

NAME = "h100-static-comparison"
METHODS = ("simulated", "issue", "roofline")
DIFFERS = 0.1
WORD_BITS = {"bf16": 16, "fp8": 8, "int8": 8, "int4": 4, "int2": 2}
RECORD_BYTES = 4  # a scale and a zero point of 16 bit
SHAPE = ["l2", "batch", "query_heads", "context"]


@functools.cache
def frozen_estimates(folder: Path = FOLDER) -> dict:
    """The frozen table: ``codec`` → cycles, issue_cycles, port_cycles; source, date and meaning of every column.

    FactError naming file and key for one that lacks any of it.
    """
    location, table = f"measurements/{NAME}.toml", store.read_toml(folder / f"{NAME}.toml")
    keys = ("source", "measurements", "frozen", "method", "shape", "clock", "columns", "codec")
    store.check_keys(table, keys, location, keys)
    for codec in codecs.CODECS:
        store.check_keys(table["codec"], tuple(codecs.CODECS), f"{location}: codec", (codec,))
        numbers = ("cycles", "issue_cycles", "port_cycles")
        store.check_keys(table["codec"][codec], numbers, f"{location}: codec.{codec}", numbers)
    return table


def token_bytes(codec: str) -> float:
    """Bytes of one cached token of one head, keys and values: their codes, and their records by group."""
    word, _, key_group, _, value_group = codecs.CODECS[codec]
    records = sum(RECORD_BYTES * codecs.WIDTH / group for group in (key_group, value_group) if group)
    return 2 * codecs.WIDTH * WORD_BITS[word] / 8 + records


def predicted_nanoseconds(codec: str, method: str) -> float:
    """Time of one cached token of one head on the whole GPU: the larger of memory and multiprocessors."""
    table = frozen_estimates()
    gpu = gpus.load(load_suite_runs(table["measurements"]).header["gpu"])
    memory = token_bytes(codec) / gpu.numbers["hbm_bandwidth"]
    if method == "roofline":
        return 1e9 * memory
    cost = table["codec"][codec]
    cycles = cost["cycles"] if method == "simulated" else max(cost["issue_cycles"], cost["port_cycles"])
    return 1e9 * max(memory, cycles / (gpu.numbers["sms"] * parse_quantity(table["clock"], "1/second")))


def compare(measurements: str = "") -> pd.DataFrame:
    """Every measured pair of a codec and the 16-bit kernel at one shape, with measured and predicted speed-ups.

    ``measurements`` names kept runs, by default those that the frozen table names. Columns as its TOML names them.
    """
    rows = load_suite_runs(measurements or frozen_estimates()["measurements"]).rows
    rows = rows[(rows["operation"] == "codec_attention") & (rows["head_dim"] == codecs.WIDTH)]
    rows = rows.assign(device=shows_device(rows))[[*SHAPE, "codec", "microseconds_median", "device"]]
    base = rows[rows["codec"] == codecs.BASE].drop(columns="codec")
    pairs = rows[rows["codec"] != codecs.BASE].merge(base, on=SHAPE, suffixes=("_codec", "_16bit"))
    measured = {f"microseconds_{side}": pairs[f"microseconds_median_{side}"] for side in ("16bit", "codec")}
    table = pairs[["codec", *SHAPE]].astype({"batch": int, "query_heads": int, "context": int}).assign(**measured)
    table["device"] = np.where(pairs["device_codec"] & pairs["device_16bit"], "yes", "no")
    table["speedup_measured"] = table["microseconds_16bit"] / table["microseconds_codec"]
    for method in METHODS:
        speedup = {name: _speedup(name, method) for name in table["codec"].unique()}
        table[f"speedup_{method}"] = table["codec"].map(speedup)
    order = {name: rank for rank, name in enumerate(codecs.CODECS)}
    table = table.sort_values(
        ["codec", *SHAPE], key=lambda column: column.map(order) if column.name == "codec" else column
    )
    return table.round({name: 3 for name in table if name.startswith("speedup")}).reset_index(drop=True)


def _speedup(codec: str, method: str) -> float:
    return predicted_nanoseconds(codecs.BASE, method) / predicted_nanoseconds(codec, method)


def read_comparison(folder: Path = FOLDER) -> pd.DataFrame:
    """The committed table."""
    return pd.read_csv(folder / f"{NAME}.csv")


def write_comparison(folder: Path = FOLDER) -> Path:
    """Write the table anew; its path. It changes only with the kept runs or the way of comparing: the estimates are frozen."""
    path = folder / f"{NAME}.csv"
    files.write_text(path, compare().to_csv(index=False, lineterminator="\n"))
    return path


def score(table: pd.DataFrame) -> pd.DataFrame:
    """By codec: pairs that count, how many differ by more than 10 %, and for each method the right signs among these.

    Also the median factor by which the simulated ratio is off, over all pairs that count. A last row holds all codecs.
    """
    counted = table[table["device"] == "yes"]
    groups = [*counted.groupby("codec", sort=False), ("all", counted)]
    return pd.DataFrame([{"codec": name} | _score(rows) for name, rows in groups])


def _score(rows: pd.DataFrame) -> dict:
    measured = rows["speedup_measured"]
    differ = abs(1 / measured - 1) > DIFFERS
    off = np.exp(abs(np.log(rows["speedup_simulated"] / measured)))
    entry = {"pairs": len(rows), "differ": int(differ.sum()), "measured": measured.median()}
    entry |= {"simulated": rows["speedup_simulated"].median(), "off by": off.median()}
    right = {method: (rows[f"speedup_{method}"] > 1) == (measured > 1) for method in METHODS}
    return entry | {f"right {method}": int(right[method][differ].sum()) for method in METHODS}
