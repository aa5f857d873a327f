"""What no kernel tells of an engine under load, from at most 200 of its published runs: the others judge it.

Between a request and its first token lies time that is in no pass (network, tokens, queues between processes), which no
formula has. Conditions: requests that the pool holds, caches and waits as the recipes say, benchmarks of ten requests a slot.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from calibration.bench.loop import loop_terms
from calibration.validation.serving_runs import DEPLOYMENT, SET_UP, is_fitted
from costmodel.evaluation.ask.intervals import Z90
from costmodel.evaluation.assemble.deployments import resolve_deployment

MOST_OVERHEAD = 2.0  # seconds
COVERAGE = 0.9  # of the errors that an interval is to hold
TERMS = ("served_ttft", "served_step_time", "served_spread", "running")


@dataclass(frozen=True)
class EngineConstants:
    """The fitted numbers of an engine's file: seconds, and two log errors; ``rows`` runs of ``deployments``."""

    engine: str
    request_overhead: float
    load_spread: float
    first_token_spread: float
    rows: int
    deployments: int


def fit_engine(runs: pd.DataFrame, engine: str) -> EngineConstants:
    """The constants of one engine from its runs that are to be fitted to.

    ``runs`` as ``serving_runs`` compares them, of dense models and mixtures together.
    """
    rows = runs[(runs["engine"] == engine) & is_fitted(runs)].reset_index(drop=True)
    terms, measured = _terms(rows), rows["ttft_ms"].to_numpy() / 1e3
    usable, first = rows["concurrency"].to_numpy() <= terms["running"], terms["served_ttft"]

    def loss(overhead: float) -> float:
        return float(np.abs(np.log((first + overhead) / measured)[usable]).mean())

    overhead = float(minimize_scalar(loss, bounds=(0.0, MOST_OVERHEAD), method="bounded").x)
    kernels = terms["served_spread"][usable]
    token = np.log(terms["served_step_time"] * 1e3 / rows["tpot_ms"].to_numpy())[usable]
    spreads = (_beside(errors, kernels) for errors in (token, np.log((first + overhead) / measured)[usable]))
    count = len(rows[usable][DEPLOYMENT].drop_duplicates())
    return EngineConstants(engine, overhead, *spreads, int(usable.sum()), count)


def _beside(errors: np.ndarray, kernels: np.ndarray) -> float:
    """The log error that, beside that of the kernels, holds nine in ten of the errors."""
    low, high = 0.0, 5.0
    for _ in range(50):
        middle = (low + high) / 2
        inside = np.abs(errors) <= Z90 * np.hypot(kernels, middle)
        low, high = (low, middle) if inside.mean() >= COVERAGE else (middle, high)
    return high


def _terms(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """The terms of the loop for every run, without an overhead."""
    columns = {name: np.full(len(rows), np.nan) for name in TERMS}
    for _, group in rows.groupby([*DEPLOYMENT, *SET_UP], dropna=False):
        one = group.iloc[0]
        tokens = one["max_num_batched_tokens"]
        deployment = resolve_deployment(
            one["model"], one["gpu"], ranks=one["tp"], expert_ranks=one["ep"], engine=one["engine"],
            weight_dtype=one["weight_dtype"], max_num_batched_tokens=None if np.isnan(tokens) else float(tokens),
        )  # fmt: skip
        for name, values in loop_terms(deployment, group, TERMS, one["scheme"], request_overhead=0.0).items():
            columns[name][group.index] = values
    return columns
