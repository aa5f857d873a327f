"""Decode attention of one kernel at one head width, over heads or over a latent, as a section of a profile.

All KV types are one fit. Errors on held-out rows are computed from the numbers as the file states them; nothing is chosen
by them.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from calibration.data import design
from calibration.data.columns import Dispatch, attention_columns
from calibration.data.shapes import SHAPE
from calibration.fitting import metrics
from calibration.fitting.covariance_rows import covariance_rows
from calibration.fitting.folds import fold_residuals
from calibration.fitting.least_squares import Fit
from calibration.fitting.residual_spread import REGIMES, pair_correlation, spreads
from calibration.kernel_fits.attention_law import attention_law, fit_attention, fit_dispatch, predict_fit, regimes
from calibration.kernel_fits.section import ProfileSection, tables
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import AttentionFit


def attention_section(rows: pd.DataFrame, gpu: GPU, seed: int = design.SEED) -> ProfileSection:
    """The fit of one kernel at one head width; ``rows`` are all measured calls, of which a design is fitted."""
    rows = rows.reset_index(drop=True)
    mask = design.attention_points(rows, gpu.numbers["l2_size"], seed=seed)
    return fitted_section(rows, mask, gpu, *fit_attention(rows[mask].reset_index(drop=True), gpu))


def fitted_section(
    rows: pd.DataFrame, mask: np.ndarray, gpu: GPU, dispatch: Dispatch, fit: Fit, alike: Sequence[str] = SHAPE
) -> ProfileSection:
    """The section of a fit of the rows of a mask, with its errors on the others.

    Spreads come from folds of whole shapes; rows that agree in the columns ``alike`` are one.
    """
    inside = rows[mask].reset_index(drop=True)
    residuals = left_out_residuals(inside, gpu, dispatch, fit.layout.fixed, alike)
    stated = {
        "kernel": rows["kernel"].iloc[0],
        "head_dim": int(rows["head_dim"].iloc[0]),
        "kv_dtypes": fit.layout.kv_dtypes,
        "latent": "latent" in rows,
        "rule": dispatch.rule,
        "ignores_window": dispatch.ignores_window,
        "points": len(inside),
        "pair_correlation": pair_correlation(inside, residuals),
        "cost": fit.cost,
    } | tables(fit)
    section = AttentionFit(**stated)
    spread = _spread_by_regime(inside, residuals, regimes(inside, gpu, predict(section, inside, gpu)[1]))
    section = AttentionFit(**stated, spread=spread, held_out=held_out_errors(section, rows[~mask], gpu))
    covariance = covariance_rows(fit, "attention", section.kernel, section.head_dim)
    return ProfileSection(section, inside.assign(law="attention"), covariance)


def left_out_residuals(
    rows: pd.DataFrame, gpu: GPU, dispatch: Dispatch, held: dict[str, float], alike: Sequence[str] = SHAPE
) -> np.ndarray:
    """Log residual of every row under a fit that saw neither it nor its shape in the other KV type.

    ``held`` names the coefficients that the fit itself did not fit, with their numbers.
    """
    return fold_residuals(
        rows,
        lambda inside: fit_dispatch(inside, gpu, dispatch, held=held),
        lambda fit, outside: predict_fit(fit, outside, gpu, dispatch),
        alike,
    )


def predict(fit: AttentionFit, rows: pd.DataFrame, gpu: GPU) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds by the numbers of a profile, and a mask of launch-bound rows: floor above half of the time."""
    law, kv_dtypes = attention_law(), list(fit.kv_dtypes)
    columns, fallback = attention_columns(rows, gpu, Dispatch(fit.rule, fit.ignores_window))
    case = rows["kv_dtype"].map({name: rank for rank, name in enumerate(kv_dtypes)}).to_numpy(int)
    paths = ("main", "fallback") if fallback.any() else ("main",)
    cases = [law.values_of(_merged(fit, path, kv_dtype)) for path in paths for kv_dtype in kv_dtypes]
    values = np.array(cases).T[:, case + len(kv_dtypes) * fallback]
    time = law.time(columns, values)
    return time * 1e6, law.floor(columns, values) > 0.5 * time


def row_spread(fit: AttentionFit, rows: pd.DataFrame, regime: np.ndarray) -> np.ndarray:
    """Log spread of every row by its KV type and regime, as the profile states it."""
    return np.array([fit.spread[kv_dtype][name] for kv_dtype, name in zip(rows["kv_dtype"], regime, strict=True)])


def held_out_errors(fit: AttentionFit, rows: pd.DataFrame, gpu: GPU) -> dict[str, dict[str, float]]:
    """Errors per KV type and of pairs, in percent, on rows outside the fit."""
    return errors_by_kv_dtype(fit, rows, predict(fit, rows, gpu)[0], gpu) if len(rows) else {}


def errors_by_kv_dtype(
    fit: AttentionFit, rows: pd.DataFrame, predicted: np.ndarray, gpu: GPU
) -> dict[str, dict[str, float]]:
    """Errors of predicted microseconds per KV type of a fit and of pairs, in percent."""
    errors, l2_size = {}, gpu.numbers["l2_size"]
    for kv_dtype in fit.kv_dtypes:
        mask = (rows["kv_dtype"] == kv_dtype).to_numpy()
        errors[kv_dtype] = metrics.attention_errors(rows[mask], predicted[mask], l2_size)
    pairs = metrics.pairs(rows, predicted)
    return errors | ({"pairs": metrics.pair_scores(pairs, l2_size)} if len(pairs) else {})


def _spread_by_regime(rows: pd.DataFrame, residuals: np.ndarray, regime: np.ndarray) -> dict[str, dict[str, float]]:
    spread = {}
    for kv_dtype in sorted(rows["kv_dtype"].unique()):
        mask = (rows["kv_dtype"] == kv_dtype).to_numpy()
        spread[kv_dtype] = spreads(residuals[mask], {name: (regime == name)[mask] for name in REGIMES})
    return spread


def _merged(fit: AttentionFit, path: str, kv_dtype: str) -> dict[str, float]:
    main = {**fit.shared, **fit.main[kv_dtype]}
    return main if path == "main" else {**main, **fit.fallback[kv_dtype]}
