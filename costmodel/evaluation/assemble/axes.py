"""Axes of the arrays: leading ones are the caller's, the last two are the kinds of layers and the matrix products.

An array has size 1 along an axis on which its quantity does not vary. These are the only functions that add or drop axes.
"""

import math

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.compile.dependence import GROUP, PRODUCT


def with_model_axes(values, axis: str | None = None) -> np.ndarray:
    """A scalar or vector as an array with the two model axes: along one of them, or as a leading axis."""
    array = np.asarray(values, dtype=float)
    if array.ndim == 0:
        return array.reshape(1, 1)
    if axis == GROUP:
        return array.reshape(-1, 1)
    if axis == PRODUCT:
        return array.reshape(1, -1)
    return array.reshape(*array.shape, 1, 1)


def as_leading(values) -> np.ndarray:
    """An array of the caller's axes with the two model axes behind them; one that has them already stays as it is."""
    array = np.asarray(values, dtype=float)
    return array if array.ndim >= 2 and array.shape[-2:] == (1, 1) else array.reshape(*array.shape, 1, 1)


def drop_model_axes(array) -> np.ndarray:
    """An array without the two model axes, which must be of size 1 or alike along them."""
    array = np.asarray(array)
    return array[..., 0, 0] if array.ndim >= 2 else array


def layer_column(array) -> np.ndarray:
    """The numbers along the kinds of layers, at the first place of every other axis."""
    array = np.atleast_2d(np.asarray(array, dtype=float))
    return array.reshape(-1, *array.shape[-2:])[0, :, 0]


def validate_axis(name: str, value, low: float = 0.0, high: float = math.inf, positive: bool = True) -> np.ndarray:
    """The numbers of an axis or option as a vector of at least one.

    Raises InputError for what is not finite, negative (or zero, where it must be ``positive``) or beyond the bounds.
    """
    array = np.atleast_1d(np.asarray(value, dtype=float))
    bad = ~np.isfinite(array) | (array < low) | (array > high) | ((array <= 0) if positive else False)
    if bad.any() or array.size == 0:
        offender = array[bad][0] if bad.any() else "nothing"
        expected = f"numbers {'above 0' if positive else f'from {low:g}'}" + (
            f", at most {high:g}" if math.isfinite(high) else ""
        )
        raise InputError(f"{name}: expected {expected}, got {offender}")
    return array
