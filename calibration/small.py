"""Fitting the two small laws: the all-reduce, and the small kernel that a codec pass is (a floor, then bytes).

The codec's law is that of decoding the cache in a pass of its own; a cast of 16-bit numbers to fp8 is one such pass
over 3 bytes a number, with every number a token of one head. Only sizes that tell the floor or the memory are used: in
between, L2 serves the benchmark's bytes, as it does not in a serving step.
"""

from functools import cache

import numpy as np
import pandas as pd
import sympy as sp

from calibration.device import need
from calibration.fit import Fit, fit
from calibration.law import Law
from calibration.ties import Slots
from costmodel.formulas import attention, codec
from costmodel.formulas import cache as cached
from costmodel.formulas.communication import all_reduce_time
from costmodel.language import symbols

ALL_REDUCE_POINTS = 24
CODEC_POINTS = 60
FLOOR_BYTES = 256 * 1024
NODE = {"gb200": 4, "gb300": 4}


@cache
def all_reduce_law() -> Law:
    """One all-reduce."""
    return Law(all_reduce_time)


@cache
def codec_law() -> Law:
    """One pass that reads numbers in one format and writes them in another."""
    keep = (attention.unfused, cached.local_cached_heads, cached.read_tokens, cached.coded_size, cached.size_16bit)
    return Law(codec.decode_pass_time, keep, {symbols.attends: sp.Integer(1), attention.unfused: sp.Integer(1)})


def all_reduce_columns(rows: pd.DataFrame, gpu: str) -> dict:
    """Inputs of the all-reduce as columns: the message is one token as wide as its numbers."""
    return {
        "ranks": rows["ranks"].to_numpy(float),
        "hidden_size": rows["elements"].to_numpy(float),
        "forward_tokens": 1.0,
        "activation_size": 2.0,
        "link_bandwidth": need(gpu, "link_bandwidth"),
    }


def codec_columns(rows: pd.DataFrame, gpu: str) -> dict:
    """Inputs of the codec pass as columns: 2 bytes read and 1 byte written for each of m × k numbers."""
    return {
        "batch": rows["m"].to_numpy(float) * rows["k"].to_numpy(float),
        "local_cached_heads": 1.0,
        "read_tokens": 1.0,
        "coded_size": 1.0,
        "size_16bit": 2.0,
        "hbm_bandwidth": need(gpu, "hbm_bandwidth"),
    }


def all_reduce_rows(rows: pd.DataFrame, gpu: str) -> pd.DataFrame:
    """The rows of all-reduces that the law speaks of: within one node (8 GPUs; 4 where a tray holds 4)."""
    return rows[rows["ranks"] <= NODE.get(gpu, 8)]


def codec_rows(rows: pd.DataFrame, gpu: str) -> pd.DataFrame:
    """The casts to fp8 that the codec's law speaks of: so small that the floor rules, or above twice the L2."""
    moved = 3.0 * rows["m"] * rows["k"]
    return rows[(rows["dtype"] == "fp8") & ((moved < FLOOR_BYTES) | (moved > 2 * need(gpu, "l2_size")))]


def fit_small(law: Law, columns: dict, rows: pd.DataFrame, starts: int = 3) -> Fit:
    """A law without cases fitted to rows; its floor starts at the smallest latency."""
    slots, seconds = Slots(law.coefficients, ("",)), rows["latency_us"].to_numpy() * 1e-6
    begin, (low, high) = slots.start(), slots.bounds()
    for place, entry in enumerate(slots.entries):
        if entry.coefficient.name in ("reduce_launch", "kernel_floor"):
            begin[place] = np.clip(np.log(seconds.min()), low[place] + 0.1, high[place] - 0.1)
    return fit(law, slots, columns, np.zeros(len(rows), int), seconds, begin, starts)
