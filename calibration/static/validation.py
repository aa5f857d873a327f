"""Static estimates held against measured kernels of the same shape: everything is predicted before anything is compared.

The measured kernels are SGLang's Triton decode attention. The prediction is the larger of two times: the bytes at datasheet
bandwidth, and the tokens at the simulated cycles of one multiprocessor. Nothing is fitted; launch, splits and tails of waves
are not in it, so only shapes are held whose cache exceeds twice L2 and that fill every multiprocessor with unsplit contexts of
at least 512 tokens. That condition on shapes was set after a first look had shown rows of few programs far off.
"""

import numpy as np
import pandas as pd

from calibration.device import need
from calibration.sources import aiconfigurator
from calibration.static.spec import Spec
from calibration.static.table import Row, row
from costmodel.facts import gpus

KERNEL, ENGINE = "triton", "sglang"
SHAPE = ["gpu", "batch", "query_heads", "kv_heads", "head_dim", "window", "context"]
SIZES = {"bfloat16": 2, "fp8": 1}
ELEMENTS = {"bfloat16": "bf16", "fp8": "fp8e4nv"}
HEADS_A_BLOCK = 16
WAYS = ("simulated", "issue", "roofline")
FLOATS, INDEX = ("softmax_scale",), 64
LEAST_TOKENS = 512


def spec(kv_dtype: str, head_dim: int, shares: bool) -> Spec:
    """The kernel that the backend runs at a KV type and head width; ``shares``: query heads share a cached head."""
    from calibration.kernels.triton import token_indexed

    pointers = {
        "query": "bf16",
        "keys": ELEMENTS[kv_dtype],
        "values": ELEMENTS[kv_dtype],
        "starts": "i32",
        "indices": "i64",
    }
    pointers |= {"partial": "fp32", "weights": "fp32", "counts": "i32"}
    block = 32 if shares else 64
    constants = {"WIDTH": head_dim, "CEILING": 1 << (head_dim - 1).bit_length(), "BLOCK": block, "LEAST": 32}
    if shares:
        constants |= {"PACKED": 8, "QUERY_HEADS": 64, "ROWS": HEADS_A_BLOCK}
    else:
        constants |= {"PACKED": 1}
    kernel = token_indexed.grouped if shares else token_indexed.single
    name = f"{'grouped' if shares else 'single'} {kv_dtype} {head_dim}"
    return Spec(name, kernel, pointers, constants, block, 2 * head_dim, floats=FLOATS, near_loads=(16, INDEX))


def architecture(gpu: str) -> int:
    """``90`` of a GPU of compute capability 9.0; sm_103 runs as the sm_100 it shares its multiprocessor with."""
    text = str(gpus.load(gpu).facts.get("compute_capability", "0"))
    found = int(text.replace(".", ""))
    return 100 if found == 103 else found


def measured() -> pd.DataFrame:
    """All rows of the kernel with a cache above twice L2 and 512 tokens or more, over all GPUs, with their programs."""
    tables = []
    for gpu in aiconfigurator.gpus():
        if not aiconfigurator.versions(gpu, "attention", ENGINE):
            continue
        rows = aiconfigurator.decode_attention(gpu, ENGINE)
        rows = rows[(rows["kernel"] == KERNEL) & rows["kv_dtype"].isin(SIZES)]
        tokens = np.where(rows["window"] > 0, np.minimum(rows["window"], rows["context"]), rows["context"])
        size = (
            rows["kv_dtype"].map(SIZES).astype(float) * 2 * rows["head_dim"] * rows["batch"] * rows["kv_heads"] * tokens
        )
        shares = rows["query_heads"] > rows["kv_heads"]
        blocks = np.ceil(rows["query_heads"] / rows["kv_heads"] / HEADS_A_BLOCK)
        rows = rows.assign(tokens=tokens, bytes=size, shares=shares, programs=rows["batch"] * rows["kv_heads"] * blocks)
        tables.append(rows[(rows["bytes"] > 2 * need(gpu, "l2_size")) & (tokens >= LEAST_TOKENS)])
    return pd.concat(tables, ignore_index=True)


def chosen() -> tuple[pd.DataFrame, dict[tuple, Row]]:
    """The measured shapes that fill the device, and the static rows of their kernels."""
    rows = measured()
    static = kernels(rows)
    resident = np.array([static[key].blocks for key in _keys(rows)])
    full = rows["programs"] >= resident * rows["gpu"].map(lambda gpu: need(gpu, "sms")).astype(float)
    return rows[full].reset_index(drop=True), static


def _keys(rows: pd.DataFrame) -> list[tuple]:
    columns = (rows["gpu"].map(architecture), rows["kv_dtype"], rows["head_dim"].astype(int), rows["shares"])
    return [(int(a), kind, width, bool(shares)) for a, kind, width, shares in zip(*columns, strict=True)]


def kernels(rows: pd.DataFrame) -> dict[tuple, Row]:
    """The static row of every binary that the measured rows run: (architecture, KV type, head width, shared or not)."""
    return {key: row(spec(*key[1:]), key[0]) for key in sorted(set(_keys(rows)))}


def predicted(rows: pd.DataFrame, static: dict[tuple, Row]) -> pd.DataFrame:
    """The rows with µs by each way; latencies are not looked at."""
    found, keys = rows.copy(), _keys(rows)
    memory = 1e6 * rows["bytes"] / rows["gpu"].map(lambda gpu: need(gpu, "hbm_bandwidth")).astype(float)
    speed = rows["gpu"].map(lambda gpu: need(gpu, "sms") * need(gpu, "clock")).astype(float)
    turns = 1e6 * rows["programs"] * rows["tokens"] / speed
    for way in WAYS[:2]:
        cycles = [_cycles(static[key], way) for key in keys]
        found[way] = np.maximum(memory, turns * cycles)
    found["roofline"] = memory
    found["bound"] = np.where(found["simulated"] > memory, "sm", "memory")
    return found


def _cycles(static: Row, way: str) -> float:
    return static.cycles if way == "simulated" else max(static.issue_cycles, static.port_cycles)


def errors(found: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """n, median, 90th percentile and bias (mean log) of every way in percent, by columns."""

    def one(rows):
        entry = {"n": len(rows)}
        for way in WAYS:
            off = np.log(rows[way] / rows["latency_us"])
            entry |= {
                f"{way} median": 100 * np.median(np.expm1(abs(off))),
                f"{way} p90": 100 * np.quantile(np.expm1(abs(off)), 0.9),
            }
            entry[f"{way} bias"] = 100 * np.expm1(off.mean())
        return pd.Series(entry)

    return found.groupby(by).apply(one, include_groups=False).astype({"n": int})


def signs(found: pd.DataFrame) -> pd.DataFrame:
    """For shapes in both KV types that differ by more than 5 %: how often each way says rightly which one is faster."""
    wide = found.pivot_table(index=SHAPE, columns="kv_dtype", values=["latency_us", *WAYS]).dropna()
    ratio = {name: wide[name]["fp8"] / wide[name]["bfloat16"] for name in ("latency_us", *WAYS)}
    differ = abs(ratio["latency_us"] - 1) > 0.05
    table = pd.DataFrame({way: ((ratio[way] < 1) == (ratio["latency_us"] < 1))[differ] for way in WAYS})
    table["faster"] = (ratio["latency_us"] < 1)[differ]
    table["ratio off"] = 100 * np.expm1(abs(np.log(ratio["simulated"] / ratio["latency_us"])))[differ]
    return table.reset_index()
