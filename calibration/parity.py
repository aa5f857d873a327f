"""Predicted against measured time of every call outside a profile's fits, row by row, for whoever draws or judges them.

The rows are the raw tables less the fitted keys; the prediction is that of the numbers as they stand in the profile.
"""

import tomllib

import numpy as np
import pandas as pd

from calibration import design, stored
from calibration.profile import FOLDER, read_keys
from calibration.report import held_out_attention, outside, profiles
from calibration.sources import aiconfigurator as source
from costmodel.errors import InputError

MOST = 800  # rows of one kind that a figure can show apart


def rows(gpu: str, engine: str, most: int | None = MOST) -> pd.DataFrame:
    """``what`` (law and type), ``measured_us``, ``predicted_us`` and shape, of decode attention and products outside the fits.

    Products are those of serving sizes.

    ``most`` rows of a kind, evenly spaced in the measured time; None for all. Raises UnknownName where there is no such
    profile, InputError where the measured tables are not installed.
    """
    (path,) = profiles(gpu, engine)
    profile = tomllib.loads(path.read_text())
    points = read_keys(FOLDER / "points" / f"{path.stem}.csv")
    parts = [*_attention(profile, points), *_products(profile, points)]
    if not parts:
        raise InputError(f"profile {path.stem} has no decode attention and no products")
    return pd.concat([_thinned(part, most) for part in parts], ignore_index=True)


def _attention(profile: dict, points: pd.DataFrame):
    if profile.get("attention"):
        for kind, part in held_out_attention(profile, points).groupby("kv_dtype"):
            yield part.assign(what=f"decode attention, {kind}").rename(columns={"latency_us": "measured_us"})


def _products(profile: dict, points: pd.DataFrame):
    gpu = profile["gpu"]
    measured = source.gemm(gpu, profile["engine"]) if profile.get("gemm") else None
    for table in profile.get("gemm", []):
        of = measured[measured["dtype"] == table["dtype"]]
        held_out = outside(
            of, points[(points["law"] == "gemm") & (points["kernel"] == table["dtype"])], ["m", "n", "k"]
        )
        held_out = held_out[design.serving_sizes(held_out)]
        held_out = held_out.assign(predicted_us=stored.gemm_prediction(table, held_out, gpu))
        yield held_out.assign(what=f"product, {table['dtype']}").rename(columns={"latency_us": "measured_us"})


def _thinned(part: pd.DataFrame, most: int | None) -> pd.DataFrame:
    if most is None or len(part) <= most:
        return part
    ordered = part.sort_values("measured_us", kind="stable")
    return ordered.iloc[np.linspace(0, len(part) - 1, most).round().astype(int)]
