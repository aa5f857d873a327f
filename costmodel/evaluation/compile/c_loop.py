"""The compiled loop over batch × context: named arrays in, named arrays out.

Built with ``cc`` once for this source, compiler and processor, and kept in the user's cache; nothing here depends on a scheme
or a deployment.
"""

import ctypes
import functools
import math
from collections.abc import Mapping

import numpy as np

from costmodel.errors import CostModelError
from costmodel.evaluation.compile.c_compiler import shared_library
from costmodel.evaluation.compile.compiled import load_grid_loop
from costmodel.evaluation.compile.dependence import BATCH, CONTEXT, GROUP

ORDER = (BATCH, GROUP, CONTEXT)


@functools.cache
def is_available() -> bool:
    """Whether the loop can be compiled here."""
    try:
        shared_library(load_grid_loop().source)
    except (CostModelError, OSError):
        return False
    return True


def pack(array: np.ndarray, axes: tuple[str, ...], batches: int, contexts: int, groups: int) -> np.ndarray | None:
    """An array (batch, context, kind of layer, product) as the loop reads it; None where it cannot be packed.

    The loop cannot take a quantity that varies along an axis which it does not have there, nor one that is not finite:
    it is compiled for finite arithmetic.
    """
    array = np.asarray(array)
    sizes = {BATCH: batches, CONTEXT: contexts, GROUP: groups}
    shape = tuple(sizes[axis] if axis in axes else 1 for axis in ORDER)
    if array.size == 1:
        number = array.item()
        return np.full(shape, number) if math.isfinite(number) else None
    array = array.reshape((1,) * (4 - array.ndim) + array.shape)
    varies = {BATCH: array.shape[0] > 1, CONTEXT: array.shape[1] > 1, GROUP: array.shape[2] > 1}
    if array.shape[3] > 1 or any(varies[axis] and axis not in axes for axis in ORDER) or not np.isfinite(array).all():
        return None
    array = array[..., 0].transpose(0, 2, 1)  # batch, kind of layer, context
    return np.ascontiguousarray(np.broadcast_to(array, shape))


def run(inputs: Mapping[str, np.ndarray], batches: int, contexts: int, groups: int) -> dict[str, np.ndarray]:
    """Every output of the loop by name, an array (batch, context) in base units.

    ``inputs`` are arrays as ``pack`` returns them; ``batches``, ``contexts`` and ``groups`` (kinds of layers) are the sizes of
    the axes. Raises CostModelError where the loop cannot be compiled.
    """
    loop = load_grid_loop()
    function = _function()
    outputs = np.empty((len(loop.outputs), batches, contexts))
    shared, by_group = loop.scratch
    work = np.empty(shared + by_group * groups + 1)
    pointer = ctypes.c_void_p
    sources = (pointer * len(loop.inputs))(*(inputs[name].ctypes.data for name in loop.inputs))
    targets = (pointer * len(loop.outputs))(*(output.ctypes.data for output in outputs))
    function(batches, contexts, groups, contexts, sources, targets, pointer(work.ctypes.data))
    return dict(zip(loop.outputs, outputs, strict=True))


@functools.cache
def _function():
    function = shared_library(load_grid_loop().source).run
    function.argtypes = [*[ctypes.c_long] * 4, *[ctypes.c_void_p] * 3]
    function.restype = None
    return function
