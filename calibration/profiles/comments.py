"""What stands behind each number of a profile: how certain its fit is, in words, from the covariance and the bounds."""

import numpy as np

import costmodel.formulas  # noqa: F401 - fills the catalogue
from calibration.fitting.covariance_rows import AT_BOUND, WEAKLY_IDENTIFIED
from calibration.fitting.parameter_layout import HELD_AT, IDLE_ON_FALLBACK
from costmodel.facts.fit_covariance import FitCovariance
from costmodel.facts.profiles import Fit, coefficient_tables, key_of
from costmodel.facts.profiles.write import Comments
from costmodel.language.quantity import catalogue

BEST_OF_A_LIST = {"gemm_tile", "grouped_tile"}
# Its derivative stands still at jumps of whole waves, so that its error is not stated.
WITHOUT_ERROR = {"units_per_sm"}


def comments(fit: Fit, covariance: FitCovariance | None) -> Comments:
    """A comment for every coefficient of a fit, by its path in the file; none without a covariance."""
    if covariance is None:
        return {}
    return {
        (*key_of(fit), table_name, kv_dtype, name): comment(covariance, table_name, kv_dtype, name, number)
        for table_name, kv_dtype, table in coefficient_tables(fit)
        for name, number in table.items()
    }


def comment(covariance: FitCovariance, table_name: str, kv_dtype: str, name: str, number: float) -> str:
    """How certain one number is; ``table_name`` is the table in which it stands (shared, values, main, fallback)."""
    if table_name == "fallback" and name in IDLE_ON_FALLBACK:
        return "idle here: no heads are packed"
    if name in BEST_OF_A_LIST:
        return "best of a list"
    error = _standard_error(covariance, name, kv_dtype, "fallback" if table_name == "fallback" else "main")
    coefficient = catalogue[name]
    if error is None:
        return "not identified: the datasheet's" if HELD_AT.get(name) == number else "not identified: its start"
    if min(abs(np.log(number / coefficient.low)), abs(np.log(number / coefficient.high))) < AT_BOUND:
        return "at its bound"
    if error > WEAKLY_IDENTIFIED:
        return "weakly identified"
    return "" if name in WITHOUT_ERROR else f"± {100 * error:.0f} %"


def _standard_error(covariance: FitCovariance, name: str, kv_dtype: str, path: str) -> float | None:
    """The error of exactly that number: of its KV type and path, or of all KV types or paths where these share it."""
    for label in ((name, kv_dtype, path), (name, "", path), (name, kv_dtype, ""), (name, "", "")):
        if label in covariance.labels:
            index = covariance.labels.index(label)
            return float(covariance.covariance[index, index]) ** 0.5
    return None
