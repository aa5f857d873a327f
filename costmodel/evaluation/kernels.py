"""One kernel call on one GPU, shapes as given (per GPU), in the benchmark's condition: L2-warm unless said otherwise.

The same formulas as a whole step, asked for a single layer or a single product, with the kernel family as an input. The
interval is the fitted spread of the regime that the call falls into: launch-bound, streaming, or between.
"""

import numpy as np
import pandas as pd

from costmodel.errors import CostModelError, FactError, UnknownName
from costmodel.evaluation.evaluate import Evaluator
from costmodel.evaluation.inputs import EXPOSED_LATENCY, ISSUE_LANES
from costmodel.evaluation.library import law
from costmodel.evaluation.outputs import Z90, flat
from costmodel.evaluation.predict import MOST_ROWS
from costmodel.evaluation.setting import FEW_ROWS
from costmodel.facts import gpus, profiles, store
from costmodel.facts.deployment import ALIASES, WEIGHT_TYPES

COLUMNS = {
    "decode-attention": (("gpu", "batch", "num_heads", "num_kv_heads", "head_dim", "context"),
                         {"engine": "vllm", "kernel": "", "window": 0, "kv_dtype": "bfloat16"}),
    "gemm": (("gpu", "m", "n", "k"), {"engine": "vllm", "dtype": "bfloat16"}),
}  # fmt: skip
NUMBERS = ("batch", "num_heads", "num_kv_heads", "head_dim", "context", "window", "m", "n", "k")
KV_TYPES = {"bfloat16": 2.0, "float16": 2.0, "fp8": 1.0}
KV_ALIASES = {
    "bf16": "bfloat16",
    "fp16": "bfloat16",
    "float16": "bfloat16",
    "auto": "bfloat16",
    "fp8_e4m3": "fp8",
    "fp8_e5m2": "fp8",
}
GEMM_NAMES = {"fp8_block": "fp8-block", "int8_wo": "int8", "int4_wo": "int4", "nvfp4": "nvfp4"}


def predict(points: pd.DataFrame, kernel: str, where: str, cold: bool = False) -> tuple[pd.DataFrame, list[str]]:
    """The table with ``latency_us``, its 90 % interval and the ``kernel`` used, and the defaults in words.

    Raises UnknownName for a kernel that is not modelled, FactError naming row and column of what cannot be read.
    """
    if kernel not in COLUMNS:
        raise UnknownName("kernel", kernel, COLUMNS)
    table, said = _complete(points, kernel, where)
    keys = [name for name in ("gpu", "engine", "kernel", "kv_dtype", "dtype", "head_dim") if name in table]
    pieces = []
    for key, rows in table.groupby(keys, sort=False, dropna=False):
        wanted = dict(zip(keys, key, strict=True))
        try:
            found = (_attention if kernel == "decode-attention" else _gemm)(rows, wanted, cold)
        except CostModelError as error:
            raise FactError(f"{where}: row {rows.index[0] + 1}: {error}") from error
        pieces.append(rows.assign(**found))
    result = pd.concat(pieces).sort_index()
    return result.assign(**{name: points[name].to_numpy() for name in points if name != "kernel"}), said


def _complete(points: pd.DataFrame, kernel: str, where: str):
    required, defaults = COLUMNS[kernel]
    if points.empty or len(points) > MOST_ROWS:
        raise FactError(f"{where}: found {len(points):,} rows, due 1 to {MOST_ROWS:,}")
    table, said = points.reset_index(drop=True), []
    for name in required:
        if name not in table:
            raise FactError(
                f"{where}: {UnknownName('column', name, table.columns)}; {kernel} needs {', '.join(required)}"
            )
    for name, value in defaults.items():
        if name not in table:
            table[name] = value
            if value != "":
                said.append(f"{name} = {value}")
        table[name] = table[name].fillna(value)
    for name in NUMBERS:
        if name in table:
            numbers = pd.to_numeric(table[name], errors="coerce")
            bad = numbers.isna() | (numbers < 0) | ((numbers == 0) & (name != "window")) | (numbers > 1e12)
            if bad.any():
                row = int(bad.idxmax())
                raise FactError(
                    f"{where}: row {row + 1}: {name}: found {str(table[name][row])!r}, due a number above 0"
                )
            table[name] = numbers.astype(float)
    if kernel == "decode-attention" and (table["num_heads"] % table["num_kv_heads"] != 0).any():
        row = int((table["num_heads"] % table["num_kv_heads"] != 0).idxmax())
        raise FactError(f"{where}: row {row + 1}: num_heads is no multiple of num_kv_heads")
    return table, said


def _device(wanted):
    gpu = gpus.load(str(wanted["gpu"]))
    profile = profiles.find(gpu, store.resolve("engines", str(wanted["engine"])))
    numbers = {name: gpu.numbers[name] for name in ("hbm_bandwidth", "sms", "l2_size", "clock", "peak_16bit")}
    return gpu, profile, numbers | {"issue_lanes": ISSUE_LANES, "exposed_latency": EXPOSED_LATENCY, "ranks": 1.0}


def column(values) -> np.ndarray:
    """A vector of points as an array with the two trailing axes."""
    return np.asarray(values, dtype=float).reshape(-1, 1, 1)


def attention_values(rows: pd.DataFrame, kv_dtype: str, parameters, warm: float) -> dict:
    """Inputs of the decode-attention formulas for a table of calls with one KV type."""
    head, window = column(rows["head_dim"]), column(rows["window"])
    ignored = parameters.ignores_window
    unbounded = (window == 0) | bool(ignored)
    width = KV_TYPES[kv_dtype]
    values = {
        "batch": column(rows["batch"]),
        "context": column(rows["context"]),
        "query_heads": column(rows["num_heads"]),
    }
    values |= {"kv_heads": column(rows["num_kv_heads"]), "window": np.where(unbounded, np.inf, window), "attends": 1.0}
    values |= dict.fromkeys(("query_width", "key_width", "value_width", "output_width"), head)
    values |= {"key_bits": width, "value_bits": width, "activation_size": 2.0, "warm": warm, "native_codec": 1.0}
    return values | {"kernel_width": parameters.head_dim}


def on_path(values: dict, parameters) -> Evaluator:
    """The evaluator with the path that the profile's rule picks for every call."""
    made = Evaluator(values, law().formulas)
    function, arguments, _ = law().rules[parameters.rule]
    fallback = np.broadcast_to(function(*(made[name] for name in arguments)), made["batch"].shape)
    chosen = {n: np.where(fallback, parameters.fallback[n], v) for n, v in parameters.main.items()}
    return made.extended(shared_heads=np.where(fallback, 1.0, made["group_size"]), **chosen)


def _attention(rows: pd.DataFrame, wanted: dict, cold: bool) -> dict:
    gpu, profile, numbers = _device(wanted)
    kv_dtype = KV_ALIASES.get(str(wanted["kv_dtype"]).lower(), str(wanted["kv_dtype"]).lower())
    if kv_dtype not in KV_TYPES:
        raise UnknownName("kv_dtype", str(wanted["kv_dtype"]), [*KV_TYPES, *KV_ALIASES])
    parameters = profile.attention(kv_dtype, float(wanted["head_dim"]), str(wanted["kernel"]))
    values = attention_values(rows, kv_dtype, parameters, 0.0 if cold else 1.0) | numbers
    made = on_path(values, parameters)
    latency = flat(made["attention_time"])
    launch = flat(made["attention_floor"]) > latency / 2
    cache = flat(made["batch"] * made["local_cached_heads"] * made["read_size"])
    spread = np.where(launch, parameters.spread["launch"], parameters.spread["other"])
    spread = np.where(~launch & ((cache > 2 * gpu.numbers["l2_size"]) | cold), parameters.spread["cold"], spread)
    return _result(latency, spread, parameters.kernel, profile) | {"parameters": parameters.label}


def _gemm(rows: pd.DataFrame, wanted: dict, cold: bool) -> dict:
    gpu, profile, numbers = _device(wanted)
    name = str(wanted["dtype"]).lower()
    kind = WEIGHT_TYPES.get(ALIASES.get(GEMM_NAMES.get(name, name), GEMM_NAMES.get(name, name)))
    if kind is None:
        raise UnknownName("dtype", name, [*WEIGHT_TYPES, *ALIASES, *GEMM_NAMES])
    coefficients, used = profile.gemm(kind.gemm)
    values = (
        {"rows": column(rows["m"]), "columns": column(rows["n"]), "inner": column(rows["k"])} | numbers | coefficients
    )
    values |= {
        "weight_size": kind.weight,
        "input_size": kind.input,
        "activation_size": 2.0,
        "peak": gpu.peak(kind.peak),
    }
    latency = flat(Evaluator(values, law().formulas)["product_time"])
    few = rows["m"].to_numpy() <= FEW_ROWS
    spread = np.where(few, coefficients["gemm_spread"], coefficients["gemm_spread_large"])
    return _result(latency, spread, f"gemm {used}", profile)


def _result(latency, spread, kernel, profile) -> dict:
    low, high = latency * np.exp(-Z90 * spread), latency * np.exp(Z90 * spread)
    return {
        "latency_us": 1e6 * latency,
        "latency_us_lo": 1e6 * low,
        "latency_us_hi": 1e6 * high,
        "kernel": kernel,
        "profile": profile.id,
        "calibrated": profile.origin,
    }
