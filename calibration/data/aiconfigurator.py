"""Kernel latencies measured by NVIDIA's aiconfigurator project, as tidy tables.

The tables ship inside the Python package ``aiconfigurator-core`` (Apache-2.0), one Parquet file per GPU, operation,
engine and engine version. Shapes are per GPU, latencies are microseconds, the median over repeats of one shape.
Condition of the attention tables: the same cache is read again and again, so that a small one stays in L2.
"""

import re
from functools import cache
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from calibration.data.shapes import ATTENTION_KEY
from costmodel.errors import FactError, UnknownName

PACKAGE = "aiconfigurator-core"
LICENCE = "Apache-2.0"
ENGINES = {"vllm": "vllm", "tensorrt-llm": "trtllm", "sglang": "sglang"}
FILES = {
    "attention": "generation_attention_perf.parquet",
    "prefill": "context_attention_perf.parquet",
    "mla": "generation_mla_perf.parquet",
    "gemm": "gemm_perf.parquet",
    "comm": "custom_allreduce_perf.parquet",
    "quantize": "scale_matrix_perf.parquet",
    "moe": "moe_perf.parquet",
}
FOLDERS = {"prefill": "attention"}  # operations that do not lie in a folder of their own name
LATENT_WIDTH = 576  # numbers of the latent in all of these tables: rank 512 and 64 of the rotary key
LATENT_RANK = 512
ATTENTION_NAMES = {
    "kernel_source": "kernel",
    "kv_cache_dtype": "kv_dtype",
    "batch_size": "batch",
    "num_heads": "query_heads",
    "num_key_value_heads": "kv_heads",
    "window_size": "window",
}

# (gpu, operation, engine, version; None for any) -> (KV type or None for all, why the numbers cannot be trusted)
UNTRUSTED = {
    ("a100-sxm", "attention", "tensorrt-llm", "1.0.0"): (
        None,
        "its times imply 119 to 167 % of the memory's peak bandwidth",
    ),
    ("a100-sxm", "mla", None, None): ("fp8", "its times are those of bfloat16 (median ratio 1.00)"),
    ("l40s", "mla", None, None): ("fp8", "its times are those of bfloat16 (median ratio 1.00)"),
}


@cache
def systems_folder() -> Path:
    """The package's folder of measured systems. Raises FactError where the package is not installed."""
    spec = find_spec("aiconfigurator_core")
    if spec is None or not spec.submodule_search_locations:
        raise FactError("the measured tables are not installed; try: pip install 'costmodel[measured]'")
    return Path(next(iter(spec.submodule_search_locations))) / "systems"


def gpus() -> list[str]:
    """Canonical ids of the GPUs that have measurements."""
    return sorted(folder.name.replace("_", "-") for folder in (systems_folder() / "data").iterdir() if folder.is_dir())


def require_measured(gpu: str) -> None:
    """Raise UnknownName, with the nearest ids, for a GPU of which there are no measurements."""
    if gpu not in gpus():
        raise UnknownName("measured GPU", gpu, gpus())


def versions(gpu: str, operation: str, engine: str) -> list[str]:
    """Engine versions of which the operation was measured, oldest first; empty where there are none."""
    folder = _folder(gpu, operation, engine)
    names = [path.parent.name for path in folder.glob(f"*/{FILES[operation]}")]
    return sorted(names, key=lambda text: [int(number) for number in re.findall(r"\d+", text)])


def decode_attention(gpu: str, engine: str, version: str | None = None) -> pd.DataFrame:
    """Decode attention: gpu, engine, engine_version, kernel, kv_dtype and shape; window 0 = none; ``latency_us``."""
    raw, version = read_operation(gpu, "attention", engine, version)
    raw = _with_window(raw.rename(columns=ATTENTION_NAMES))
    return _tidy(raw.assign(context=raw["step"] + raw["isl"]), gpu, engine, version, ATTENTION_KEY)


def prefill_attention(gpu: str, engine: str, version: str | None = None) -> pd.DataFrame:
    """Prefill attention on an empty cache in 16-bit arithmetic: as ``decode_attention``; ``context`` is the prompt.

    Rows with 8-bit arithmetic, and those that add to a cached prefix, are left out.
    """
    raw, version = read_operation(gpu, "prefill", engine, version)
    raw = raw[(raw["step"] == 0) & (raw["attn_dtype"] == "bfloat16")].rename(columns=ATTENTION_NAMES)
    return _tidy(_with_window(raw).rename(columns={"isl": "context"}), gpu, engine, version, ATTENTION_KEY)


def latent_attention(gpu: str, engine: str, version: str | None = None) -> pd.DataFrame:
    """Decode attention over one shared latent (MLA), as ``decode_attention`` with ``latent`` true.

    The latent counts as one head of keys and values, 288 wide each. Rows of a KV type that is known to be wrong are left
    out.
    """
    raw, version = read_operation(gpu, "mla", engine, version)
    raw = raw.rename(columns=ATTENTION_NAMES).assign(kv_heads=1, head_dim=LATENT_WIDTH // 2, window=0)
    raw["context"] = raw["step"] + raw["isl"]
    for kv_dtype in raw["kv_dtype"].unique():
        try:
            refuse_untrusted(gpu, "mla", engine, version, kv_dtype)
        except FactError:
            raw = raw[raw["kv_dtype"] != kv_dtype]
    return _tidy(raw, gpu, engine, version, ATTENTION_KEY).assign(latent=True)


def gemm(gpu: str, engine: str, version: str | None = None) -> pd.DataFrame:
    """Matrix products: gpu, engine, engine_version, dtype, m, n, k, ``latency_us``; kernels of a type are one."""
    raw, version = read_operation(gpu, "gemm", engine, version)
    return _tidy(raw.rename(columns={"gemm_dtype": "dtype"}), gpu, engine, version, ["dtype", "m", "n", "k"])


def all_reduce(gpu: str, engine: str, version: str | None = None) -> pd.DataFrame:
    """All-reduce of 16-bit numbers: ranks, elements, ``latency_us``; inside a graph where both ways were measured."""
    raw, version = read_operation(gpu, "comm", engine, version)
    in_graph = raw["kernel_source"].astype(str).str.contains("graph")
    raw = raw[in_graph] if in_graph.any() else raw
    names = {"num_gpus": "ranks", "message_size": "elements", "kernel_source": "kernel"}
    return _tidy(raw.rename(columns=names), gpu, engine, version, ["kernel", "ranks", "elements"])


def quantise(gpu: str, engine: str, version: str | None = None) -> pd.DataFrame:
    """The pass that casts m × k 16-bit numbers to fp8 with a static scale: dtype, m, k, ``latency_us``."""
    raw, version = read_operation(gpu, "quantize", engine, version)
    return _tidy(raw.rename(columns={"quant_dtype": "dtype"}), gpu, engine, version, ["dtype", "m", "k"])


def source_text(gpu: str, operation: str, engine: str, version: str) -> str:
    """Where a table comes from, as a profile cites it."""
    folder = FOLDERS.get(operation, operation)
    path = f"systems/data/{gpu.replace('-', '_')}/{folder}/{ENGINES[engine]}/{version}"
    return f"{PACKAGE} {installed_version(PACKAGE)} ({LICENCE}), {path}"


def refuse_untrusted(gpu: str, operation: str, engine: str, version: str, kv_dtype: str | None = None) -> None:
    """Raise FactError, with the reason, where a table (or its rows of one KV type) is known to be wrong."""
    for (bad_gpu, bad_operation, bad_engine, bad_version), (bad_type, reason) in UNTRUSTED.items():
        same_table = (gpu, operation) == (bad_gpu, bad_operation) and bad_engine in (None, engine)
        if same_table and bad_version in (None, version) and bad_type in (None, kv_dtype):
            table = f"{gpu} {operation} {engine} {version}" + (f" {bad_type}" if bad_type else "")
            raise FactError(f"the table {table} is refused: {reason}")


def _folder(gpu: str, operation: str, engine: str) -> Path:
    if engine not in ENGINES:
        raise UnknownName("measured engine", engine, ENGINES)
    require_measured(gpu)
    return systems_folder() / "data" / gpu.replace("-", "_") / FOLDERS.get(operation, operation) / ENGINES[engine]


def read_operation(gpu: str, operation: str, engine: str, version: str | None) -> tuple[pd.DataFrame, str]:
    """The raw rows of an operation and their engine version, the newest where none is named."""
    measured = versions(gpu, operation, engine)
    if not measured:
        raise FactError(f"no {operation} was measured on {gpu} with {engine}")
    if version is not None and version not in measured:
        raise UnknownName(f"measured version of {engine}", version, measured)
    version = version or measured[-1]
    refuse_untrusted(gpu, operation, engine, version)
    return pd.read_parquet(_folder(gpu, operation, engine) / version / FILES[operation]), version


def _with_window(raw: pd.DataFrame) -> pd.DataFrame:
    """With an integer column ``window``, 0 where there is none."""
    return raw.assign(window=raw["window"].fillna(0).clip(lower=0).astype(int) if "window" in raw else 0)


def _tidy(raw: pd.DataFrame, gpu: str, engine: str, version: str, key: list[str]) -> pd.DataFrame:
    raw = raw[raw["latency"] > 0].assign(latency_us=lambda rows: rows["latency"] * 1e3)
    rows = raw.groupby(key, as_index=False, observed=True)["latency_us"].median()
    rows.insert(0, "engine_version", version)
    rows.insert(0, "engine", engine)
    rows.insert(0, "gpu", gpu)
    return rows
