"""Grouped products of experts, one kernel of an engine in one weight type on a GPU, as a section of a profile.

The height of the smallest tile enters through whole tiles, of which the derivative knows nothing; it is scanned over the
heights that kernels use, and the fit with the lowest cost on its own rows is used.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np
import pandas as pd

from calibration.data import design
from calibration.data.columns import grouped_columns
from calibration.data.gpu_numbers import states
from calibration.data.grouped_products import LAYER, SHAPE
from calibration.fitting import metrics
from calibration.fitting.covariance_rows import covariance_rows
from calibration.fitting.least_squares import Fit, fit_law
from calibration.fitting.parameter_layout import ParameterLayout
from calibration.fitting.residual_spread import spreads
from calibration.kernel_fits.section import ProfileSection, values
from costmodel.evaluation.compile.residual import CompiledLaw
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import GroupedFit
from costmodel.facts.profiles.grouped import call_kind, expert_layer
from costmodel.facts.weight_types import GROUPED_TYPES
from costmodel.formulas import routing
from costmodel.formulas.grouped import grouped_time

TILES = (8.0, 16.0, 32.0)
# Where two tile shapes take the same time, the smaller of the two has no derivative on either side; a hair breaks ties.
HAIR = 1 + 1e-6
# Kernels that an engine runs up to a number of tokens: aiconfigurator's rule for TensorRT-LLM (gated nvfp4, at most 128).
FEW_TOKENS_ALONE = {"moe_torch_flow_min_latency": 128.0}
MAX_FEW_TOKENS, MIN_MANY_TOKENS = 256, 1024


@cache
def grouped_law() -> CompiledLaw:
    """The experts of one layer, as a benchmark routes them."""
    return CompiledLaw(grouped_time, keep=(routing.touched_share, routing.load_variation))


def reason_not_to_fit(dtype: str, gpu: GPU) -> str:
    """Why a type cannot be fitted on a GPU; empty where it can."""
    peak = f"peak_{GROUPED_TYPES[dtype].peak}"
    return "" if states(gpu, peak) else f"{gpu.id} states no {peak}"


def fit_grouped(rows: pd.DataFrame, gpu: GPU, starts: int = 2) -> Fit:
    """The law fitted to rows of one kernel and type, with the best height of the smallest tile."""
    law, columns, seconds = grouped_law(), grouped_columns(rows, gpu), rows["latency_us"].to_numpy() * 1e-6
    fits = []
    for tile in TILES:
        layout = ParameterLayout(law.coefficients, ("",), fixed={"grouped_tile": tile * HAIR})
        case, start = np.zeros(len(rows), int), layout.start_at_latencies(seconds)
        fits.append(fit_law(law, layout, columns, case, seconds, start, starts))
    return min(fits, key=lambda fit: fit.cost)


def grouped_section(
    rows: pd.DataFrame, gpu: GPU, seed: int = design.SEED, layers: Iterable[tuple] | None = None
) -> ProfileSection:
    """The fit of one kernel in one type; ``rows`` are all measured ones, of which a design is fitted.

    ``layers`` are those (columns ``LAYER``) that the kernel ran under any version; those of the rows where none are named.
    """
    layers = rows[LAYER].drop_duplicates().itertuples(index=False, name=None) if layers is None else layers
    rows = rows.reset_index(drop=True)
    mask = design.grouped_points(rows, seed=seed)
    inside = rows[mask].reset_index(drop=True)
    fit, tokens = fit_grouped(inside, gpu), inside["tokens"].to_numpy()
    masks = {"all": np.ones(len(inside), bool), "small": tokens <= MAX_FEW_TOKENS, "large": tokens >= MIN_MANY_TOKENS}
    kinds = [call_kind(matrices, ep) for matrices, ep in zip(rows["matrices"], rows["ep"], strict=True)]
    section = GroupedFit(
        kernel=rows["kernel"].iloc[0],
        dtype=rows["dtype"].iloc[0],
        values=values(fit),
        spread=spreads(fit.leverage_residuals(), masks),
        engine_version=rows["engine_version"].iloc[0],
        measured_calls=dict(sorted(pd.Series(kinds).value_counts().items())),
        measured_experts=tuple(sorted(expert_layer(*layer) for layer in layers)),
        max_tokens=FEW_TOKENS_ALONE.get(rows["kernel"].iloc[0]),
        points=len(inside),
    )
    section = section.with_errors(held_out_errors(section, rows[~mask], gpu))
    points = inside[SHAPE].assign(law="grouped", kernel=section.label)
    return ProfileSection(section, points, covariance_rows(fit, "grouped", section.label))


def predict(fit: GroupedFit, rows: pd.DataFrame, gpu: GPU) -> np.ndarray:
    """Microseconds of grouped products of the fit's kernel and type by the numbers of a profile."""
    law = grouped_law()
    return 1e6 * law.time(grouped_columns(rows, gpu), np.array(law.values_of(fit.values)))


def coverage(fit: GroupedFit, rows: pd.DataFrame, gpu: GPU) -> dict[str, float]:
    """Percent of rows inside their 90 % interval, and its median half-width in percent."""
    few = rows["tokens"].to_numpy() <= MAX_FEW_TOKENS
    spread = np.where(few, fit.spread["small"], fit.spread["large"])
    return metrics.coverage(predict(fit, rows, gpu), spread, rows["latency_us"])


def held_out_errors(fit: GroupedFit, rows: pd.DataFrame, gpu: GPU) -> dict[str, dict[str, float]]:
    """Errors of all rows, those of up to 256 tokens (``small``) and those from 1,024 (``large``), in percent."""
    predicted, tokens = predict(fit, rows, gpu), rows["tokens"].to_numpy()
    masks = {"all": tokens > 0, "small": tokens <= MAX_FEW_TOKENS, "large": tokens >= MIN_MANY_TOKENS}
    return {name: metrics.errors(predicted[mask], rows["latency_us"][mask]) for name, mask in masks.items()}
