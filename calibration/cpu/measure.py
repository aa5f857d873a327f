"""Timing on one thread: interleaved rounds of all shapes, thread time, the 25th percentile, raw runs written as they come.

A shape's caches are read again and again, as in the benchmarks of GPUs, so that small ones stay in the processor's own
caches. A run that was stopped goes on where it stopped: a finished round of a shape is not measured again.
"""

import itertools
import json
import math
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.cpu import kernels
from costmodel import files as outputs
from costmodel.language.units import parse_quantity

SHAPE = ["kv_dtype", "batch", "query_heads", "kv_heads", "head_dim", "context"]
MOST_REPEATS = 4096
REPEATED = 64  # tokens


def cases() -> dict:
    """The designed cases, as in ``cases.toml``."""
    return tomllib.loads(files("calibration.cpu").joinpath("cases.toml").read_text())


def shapes(plan: dict, part: str) -> pd.DataFrame:
    """All shapes of a part, every one in all KV types."""
    wanted, limit = plan[part], parse_quantity(plan["largest_cache"], "byte")
    axes = (plan["head_dims"], wanted["batch"], wanted["heads"], wanted["context"], plan["kv_dtypes"])
    rows = [
        {"kv_dtype": kind, "batch": b, "query_heads": q, "kv_heads": kv, "head_dim": d, "context": c}
        for d, b, (q, kv), c, kind in itertools.product(*axes)
        if 2 * 4 * b * kv * c * d <= limit
    ]
    return pd.DataFrame(rows)


def attention(rows: pd.DataFrame, plan: dict, runs: Path, tick: Callable = lambda done, all: None) -> pd.DataFrame:
    """The rows with ``latency_us`` (25th percentile), its quartiles ``low_us`` and ``high_us``, and ``rounds``."""
    rounds, done = plan["timing"]["rounds"], _read(runs)
    total, count = rounds * len(rows), 0
    with runs.open("a", encoding="utf-8") as file:
        for turn in range(rounds):
            for row in rows[SHAPE].to_dict("records"):
                count += 1
                key = (*row.values(), turn)
                if key in done:
                    continue
                done[key] = sample(row, parse_quantity(plan["timing"]["least"], "second"), turn)
                line = row | {"round": turn, "seconds": done[key], "read": str(date.today())}
                file.write(json.dumps(line) + "\n")
                file.flush()
                tick(count, total)
    return summary(rows, done, rounds)


def summary(rows: pd.DataFrame, done: dict, rounds: int) -> pd.DataFrame:
    """Quartiles over the rounds of every shape, in microseconds."""
    keys = rows[SHAPE].itertuples(index=False, name=None)
    times = np.array([[done[(*key, turn)] for turn in range(rounds)] for key in keys]) * 1e6
    low, middle, high = np.quantile(times, [0.25, 0.5, 0.75], axis=1)
    return rows.assign(latency_us=low, median_us=middle, high_us=high, rounds=rounds)


def sample(row: dict, least: float, seed: int) -> float:
    """Seconds of one call of a shape: the mean over as many repeats as ``least`` seconds take, first call left out."""
    call = prepared(row, seed)
    began = time.thread_time()
    call()
    once = max(time.thread_time() - began, 1e-7)
    repeats = min(max(1, math.ceil(least / once)), MOST_REPEATS)
    began = time.thread_time()
    for _ in range(repeats):
        call()
    return (time.thread_time() - began) / repeats


def prepared(row: dict, seed: int) -> Callable[[], None]:
    """One call of a shape. Its numbers repeat every few tokens: what they are does not change the time."""
    rng = np.random.default_rng(seed)
    units, shared = row["batch"] * row["kv_heads"], row["query_heads"] // row["kv_heads"]
    width, tokens = row["head_dim"], units * row["context"]
    few = kernels.encode(row["kv_dtype"], rng.standard_normal((1, REPEATED, width), dtype=np.float32))
    keys, values = (few.repeated(tokens, REPEATED) for _ in range(2))
    query = rng.standard_normal((units, shared, width), dtype=np.float32)
    return kernels.attention(query, keys, values, row["context"], np.empty_like(query))


def stream_bandwidth(plan: dict, rounds: int = 5) -> float:
    """Bytes a second of one thread that reads far more than every cache holds: the best of some rounds."""
    numbers = np.ones(int(parse_quantity(plan["stream"]["size"], "byte")) // 4, np.float32)
    found = kernels.library()
    best = math.inf
    for _ in range(rounds):
        began = time.thread_time()
        found.read_all(numbers.ctypes.data, numbers.size)
        best = min(best, time.thread_time() - began)
    return numbers.nbytes / best


def _read(runs: Path) -> dict:
    """Finished samples by shape and round; a last line that was cut short is forgotten."""
    return {(*(line[name] for name in SHAPE), line["round"]): line["seconds"] for line in _lines(runs)}


def _lines(runs: Path) -> Iterator[dict]:
    if not runs.exists():
        outputs.make_folder(runs.parent)
        return
    for text in runs.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(text)
        except json.JSONDecodeError:
            continue
