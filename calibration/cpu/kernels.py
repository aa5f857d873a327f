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
MOST_SHARED = 16
NOTHING = np.zeros(1, np.int8)


@dataclass(frozen=True, eq=False)
class Cache:
    """Keys or values in one format: codes, and what decodes them (scales, or scales and zeros in turn)."""

    kind: str
    codes: np.ndarray
    extra: np.ndarray

    @property
    def size(self) -> int:
        """Bytes."""
        return self.codes.nbytes + (self.extra.nbytes if self.extra is not NOTHING else 0)

    def repeated(self, tokens: int, held: int) -> "Cache":
        """A cache of that many tokens that says what this one of ``held`` tokens says, over and over."""
        arrays = [a if a is NOTHING else np.resize(a, (a.size // held * tokens,)) for a in (self.codes, self.extra)]
        return Cache(self.kind, *arrays)


def encode(kind: str, numbers: np.ndarray) -> Cache:
    """fp32 numbers (units, tokens, width) as ``float32``, ``int8`` or ``int4``; InputError for another format or width."""
    if kind == "float32":
        return Cache(kind, np.ascontiguousarray(numbers, np.float32), NOTHING)
    if numbers.shape[-1] % GROUP:
        raise InputError(f"head width {numbers.shape[-1]}: due a multiple of {GROUP}, the group of a scale")
    groups = numbers.astype(np.float32).reshape(-1, GROUP)
    if kind == "int8":
        scale = np.maximum(np.abs(groups).max(axis=1), 1e-30) / 127
        return Cache(kind, np.rint(groups / scale[:, None]).astype(np.int8), scale.astype(np.float32))
    if kind == "int4":
        return _encode_int4(groups)
    raise InputError(f"KV type {kind!r}: due float32, int8 or int4")


def decode(cache: Cache, shape: tuple[int, ...]) -> np.ndarray:
    """The fp32 numbers that the kernel sees."""
    if cache.kind == "float32":
        return cache.codes.reshape(shape)
    if cache.kind == "int8":
        return (cache.codes * cache.extra[:, None]).reshape(shape)
    pairs = (cache.extra.astype(np.uint32) << 16).view(np.float32)
    numbers = np.concatenate([cache.codes & 15, cache.codes >> 4], axis=1).astype(np.float32)
    return (numbers * pairs[:, :1] + pairs[:, 1:]).reshape(shape)


def attention(query: np.ndarray, keys: Cache, values: Cache, tokens: int, out: np.ndarray) -> Callable[[], None]:
    """A call of decode attention into ``out`` (units, shared, width); InputError for too wide a group.

    It holds on to its arrays, and costs no more than a foreign call, so that small shapes can be timed.
    """
    units, shared, width = query.shape
    if shared > MOST_SHARED or width > 256 or width % GROUP:
        raise InputError(f"found {shared} query heads of width {width}, due at most {MOST_SHARED}, widths 32 to 256")
    arrays = (query, keys.codes, keys.extra, values.codes, values.extra, out)
    call = functools.partial(
        getattr(library(), f"attend_{keys.kind}"), units, tokens, shared, width, *(a.ctypes.data for a in arrays)
    )
    call.arrays = arrays
    return call


@functools.cache
def library() -> ctypes.CDLL:
    """The compiled kernels with their argument types; CostModelError where there is no C compiler."""
    found = shared_library(files("calibration.cpu").joinpath("kernels.c").read_text())
    for kind in ("float32", "int8", "int4"):
        function = getattr(found, f"attend_{kind}")
        function.argtypes, function.restype = [ctypes.c_long] * 4 + [ctypes.c_void_p] * 6, None
    found.read_all.argtypes, found.read_all.restype = [ctypes.c_void_p, ctypes.c_long], ctypes.c_float
    found.copy_all.argtypes, found.copy_all.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long], None
    return found


def _encode_int4(groups: np.ndarray) -> Cache:
    low, high = groups.min(axis=1), groups.max(axis=1)
    pairs = np.stack([np.maximum(high - low, 1e-30) / 15, low], axis=1).astype(np.float32)
    halves = (pairs.view(np.uint32) >> 16).astype(np.uint16)
    told = (halves.astype(np.uint32) << 16).view(np.float32)
    codes = np.clip(np.rint((groups - told[:, 1:]) / told[:, :1]), 0, 15).astype(np.uint8)
    return Cache("int4", codes[:, : GROUP // 2] | (codes[:, GROUP // 2 :] << 4), halves)
