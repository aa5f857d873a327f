"""Predicted against measured time of every call outside a profile's fits, row by row, for plots and pages.

The rows are the raw tables less the fitted keys; the prediction is that of the numbers as the profile states them.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from calibration.validation.held_out import HeldOut, profile_ids, reason_not_to_recompute, serving_products
from costmodel.errors import InputError

MAX_ROWS = 800  # rows of one kind that a figure can show apart


def rows(gpu: str, engine: str, max_rows: int | None = MAX_ROWS) -> pd.DataFrame:
    """``what`` (law and type), ``measured_us``, ``predicted_us`` and shape of calls outside the fits, by ids.

    Decode attention, and matrix products of serving sizes. ``max_rows`` rows of a kind, evenly spaced in the measured time;
    None for all. Raises UnknownName where there is no such profile, InputError where its measurements are not at hand.
    """
    (identifier,) = profile_ids(gpu, engine)
    if reason := reason_not_to_recompute(identifier):
        raise InputError(f"profile {identifier}: {reason}")
    groups = list(_groups(HeldOut(identifier)))
    if not groups:
        raise InputError(f"profile {identifier} has no decode attention and no products")
    return pd.concat([_thinned(group, max_rows) for group in groups], ignore_index=True)


def _groups(held_out: HeldOut) -> Iterator[pd.DataFrame]:
    if held_out.file.attention:
        for kv_dtype, group in held_out.attention().groupby("kv_dtype"):
            yield group.assign(what=f"decode attention, {kv_dtype}").rename(columns={"latency_us": "measured_us"})
    for fit, group in serving_products(held_out):
        yield group.assign(what=f"product, {fit.dtype}").rename(columns={"latency_us": "measured_us"})


def _thinned(group: pd.DataFrame, max_rows: int | None) -> pd.DataFrame:
    if max_rows is None or len(group) <= max_rows:
        return group
    ordered = group.sort_values("measured_us", kind="stable")
    return ordered.iloc[np.linspace(0, len(group) - 1, max_rows).round().astype(int)]
