"""The C kernels of the CPU suite behind NumPy arrays, and the codes that they read.

Shapes: queries (units, shared, width); keys and values (units, tokens, width), a unit being one cached head of one
sequence. A cache is encoded once and read many times, as in decode.
"""

import ctypes
import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.compile.c_compiler import shared_library

GROUP = 32
MAX_SHARED = 16
NOTHING = np.zeros(1, np.int8)


@dataclass(frozen=True, eq=False)
class Cache:
    """Keys or values in one format: codes, and what decodes them (scales, or scales and zeros in turn)."""

    kv_dtype: str
    codes: np.ndarray
    extra: np.ndarray

    @property
    def size(self) -> int:
        """Bytes."""
        return self.codes.nbytes + (self.extra.nbytes if self.extra is not NOTHING else 0)

    def repeated(self, tokens: int, own_tokens: int) -> "Cache":
        """A cache of that many tokens that repeats this one of ``own_tokens`` tokens."""
        arrays = [
            a if a is NOTHING else np.resize(a, (a.size // own_tokens * tokens,)) for a in (self.codes, self.extra)
        ]
        return Cache(self.kv_dtype, *arrays)


def encode(kv_dtype: str, numbers: np.ndarray) -> Cache:
    """fp32 numbers (units, tokens, width) as ``float32``, ``int8`` or ``int4``; InputError for another format or width."""
    if kv_dtype == "float32":
        return Cache(kv_dtype, np.ascontiguousarray(numbers, np.float32), NOTHING)
    if numbers.shape[-1] % GROUP:
        raise InputError(f"head width must be a multiple of {GROUP}, the group of a scale, got {numbers.shape[-1]}")
    groups = numbers.astype(np.float32).reshape(-1, GROUP)
    if kv_dtype == "int8":
        scale = np.maximum(np.abs(groups).max(axis=1), 1e-30) / 127
        return Cache(kv_dtype, np.rint(groups / scale[:, None]).astype(np.int8), scale.astype(np.float32))
    if kv_dtype == "int4":
        return _encode_int4(groups)
    raise InputError(f"KV type: expected float32, int8 or int4, got {kv_dtype!r}")


def decode(cache: Cache, shape: tuple[int, ...]) -> np.ndarray:
    """The fp32 numbers that the kernel sees."""
    if cache.kv_dtype == "float32":
        return cache.codes.reshape(shape)
    if cache.kv_dtype == "int8":
        return (cache.codes * cache.extra[:, None]).reshape(shape)
    pairs = (cache.extra.astype(np.uint32) << 16).view(np.float32)
    numbers = np.concatenate([cache.codes & 15, cache.codes >> 4], axis=1).astype(np.float32)
    return (numbers * pairs[:, :1] + pairs[:, 1:]).reshape(shape)


def attention(query: np.ndarray, keys: Cache, values: Cache, tokens: int, out: np.ndarray) -> Callable[[], None]:
    """A call of decode attention into ``out`` (units, shared, width); InputError for too wide a group.

    It holds on to its arrays, and costs no more than a foreign call, so that small shapes can be timed.
    """
    units, shared, width = query.shape
    if shared > MAX_SHARED or width > 256 or width % GROUP:
        raise InputError(f"expected at most {MAX_SHARED} query heads of width 32 to 256, got {shared} of width {width}")
    arrays = (query, keys.codes, keys.extra, values.codes, values.extra, out)
    call = functools.partial(
        getattr(library(), f"attend_{keys.kv_dtype}"), units, tokens, shared, width, *(a.ctypes.data for a in arrays)
    )
    call.arrays = arrays
    return call


@functools.cache
def library() -> ctypes.CDLL:
    """The compiled kernels with their argument types; CostModelError where there is no C compiler."""
    kernels = shared_library(files("calibration.cpu").joinpath("kernels.c").read_text(encoding="utf-8"))
    for kv_dtype in ("float32", "int8", "int4"):
        function = getattr(kernels, f"attend_{kv_dtype}")
        function.argtypes, function.restype = [ctypes.c_long] * 4 + [ctypes.c_void_p] * 6, None
    kernels.read_all.argtypes, kernels.read_all.restype = [ctypes.c_void_p, ctypes.c_long], ctypes.c_float
    kernels.copy_all.argtypes, kernels.copy_all.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long], None
    return kernels


def _encode_int4(groups: np.ndarray) -> Cache:
    low, high = groups.min(axis=1), groups.max(axis=1)
    pairs = np.stack([np.maximum(high - low, 1e-30) / 15, low], axis=1).astype(np.float32)
    halves = (pairs.view(np.uint32) >> 16).astype(np.uint16)
    pairs_read = (halves.astype(np.uint32) << 16).view(np.float32)
    codes = np.clip(np.rint((groups - pairs_read[:, 1:]) / pairs_read[:, :1]), 0, 15).astype(np.uint8)
    return Cache("int4", codes[:, : GROUP // 2] | (codes[:, GROUP // 2 :] << 4), halves)
