"""One fit as a section of a profile: its coefficients as the file will state them, the rows it saw, their covariance.

A file states four digits. Errors on held-out rows are computed from these, so that whoever reads the file computes the same.
"""

from typing import NamedTuple

import pandas as pd

from calibration.fitting.least_squares import Fit
from costmodel.facts.profiles import Fit as StoredFit
from costmodel.facts.profiles.write import format_coefficient
from costmodel.language.units import parse_quantity


class ProfileSection(NamedTuple):
    """A fit, ready to be written: the fit as a profile states it, its rows' keys, and the covariance of its numbers.

    ``covariance`` is a table as ``fitting.covariance_rows`` makes it.
    """

    fit: StoredFit
    points: pd.DataFrame
    covariance: pd.DataFrame


def as_written(number: float, unit: str) -> float:
    """The number that a reader of the profile gets back: four significant digits, in base units."""
    return parse_quantity(format_coefficient(number, unit), unit)


def values(fit: Fit) -> dict[str, float]:
    """Coefficients of a law without KV types and paths, as written."""
    return {c.name: as_written(fit.number(c.name), c.unit) for c in fit.law.coefficients}


def tables(fit: Fit) -> dict[str, dict]:
    """Tables ``shared``, ``main`` and, where the fit has that path, ``fallback`` of a law by KV type, as written."""
    kv_dtypes, has_fallback = fit.layout.kv_dtypes, len(fit.layout.paths) > 1
    shared: dict[str, float] = {}
    by_path: dict = {path: {kv_dtype: {} for kv_dtype in kv_dtypes} for path in fit.layout.paths}
    for coefficient in fit.law.coefficients:
        name, unit = coefficient.name, coefficient.unit
        if "kv" not in coefficient.by:
            shared[name] = as_written(fit.number(name), unit)
        for path in fit.layout.paths:
            if ("path" in coefficient.by and has_fallback) if path == "fallback" else "kv" in coefficient.by:
                for kv_dtype in kv_dtypes:
                    by_path[path][kv_dtype][name] = as_written(fit.number(name, kv_dtype, path), unit)
    return {"shared": shared} | by_path
