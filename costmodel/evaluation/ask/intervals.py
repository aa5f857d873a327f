"""Two-sided 90 % intervals of values whose logarithm has a standard error."""

import numpy as np

Z90 = 1.6448536269514722  # two-sided 90 % of a normal


def interval(value: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of the 90 % interval of a value whose logarithm has the standard error ``spread``."""
    factor = np.exp(Z90 * np.asarray(spread))
    return value / factor, value * factor


def interval_columns(name: str, value: np.ndarray, spread: np.ndarray) -> dict[str, np.ndarray]:
    """A column and the ends of its 90 % interval, as ``name``, ``name_lo``, ``name_hi``."""
    return dict(zip((name, f"{name}_lo", f"{name}_hi"), (value, *interval(value, spread)), strict=True))
