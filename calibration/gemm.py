"""Fitting matrix products: one fit per weight type of an engine on a GPU, several kernels of a type together.

The height of the smallest tile enters through whole tiles, of which the derivative knows nothing; it is scanned over
the heights that kernels use, and the fit with the lowest cost on its own rows is kept.
"""

from functools import cache

import numpy as np
import pandas as pd

from calibration.device import device, need
from calibration.fit import Fit, fit
from calibration.law import Law
from calibration.ties import Slots
from costmodel.errors import UnknownName
from costmodel.formulas.linear import product_time

# type -> bytes of a weight, bytes of an input, the tensor throughput that its arithmetic uses
TYPES = {
    "bfloat16": (2.0, 2.0, "peak_16bit"),
    "fp8": (1.0, 1.0, "peak_fp8"),
    "fp8_block": (1.0, 1.0, "peak_fp8"),
    "nvfp4": (0.5625, 0.5625, "peak_fp4"),
    "int8_wo": (1.0, 2.0, "peak_16bit"),
    "int4_wo": (0.53, 2.0, "peak_16bit"),
}
TILES = (16.0, 32.0, 48.0, 64.0, 96.0, 128.0)
# Where two tile shapes take the same time, the smaller of the two has no derivative on either side; a hair breaks ties.
HAIR = 1 + 1e-6


@cache
def gemm_law() -> Law:
    """One matrix product."""
    return Law(product_time)


def columns(rows: pd.DataFrame, gpu: str) -> dict:
    """Inputs of the law as columns; all rows are of one type. Raises UnknownName for a type without bytes or peak."""
    (dtype,) = rows["dtype"].unique()
    if dtype not in TYPES:
        raise UnknownName("type of a matrix product", dtype, TYPES)
    weight, entering, peak = TYPES[dtype]
    return {
        "rows": rows["m"].to_numpy(float),
        "columns": rows["n"].to_numpy(float),
        "inner": rows["k"].to_numpy(float),
        "weight_size": weight,
        "input_size": entering,
        "activation_size": 2.0,
        "peak": need(gpu, peak),
        "hbm_bandwidth": need(gpu, "hbm_bandwidth"),
        "sms": need(gpu, "sms"),
    }


def can_fit(dtype: str, gpu: str) -> str:
    """Why a type cannot be fitted on a GPU; empty where it can."""
    if dtype not in TYPES:
        return f"bytes and throughput of {dtype} are not defined"
    return "" if TYPES[dtype][2] in device(gpu) else f"{gpu} states no {TYPES[dtype][2]}"


def fit_gemm(rows: pd.DataFrame, gpu: str, starts: int = 2) -> Fit:
    """The law fitted to rows of one type, with the best height of the smallest tile."""
    law, table, seconds = gemm_law(), columns(rows, gpu), rows["latency_us"].to_numpy() * 1e-6
    found = []
    for tile in TILES:
        slots = Slots(law.coefficients, ("",), fixed={"gemm_tile": tile * HAIR})
        begin, (low, high) = slots.start(), slots.bounds()
        place = next(i for i, entry in enumerate(slots.entries) if entry.coefficient.name == "gemm_launch")
        begin[place] = np.clip(np.log(seconds.min()), low[place] + 0.1, high[place] - 0.1)
        found.append(fit(law, slots, table, np.zeros(len(rows), int), seconds, begin, starts))
    return min(found, key=lambda one: one.cost)
