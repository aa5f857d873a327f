"""Prefill attention of one kernel at one head width as a section of a profile, all KV types together.

The KV type is only the type in which the cache is written: the arithmetic is 16-bit in all rows. There is one path.
"""

from functools import cache

import numpy as np
import pandas as pd
import sympy as sp

from calibration.data import design
from calibration.data.columns import prefill_columns
from calibration.data.shapes import kv_dtype_pairs
from calibration.fitting import metrics
from calibration.fitting.covariance_rows import covariance_rows
from calibration.fitting.folds import fold_residuals
from calibration.fitting.least_squares import Fit, fit_law
from calibration.fitting.parameter_layout import ParameterLayout
from calibration.fitting.residual_spread import residual_spread
from calibration.kernel_fits.section import ProfileSection, tables
from costmodel.evaluation.compile.residual import CompiledLaw
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import PrefillFit
from costmodel.formulas import cache as cache_formulas
from costmodel.formulas.prefill_attention import prefill_attention_time
from costmodel.language import symbols
from costmodel.text.counted import counted

NOT_EXPANDED = (cache_formulas.coded_size, cache_formulas.size_16bit, cache_formulas.local_cached_heads)
CONDITIONS = {symbols.attends: sp.Integer(1), symbols.ranks: sp.Integer(1)}


@cache
def prefill_law() -> CompiledLaw:
    """Prefill attention of one layer on an empty cache."""
    return CompiledLaw(prefill_attention_time, NOT_EXPANDED, CONDITIONS)


def fit_prefill(rows: pd.DataFrame, gpu: GPU, starts: int = 3) -> Fit:
    """The law fitted to the rows, once from a kernel that skips what its window hides and once from one that does not."""
    law, kv_dtype = prefill_law(), rows["kv_dtype"].to_numpy()
    layout = ParameterLayout(law.coefficients, tuple(sorted(rows["kv_dtype"].unique())))
    columns, seconds = prefill_columns(rows, gpu), rows["latency_us"].to_numpy() * 1e-6
    begin = [layout.start_at_latencies(seconds, kv_dtype)]
    if (rows["window"] > 0).any():
        begin.append(_unskipped(layout, begin[0]))
    case, pairs = layout.case(kv_dtype), kv_dtype_pairs(rows)
    fits = [fit_law(law, layout, columns, case, seconds, start, starts, pairs) for start in begin]
    return min(fits, key=lambda fit: fit.cost)


def _unskipped(layout: ParameterLayout, start: np.ndarray) -> np.ndarray:
    """The start of a kernel that computes all that its window hides."""
    names = np.array([parameter.coefficient.name for parameter in layout.parameters])
    return np.where(names == "prefill_unskipped", np.log(1.0), start)


def left_out_residuals(rows: pd.DataFrame, gpu: GPU) -> np.ndarray:
    """Log residual of every row under a fit that saw neither it nor its shape in the other KV type."""
    return fold_residuals(
        rows,
        lambda inside: fit_prefill(inside, gpu, starts=1),
        lambda fit, outside: fit.time(prefill_columns(outside, gpu), outside["kv_dtype"].to_numpy()),
    )


def prefill_section(rows: pd.DataFrame, gpu: GPU, seed: int = design.SEED) -> ProfileSection:
    """The fit of one kernel at one head width; ``rows`` are all measured prompts, of which a design is fitted."""
    rows = rows.reset_index(drop=True)
    mask = design.prefill_points(rows, seed=seed)
    inside = rows[mask].reset_index(drop=True)
    fit = fit_prefill(inside, gpu)
    residuals = left_out_residuals(inside, gpu)
    stated = {
        "kernel": rows["kernel"].iloc[0],
        "head_dim": int(rows["head_dim"].iloc[0]),
        "kv_dtypes": fit.layout.kv_dtypes,
        "points": len(inside),
        "cost": fit.cost,
        **tables(fit),
    }
    spread = {
        kv_dtype: {"all": residual_spread(residuals[(inside["kv_dtype"] == kv_dtype).to_numpy()])}
        for kv_dtype in fit.layout.kv_dtypes
    }
    held_out = held_out_errors(PrefillFit(**stated), rows[~mask], gpu)
    section = PrefillFit(**stated, spread=spread, held_out=held_out)
    covariance = covariance_rows(fit, "prefill", section.kernel, section.head_dim)
    return ProfileSection(section, inside.assign(law="prefill"), covariance)


def predict(fit: PrefillFit, rows: pd.DataFrame, gpu: GPU) -> np.ndarray:
    """Microseconds of prefill attention by the numbers of a profile."""
    law, kv_dtypes = prefill_law(), list(fit.kv_dtypes)
    case = rows["kv_dtype"].map({name: rank for rank, name in enumerate(kv_dtypes)}).to_numpy(int)
    cases = [law.values_of({**fit.shared, **fit.main[kv_dtype]}) for kv_dtype in kv_dtypes]
    return 1e6 * law.time(prefill_columns(rows, gpu), np.array(cases).T[:, case])


def held_out_errors(fit: PrefillFit, rows: pd.DataFrame, gpu: GPU) -> dict[str, dict[str, float]]:
    """Errors per KV type, in percent, on rows outside the fit: all, and at serving sizes as ``serving_n`` and so on."""
    predicted, serving = predict(fit, rows, gpu), design.serving_prompts(rows)
    errors = {}
    for kv_dtype in fit.kv_dtypes:
        mask = (rows["kv_dtype"] == kv_dtype).to_numpy()
        of_serving = metrics.errors(predicted[mask & serving], rows["latency_us"][mask & serving])
        errors[kv_dtype] = metrics.errors(predicted[mask], rows["latency_us"][mask])
        present = (name for name in ("n", "median", "p90", "bias") if name in of_serving)
        errors[kv_dtype] |= {f"serving_{name}": of_serving[name] for name in present}
    return errors


def reason_not_to_fit(rows: pd.DataFrame, min_rows: int, min_serving_rows: int) -> str:
    """Why a kernel at one head width cannot be fitted; empty where it can."""
    serving = int(np.sum(design.serving_prompts(rows)))
    if len(rows) < min_rows:
        return f"{counted(len(rows), 'row')}, at least {min_rows} needed"
    if serving < min_serving_rows:
        return f"{counted(serving, 'row')} at serving sizes, at least {min_serving_rows} needed"
    return ""
