"""A fit of what the rows identify: numbers that they do not are held at their prior and said, not left at a bound.

A short suite sees few shapes, so that several numbers explain the same times. One after the other, the number whose holding
costs the fit least is held, as long as the cost stays near that of the full fit.
"""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from calibration.data import design
from calibration.data.columns import Dispatch
from calibration.data.shapes import SHAPE
from calibration.fitting.covariance_rows import AT_BOUND, WEAKLY_IDENTIFIED
from calibration.fitting.least_squares import Fit
from calibration.fitting.parameter_layout import HELD_AT
from calibration.kernel_fits.attention import errors_by_kv_dtype, fitted_section, left_out_residuals, predict
from calibration.kernel_fits.attention_law import fit_dispatch
from calibration.kernel_fits.section import ProfileSection
from costmodel.evaluation.ask.intervals import Z90
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import AttentionFit

TOLERANCE = 1.07  # of the full fit's cost, as dispatch rules must earn it
LAUNCH = "attention_launch"
UNSEEN_LAUNCH = math.log(2) / Z90  # log spread of launch-bound calls that no row shows: x or / 2 at 90 %
ALIKE = [name for name in SHAPE if name != "query_heads"]
OWN_DISPATCH = Dispatch("none")  # the project's kernels always pack the query heads of a cached head


def suite_section(rows: pd.DataFrame, gpu: GPU, launch_is_seen: bool = True) -> ProfileSection:
    """The fit of the project's kernel at one head width; ``launch_is_seen`` where short rows show the device's time.

    At most 200 rows are fitted, designed as for all profiles. The kernel packs the query heads of a cached head, so that rows
    which differ in these alone are repeats. Errors are those of every row under a fit that saw none of its repeats: there
    are too few shapes to keep some for errors alone.
    """
    rows = rows.reset_index(drop=True)
    mask = _points(rows, gpu)
    fit = fit_identified(rows[mask].reset_index(drop=True), gpu, () if launch_is_seen else (LAUNCH,))
    section = fitted_section(rows, mask, gpu, OWN_DISPATCH, fit, ALIKE)
    stated = {"held_out": left_out_errors(rows, mask, gpu, section.fit, fit.layout.fixed)}
    if not launch_is_seen:
        spreads = section.fit.spread.items()
        stated["spread"] = {kv_dtype: {**by_regime, "launch": UNSEEN_LAUNCH} for kv_dtype, by_regime in spreads}
    return section._replace(fit=replace(section.fit, **stated))


def left_out_errors(rows: pd.DataFrame, mask: np.ndarray, gpu: GPU, fit: AttentionFit, held: dict[str, float]) -> dict:
    """Errors as a profile states them: fitted rows (``mask``) by folds of whole groups, the others under the fit itself."""
    predicted = np.zeros(len(rows))
    residuals = left_out_residuals(rows[mask].reset_index(drop=True), gpu, OWN_DISPATCH, held, ALIKE)
    predicted[mask] = rows["latency_us"].to_numpy()[mask] * np.exp(residuals)
    if not mask.all():
        predicted[~mask] = predict(fit, rows[~mask].reset_index(drop=True), gpu)[0]
    return errors_by_kv_dtype(fit, rows, predicted, gpu)


def _points(rows: pd.DataFrame, gpu: GPU) -> np.ndarray:
    """Mask of the rows to fit on: whole groups of rows that differ in query heads alone."""
    packed = rows.assign(query_heads=rows["kv_heads"])
    groups = packed.drop_duplicates([*ALIKE, "kv_dtype"]).reset_index(drop=True)
    if len(rows) <= design.BUDGET:
        return np.ones(len(rows), bool)
    budget = design.BUDGET * len(groups) // len(rows)
    chosen = groups[design.attention_points(groups, gpu.numbers["l2_size"], budget=budget)]
    marked = packed[[*ALIKE]].merge(chosen[[*ALIKE]].drop_duplicates().assign(chosen=True), on=[*ALIKE], how="left")
    return marked["chosen"].notna().to_numpy()


def fit_identified(rows: pd.DataFrame, gpu: GPU, held: tuple[str, ...] = ()) -> Fit:
    """The fit with ``held`` and all that the rows do not identify at their priors, as ``layout.fixed`` then lists."""
    fixed: dict[str, float] = {}
    fit = fit_dispatch(rows, gpu, OWN_DISPATCH)
    priors = {c.name: HELD_AT.get(c.name, c.start) for c in fit.law.coefficients}
    fixed |= {name: priors[name] for name in (*held, *_without_information(fit))}
    fit = fit_dispatch(rows, gpu, OWN_DISPATCH, held=fixed)
    limit = TOLERANCE * fit.cost
    while names := _unidentified(fit):
        trials = {name: fit_dispatch(rows, gpu, OWN_DISPATCH, held=fixed | {name: priors[name]}) for name in names}
        name = min(trials, key=lambda name: trials[name].cost)
        if trials[name].cost > limit:
            break
        fixed, fit = fixed | {name: priors[name]}, trials[name]
    return fit


def _without_information(fit: Fit) -> list[str]:
    """Coefficients that no row depends on, in any KV type."""
    return _names(fit, ~np.isfinite(fit.standard_errors()), all)


def _unidentified(fit: Fit) -> list[str]:
    """Coefficients that were fitted, and are weakly identified or at a bound in some KV type."""
    low, high = fit.layout.bounds()
    at_bound = np.minimum(fit.logs - low, high - fit.logs) < AT_BOUND
    return _names(fit, (fit.standard_errors() > WEAKLY_IDENTIFIED) | at_bound, any)


def _names(fit: Fit, marked: np.ndarray, quantifier) -> list[str]:
    marks: dict[str, list[bool]] = {}
    for parameter, mark, free in zip(fit.layout.parameters, marked, fit.layout.free, strict=True):
        if free:
            marks.setdefault(parameter.coefficient.name, []).append(bool(mark))
    return [name for name, of_name in marks.items() if quantifier(of_name)]
