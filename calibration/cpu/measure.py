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
MAX_REPEATS = 4096
REPEATED_TOKENS = 64  # tokens


def load_plan() -> dict:
    """The designed cases, as in ``cases.toml``."""
    return tomllib.loads(files("calibration.cpu").joinpath("cases.toml").read_text(encoding="utf-8"))


def shapes(plan: dict, section: str) -> pd.DataFrame:
    """All shapes of a section, every one in all KV types."""
    part_plan, limit = plan[section], parse_quantity(plan["largest_cache"], "byte")
    axes = (plan["head_dims"], part_plan["batch"], part_plan["heads"], part_plan["context"], plan["kv_dtypes"])
    rows = [
        {"kv_dtype": kv_dtype, "batch": b, "query_heads": q, "kv_heads": kv, "head_dim": d, "context": c}
        for d, b, (q, kv), c, kv_dtype in itertools.product(*axes)
        if 2 * 4 * b * kv * c * d <= limit
    ]
    return pd.DataFrame(rows)


def attention(
    rows: pd.DataFrame, plan: dict, runs: Path, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> pd.DataFrame:
    """The rows with ``latency_us`` (25th percentile), its quartiles ``low_us`` and ``high_us``, and ``rounds``."""
    rounds, samples = plan["timing"]["rounds"], _read(runs)
    total, count = rounds * len(rows), 0
    with runs.open("a", encoding="utf-8") as file:
        for turn in range(rounds):
            for row in rows[SHAPE].to_dict("records"):
                count += 1
                key = (*row.values(), turn)
                if key in samples:
                    continue
                samples[key] = sample(row, parse_quantity(plan["timing"]["least"], "second"), turn)
                line = row | {"round": turn, "seconds": samples[key], "read": str(date.today())}
                file.write(json.dumps(line) + "\n")
                file.flush()
                on_progress(count, total)
    return summary(rows, samples, rounds)


def summary(rows: pd.DataFrame, samples: dict, rounds: int) -> pd.DataFrame:
    """Quartiles over the rounds of every shape, in microseconds."""
    keys = rows[SHAPE].itertuples(index=False, name=None)
    times = np.array([[samples[(*key, turn)] for turn in range(rounds)] for key in keys]) * 1e6
    low, middle, high = np.quantile(times, [0.25, 0.5, 0.75], axis=1)
    return rows.assign(latency_us=low, median_us=middle, high_us=high, rounds=rounds)


def sample(row: dict, min_time: float, seed: int) -> float:
    """Seconds of one call of a shape: the mean over as many repeats as ``min_time`` seconds take, first call left out."""
    call = prepared(row, seed)
    start = time.thread_time()
    call()
    first = max(time.thread_time() - start, 1e-7)
    repeats = min(max(1, math.ceil(min_time / first)), MAX_REPEATS)
    start = time.thread_time()
    for _ in range(repeats):
        call()
    return (time.thread_time() - start) / repeats


def prepared(row: dict, seed: int) -> Callable[[], None]:
    """One call of a shape. Its numbers repeat every few tokens: what they are does not change the time."""
    rng = np.random.default_rng(seed)
    units, shared = row["batch"] * row["kv_heads"], row["query_heads"] // row["kv_heads"]
    width, tokens = row["head_dim"], units * row["context"]
    cache = kernels.encode(row["kv_dtype"], rng.standard_normal((1, REPEATED_TOKENS, width), dtype=np.float32))
    keys, values = (cache.repeated(tokens, REPEATED_TOKENS) for _ in range(2))
    query = rng.standard_normal((units, shared, width), dtype=np.float32)
    return kernels.attention(query, keys, values, row["context"], np.empty_like(query))


def stream_bandwidth(plan: dict, rounds: int = 5) -> float:
    """Bytes per second of one thread that reads far more than every cache holds: the best of some rounds."""
    numbers = np.ones(int(parse_quantity(plan["stream"]["size"], "byte")) // 4, np.float32)
    library = kernels.library()
    best = math.inf
    for _ in range(rounds):
        start = time.thread_time()
        library.read_all(numbers.ctypes.data, numbers.size)
        best = min(best, time.thread_time() - start)
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
