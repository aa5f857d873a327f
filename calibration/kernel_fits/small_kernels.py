"""The two small laws as sections of a profile: the all-reduce, and the small kernel that a codec pass is (a floor, then bytes).

The codec's law is that of decoding the cache in a pass of its own; a cast of 16-bit numbers to fp8 is one such pass
over 3 bytes per number, with every number a token of one head. Only sizes that show the floor or the memory are used: in
between, L2 serves the benchmark's bytes, as it does not in a serving step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import sympy as sp

from calibration.data import design
from calibration.data.columns import all_reduce_columns, codec_columns
from calibration.fitting import metrics
from calibration.fitting.covariance_rows import covariance_rows
from calibration.fitting.least_squares import Fit, fit_law
from calibration.fitting.parameter_layout import ParameterLayout
from calibration.fitting.residual_spread import residual_spread
from calibration.kernel_fits.section import ProfileSection, values
from costmodel.evaluation.compile.residual import CompiledLaw
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import SectionFit
from costmodel.formulas import attention, codec
from costmodel.formulas import cache as cache_formulas
from costmodel.formulas.communication import peer_reduce_time
from costmodel.language import symbols

FLOOR_BYTES = 256 * 1024
GPUS_PER_NODE = {"gb200": 4, "gb300": 4}


CODEC_CONDITIONS = {
    symbols.attends: sp.Integer(1),
    attention.unfused: sp.Integer(1),
    symbols.kernel_is_ideal: sp.Integer(0),
}


@cache
def all_reduce_law() -> CompiledLaw:
    """One all-reduce."""
    return CompiledLaw(peer_reduce_time)


@cache
def codec_law() -> CompiledLaw:
    """One pass that reads numbers in one format and writes them in another."""
    keep = (
        attention.unfused,
        cache_formulas.local_cached_heads,
        cache_formulas.read_tokens,
        cache_formulas.coded_size,
        cache_formulas.decoded_size,
    )
    return CompiledLaw(codec.decode_pass_time, keep, CODEC_CONDITIONS)


def within_one_node(rows: pd.DataFrame, gpu: GPU) -> pd.DataFrame:
    """The all-reduces that the law describes: within one node (8 GPUs; 4 where a tray holds 4)."""
    return rows[rows["ranks"] <= GPUS_PER_NODE.get(gpu.id, 8)]


def outside_l2(rows: pd.DataFrame, gpu: GPU) -> pd.DataFrame:
    """The casts to fp8 that the codec's law describes: so small that the floor rules, or above twice the L2."""
    moved = 3.0 * rows["m"] * rows["k"]
    return rows[(rows["dtype"] == "fp8") & ((moved < FLOOR_BYTES) | (moved > 2 * gpu.numbers["l2_size"]))]


@dataclass(frozen=True)
class SmallKernel:
    """What differs between the small laws; ``point_names`` renames columns to those of the table of fitted rows."""

    law: Callable[[], CompiledLaw]
    columns: Callable
    rows: Callable[[pd.DataFrame, GPU], pd.DataFrame]
    budget: int
    condition: str
    point_names: dict[str, str]
    key: list[str]


SMALL_KERNELS = {
    "all_reduce": SmallKernel(
        all_reduce_law,
        all_reduce_columns,
        within_one_node,
        24,
        "within one node",
        {"elements": "m", "ranks": "n"},
        ["elements", "ranks"],
    ),
    "codec": SmallKernel(
        codec_law,
        codec_columns,
        outside_l2,
        60,
        "less than 256 KiB moved, or more than twice the L2: between them L2 serves the bytes",
        {"dtype": "kernel"},
        ["m", "k"],
    ),
}


def fit_small(law: CompiledLaw, columns, rows: pd.DataFrame, starts: int = 3) -> Fit:
    """A law without cases fitted to rows; its floor starts at the smallest latency."""
    layout, seconds = ParameterLayout(law.coefficients, ("",)), rows["latency_us"].to_numpy() * 1e-6
    case, start = np.zeros(len(rows), int), layout.start_at_latencies(seconds)
    return fit_law(law, layout, columns, case, seconds, start, starts)


def small_section(name: str, rows: pd.DataFrame, gpu: GPU) -> ProfileSection:
    """The fit ``all_reduce`` or ``codec``; ``rows`` are those that the law describes, of which some are fitted."""
    rows, kernel = rows.reset_index(drop=True), SMALL_KERNELS[name]
    mask = design.random_points(rows, kernel.budget)
    inside = rows[mask].reset_index(drop=True)
    fit = fit_small(kernel.law(), kernel.columns(inside, gpu), inside)
    stated = {"values": values(fit), "points": len(inside), "condition": kernel.condition}
    stated["spread"] = {"all": residual_spread(fit.leverage_residuals())}
    held_out = held_out_errors(SectionFit(name, **stated), rows[~mask], gpu)
    points = inside.rename(columns=kernel.point_names).assign(law=name)
    return ProfileSection(SectionFit(name, **stated, held_out=held_out), points, covariance_rows(fit, name))


def predict(fit: SectionFit, rows: pd.DataFrame, gpu: GPU) -> np.ndarray:
    """Microseconds of all-reduces or codec passes by the numbers of a profile."""
    kernel = SMALL_KERNELS[fit.name]
    law = kernel.law()
    return 1e6 * law.time(kernel.columns(rows, gpu), np.array(law.values_of(fit.values)))


def held_out_errors(fit: SectionFit, rows: pd.DataFrame, gpu: GPU) -> dict[str, float]:
    """Errors of an all-reduce or a codec pass on rows outside the fit, in percent."""
    return metrics.errors(predict(fit, rows, gpu), rows["latency_us"])
