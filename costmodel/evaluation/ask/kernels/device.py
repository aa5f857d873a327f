"""What every kernel call shares: the GPU's numbers, its profile under the engine, and the columns of a result."""

import numpy as np

from costmodel.errors import UnknownName
from costmodel.evaluation.ask.intervals import Z90
from costmodel.evaluation.assemble.inputs import CODEC_CONSTANTS
from costmodel.facts import gpus, profiles, store
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import Profile

KV_ALIASES = {"bf16": "bfloat16", "fp16": "bfloat16", "float16": "bfloat16", "auto": "bfloat16"}
KV_ALIASES |= {"fp8_e4m3": "fp8", "fp8_e5m2": "fp8"}
EVERYWHERE = ("bfloat16", "fp8")  # where a profile lacks one of these, the other's kernel stands in, and is named
NUMBERS = ("hbm_bandwidth", "sms", "l2_size", "clock", "peak_16bit")


def load_device(fields: dict) -> tuple[GPU, Profile, dict[str, float]]:
    """The GPU, its profile under the engine, and the inputs that every law takes, in base units.

    ``fields`` are the cells that rows share: ``gpu`` and ``engine`` by name. Raises UnknownName for a name that no file has.
    """
    gpu = gpus.load(str(fields["gpu"]))
    profile = profiles.select_profile(gpu, store.resolve("engines", str(fields["engine"])))
    numbers = {name: gpu.numbers[name] for name in NUMBERS}
    return gpu, profile, numbers | CODEC_CONSTANTS | {"ranks": 1.0}


def resolve_kv_type(fields: dict, profile: Profile) -> str:
    """The KV type of ``fields["kv_dtype"]`` by its own name; UnknownName where neither every engine nor this profile has it."""
    name = str(fields["kv_dtype"]).lower()
    kv_dtype, available = KV_ALIASES.get(name, name), {*EVERYWHERE, *profile.kv_dtypes}
    if kv_dtype not in available:
        raise UnknownName("kv_dtype", str(fields["kv_dtype"]), [*sorted(available), *KV_ALIASES])
    return kv_dtype


def latency_columns(
    latency: np.ndarray, spread: np.ndarray, kernel: str, origin: Profile | str, identifier: str = ""
) -> dict[str, np.ndarray | str]:
    """Columns of a prediction: latency with its 90 % interval, the kernel used, and where its constants come from.

    ``latency`` in seconds and ``spread``, the standard error of its logarithm, are vectors over the rows; the columns of
    latency are in microseconds.
    """
    calibrated = origin.origin if isinstance(origin, Profile) else origin
    return {
        "latency_us": 1e6 * latency,
        "latency_us_lo": 1e6 * latency * np.exp(-Z90 * spread),
        "latency_us_hi": 1e6 * latency * np.exp(Z90 * spread),
        "kernel": kernel,
        "profile": identifier or (origin.id if isinstance(origin, Profile) else ""),
        "calibrated": calibrated,
    }
