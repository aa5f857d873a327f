"""Two-sided 90 % intervals of values whose logarithm has a standard error."""

import numpy as np

from costmodel.language.normal import Z90

__all__ = ["Z90", "interval", "interval_columns"]


def interval(value: np.ndarray, spread: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper end of the 90 % interval of a value whose logarithm has the standard error ``spread``.

    Both ends have the unit of the value and the shape to which it and the spread broadcast.
    """
    factor = np.exp(Z90 * np.asarray(spread))
    return value / factor, value * factor


def interval_columns(name: str, value: np.ndarray, spread: np.ndarray | float) -> dict[str, np.ndarray]:
    """A column and the ends of its 90 % interval, as ``name``, ``name_lo``, ``name_hi``."""
    return dict(zip((name, f"{name}_lo", f"{name}_hi"), (value, *interval(value, spread)), strict=True))
