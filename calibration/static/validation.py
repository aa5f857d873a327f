"""Static estimates compared with measured kernels of the same shape: everything is predicted before anything is compared.

The measured kernels are SGLang's Triton decode attention. The prediction is the larger of two times: the bytes at datasheet
bandwidth, and the tokens at the simulated cycles of one multiprocessor. Nothing is fitted; launch, splits and tails of waves
are not in it, so only shapes are compared whose cache exceeds twice L2 and that fill every multiprocessor with unsplit
contexts of at least 512 tokens. That condition on shapes was set after a first look had shown rows of few programs far off.
"""

import numpy as np
import pandas as pd

from calibration.data import aiconfigurator
from calibration.data.shapes import SHAPE as ATTENTION_SHAPE
from calibration.data.shapes import kv_bytes, read_tokens
from calibration.static.kernel_cost import KernelCost, kernel_cost
from calibration.static.spec import Spec
from costmodel.facts import gpus
from costmodel.facts.gpus import GPU

KERNEL, ENGINE = "triton", "sglang"
SHAPE = ["gpu", *ATTENTION_SHAPE]
ELEMENTS = {"bfloat16": "bf16", "fp8": "fp8e4nv"}
HEADS_PER_BLOCK = 16
METHODS = ("simulated", "issue", "roofline")
FLOATS, INDEX = ("softmax_scale",), 64
MIN_TOKENS = 512


def spec(kv_dtype: str, head_dim: int, is_grouped: bool) -> Spec:
    """The kernel that the backend runs at a KV type and head width; ``is_grouped``: query heads share a cached head."""
    from calibration.kernels.triton import token_indexed

    pointers = {
        "query": "bf16",
        "keys": ELEMENTS[kv_dtype],
        "values": ELEMENTS[kv_dtype],
        "starts": "i32",
        "indices": "i64",
    }
    pointers |= {"partial": "fp32", "weights": "fp32", "counts": "i32"}
    block = 32 if is_grouped else 64
    constants = {"WIDTH": head_dim, "CEILING": 1 << (head_dim - 1).bit_length(), "BLOCK": block, "LEAST": 32}
    if is_grouped:
        constants |= {"PACKED": 8, "QUERY_HEADS": 64, "ROWS": HEADS_PER_BLOCK}
    else:
        constants |= {"PACKED": 1}
    kernel = token_indexed.grouped if is_grouped else token_indexed.single
    name = f"{'grouped' if is_grouped else 'single'} {kv_dtype} {head_dim}"
    return Spec(name, kernel, pointers, constants, block, 2 * head_dim, floats=FLOATS, near_loads=(16, INDEX))


def architecture(gpu: GPU) -> int:
    """``90`` of a GPU of compute capability 9.0; sm_103 runs as the sm_100 it shares its multiprocessor with."""
    number = int(str(gpu.facts.get("compute_capability", "0")).replace(".", ""))
    return 100 if number == 103 else number


def measured_rows() -> pd.DataFrame:
    """All rows of the kernel with a cache above twice L2 and 512 tokens or more, over all GPUs, with their programs."""
    tables = []
    for identifier in aiconfigurator.gpus():
        if not aiconfigurator.versions(identifier, "attention", ENGINE):
            continue
        gpu, rows = gpus.load(identifier), aiconfigurator.decode_attention(identifier, ENGINE)
        rows = rows[(rows["kernel"] == KERNEL) & rows["kv_dtype"].isin(ELEMENTS)]
        tokens = read_tokens(rows)
        is_grouped = rows["query_heads"] > rows["kv_heads"]
        blocks = np.ceil(rows["query_heads"] / rows["kv_heads"] / HEADS_PER_BLOCK)
        rows = rows.assign(tokens=tokens, bytes=kv_bytes(rows), shares=is_grouped)
        rows = rows.assign(programs=rows["batch"] * rows["kv_heads"] * blocks)
        tables.append(rows[(rows["bytes"] > 2 * gpu.numbers["l2_size"]) & (tokens >= MIN_TOKENS)])
    return pd.concat(tables, ignore_index=True)


def saturating_rows() -> tuple[pd.DataFrame, dict[tuple, KernelCost]]:
    """The measured shapes that fill the device, and the static costs of their kernels."""
    rows = measured_rows()
    costs = kernel_costs(rows)
    resident = np.array([costs[key].blocks for key in _keys(rows)])
    is_full = rows["programs"] >= resident * _gpu_numbers(rows, "sms")
    return rows[is_full].reset_index(drop=True), costs


def _gpu_numbers(rows: pd.DataFrame, name: str) -> pd.Series:
    numbers = {gpu: gpus.load(gpu).numbers[name] for gpu in rows["gpu"].unique()}
    return rows["gpu"].map(numbers).astype(float)


def _keys(rows: pd.DataFrame) -> list[tuple]:
    columns = (
        rows["gpu"].map(lambda gpu: architecture(gpus.load(gpu))),
        rows["kv_dtype"],
        rows["head_dim"].astype(int),
        rows["shares"],
    )
    return [
        (int(number), kv_dtype, width, bool(is_grouped))
        for number, kv_dtype, width, is_grouped in zip(*columns, strict=True)
    ]


def kernel_costs(rows: pd.DataFrame) -> dict[tuple, KernelCost]:
    """The static cost of every binary that the measured rows run: (architecture, KV type, head width, shared or not)."""
    return {key: kernel_cost(spec(*key[1:]), key[0]) for key in sorted(set(_keys(rows)))}


def predictions(rows: pd.DataFrame, costs: dict[tuple, KernelCost]) -> pd.DataFrame:
    """The rows with microseconds by each method, and what binds (``bound``); latencies are not looked at."""
    predicted, keys = rows.copy(), _keys(rows)
    memory = 1e6 * rows["bytes"] / _gpu_numbers(rows, "hbm_bandwidth")
    speed = _gpu_numbers(rows, "sms") * _gpu_numbers(rows, "clock")
    turns = 1e6 * rows["programs"] * rows["tokens"] / speed
    for method in METHODS[:2]:
        cycles = [_cycles(costs[key], method) for key in keys]
        predicted[method] = np.maximum(memory, turns * cycles)
    predicted["roofline"] = memory
    predicted["bound"] = np.where(predicted["simulated"] > memory, "sm", "memory")
    return predicted


def _cycles(cost: KernelCost, method: str) -> float:
    return cost.cycles if method == "simulated" else max(cost.issue_cycles, cost.port_cycles)


def errors(predicted: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """n, median, 90th percentile and bias (mean log) of every method in percent, by the values of ``columns``."""

    def of_group(rows):
        entry = {"n": len(rows)}
        for method in METHODS:
            error = np.log(rows[method] / rows["latency_us"])
            entry |= {
                f"{method} median": 100 * np.median(np.expm1(abs(error))),
                f"{method} p90": 100 * np.quantile(np.expm1(abs(error)), 0.9),
            }
            entry[f"{method} bias"] = 100 * np.expm1(error.mean())
        return pd.Series(entry)

    return predicted.groupby(columns).apply(of_group, include_groups=False).astype({"n": int})


def signs(predicted: pd.DataFrame) -> pd.DataFrame:
    """For shapes in both KV types that differ by more than 5 %: whether each method predicts the faster one."""
    wide = predicted.pivot_table(index=SHAPE, columns="kv_dtype", values=["latency_us", *METHODS]).dropna()
    ratio = {name: wide[name]["fp8"] / wide[name]["bfloat16"] for name in ("latency_us", *METHODS)}
    differ = abs(ratio["latency_us"] - 1) > 0.05
    table = pd.DataFrame({method: ((ratio[method] < 1) == (ratio["latency_us"] < 1))[differ] for method in METHODS})
    table["faster"] = (ratio["latency_us"] < 1)[differ]
    table["ratio off"] = 100 * np.expm1(abs(np.log(ratio["simulated"] / ratio["latency_us"])))[differ]
    return table.reset_index()
