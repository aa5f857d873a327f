"""Matrix products of one weight type of an engine on a GPU, several kernels of a type together, as a section of a profile.

The height of the smallest tile enters through whole tiles, of which the derivative knows nothing; it is scanned over
the heights that kernels use, and the fit with the lowest cost on its own rows is used.
"""

from functools import cache

import numpy as np
import pandas as pd
import sympy as sp

from calibration.data import design
from calibration.data.columns import PRODUCT_TYPES, gemm_columns
from calibration.data.gpu_numbers import states
from calibration.fitting import metrics
from calibration.fitting.covariance_rows import covariance_rows
from calibration.fitting.least_squares import Fit, fit_law
from calibration.fitting.parameter_layout import ParameterLayout
from calibration.fitting.residual_spread import spreads
from calibration.kernel_fits.section import ProfileSection, values
from costmodel.evaluation.compile.residual import CompiledLaw
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import GemmFit
from costmodel.formulas.linear import product_time, products_in_step

TILES = (16.0, 32.0, 48.0, 64.0, 96.0, 128.0)
# Where two tile shapes take the same time, the smaller of the two has no derivative on either side; a hair breaks ties.
HAIR = 1 + 1e-6
MAX_SMALL_ROWS, MIN_LARGE_ROWS = 256, 1024


@cache
def gemm_law() -> CompiledLaw:
    """One matrix product."""
    return CompiledLaw(product_time, conditions={products_in_step: sp.Integer(1)})


def reason_not_to_fit(dtype: str, gpu: GPU) -> str:
    """Why a type cannot be fitted on a GPU; empty where it can."""
    if dtype not in PRODUCT_TYPES:
        return f"bytes and throughput of {dtype} are not defined"
    peak = PRODUCT_TYPES[dtype][2]
    return "" if states(gpu, peak) else f"{gpu.id} states no {peak}"


def fit_gemm(rows: pd.DataFrame, gpu: GPU, starts: int = 2) -> Fit:
    """The law fitted to rows of one type, with the best height of the smallest tile."""
    law, columns, seconds = gemm_law(), gemm_columns(rows, gpu), rows["latency_us"].to_numpy() * 1e-6
    fits = []
    for tile in TILES:
        layout = ParameterLayout(law.coefficients, ("",), fixed={"gemm_tile": tile * HAIR})
        case, start = np.zeros(len(rows), int), layout.start_at_latencies(seconds)
        fits.append(fit_law(law, layout, columns, case, seconds, start, starts))
    return min(fits, key=lambda fit: fit.cost)


def gemm_section(rows: pd.DataFrame, gpu: GPU, seed: int = design.SEED) -> ProfileSection:
    """The fit of the matrix products of one type; ``rows`` are all measured ones, of which a design is fitted."""
    rows = rows.reset_index(drop=True)
    mask = design.gemm_points(rows, seed=seed)
    inside = rows[mask].reset_index(drop=True)
    fit, dtype, m = fit_gemm(inside, gpu), rows["dtype"].iloc[0], inside["m"].to_numpy()
    masks = {"all": np.ones(len(inside), bool), "small": m <= MAX_SMALL_ROWS, "large": m >= MIN_LARGE_ROWS}
    section = GemmFit(dtype, values(fit), spreads(fit.leverage_residuals(), masks), len(inside))
    section = GemmFit(dtype, section.values, section.spread, len(inside), held_out_errors(section, rows[~mask], gpu))
    points = inside.assign(law="gemm", kernel=inside["dtype"])
    return ProfileSection(section, points, covariance_rows(fit, "gemm", dtype))


def predict(fit: GemmFit, rows: pd.DataFrame, gpu: GPU) -> np.ndarray:
    """Microseconds of matrix products of the fit's type by the numbers of a profile."""
    law = gemm_law()
    return 1e6 * law.time(gemm_columns(rows, gpu), np.array(law.values_of(fit.values)))


def held_out_errors(fit: GemmFit, rows: pd.DataFrame, gpu: GPU) -> dict[str, dict[str, float]]:
    """Errors at serving sizes with m up to 256 (``small``) and from 1024 (``large``), in percent."""
    rows = rows[design.serving_sizes(rows)]
    predicted, m = predict(fit, rows, gpu), rows["m"].to_numpy()
    masks = {"small": m <= MAX_SMALL_ROWS, "large": m >= MIN_LARGE_ROWS}
    return {name: metrics.errors(predicted[mask], rows["latency_us"][mask]) for name, mask in masks.items()}
