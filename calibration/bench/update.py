"""Constants of an engine from runs of its own server: the shipped values are the prior, the runs the likelihood.

Two constants move: the host's time of a step, and a request's time outside all passes. A run's token and first token are off
by the log errors of a load, which the runs then narrow or widen. Conditions: runs that the pool holds, one engine.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from calibration.bench.loop import loop_terms
from costmodel.errors import InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts import engines
from costmodel.facts.deployment import Deployment

CONSTANTS = ("step_host_time", "request_overhead")
PRIOR_HOST = 1e-3  # seconds: how far a step's host time may lie above the shipped one, before anything was measured
PRIOR_OVERHEAD = 1.0  # log error of the shipped overhead
LEAST_OVERHEAD = 1e-3  # seconds
PRIOR_RUNS = 8.0  # runs that the shipped log errors count as
TERMS = ("served_step_time", "served_ttft", "served_tpot_spread", "served_ttft_spread", "running")
KEYS = ("model", "gpu", "tp", "weight_dtype", "scheme")


@dataclass(frozen=True)
class Updated:
    """``shipped`` and ``constants`` by name, with the log errors of a load; errors of both times of every run, before and after.

    ``errors`` has columns tpot_before, tpot_after, ttft_before, ttft_after: log of predicted over measured.
    """

    engine: str
    shipped: dict[str, float]
    constants: dict[str, float]
    errors: pd.DataFrame
    left_out: int


def update(runs: pd.DataFrame, engine: str) -> Updated:
    """The constants of an engine after so many runs, a table with concurrency, prompt_len, gen_len, tpot_ms, ttft_ms and KEYS.

    Raises InputError for fewer than two runs that the pool holds.
    """
    _check_times(runs)
    groups = _groups(runs, engine)
    shipped = groups[0][0].engine.numbers
    prior = np.array([float(shipped[name]) for name in CONSTANTS])
    measured = np.log(np.concatenate([group[["tpot_ms", "ttft_ms"]].to_numpy(float) for _, group in groups]))
    before, spreads, held = _predicted(groups, prior)
    if held.sum() < 2:
        raise InputError(f"expected at least 2 runs of {engine} that the pool holds, got {int(held.sum())}")

    def loss(place: np.ndarray) -> float:
        host, overhead = np.abs(place[0]), np.exp(place[1])
        after, _, _ = _predicted(groups, np.array([prior[0] + host, overhead]))
        far = (((after - measured) / spreads)[held] ** 2).sum()
        return float(far + (host / PRIOR_HOST) ** 2 + ((place[1] - _log(prior[1])) / PRIOR_OVERHEAD) ** 2)

    found = minimize(
        loss, [PRIOR_HOST / 10, _log(prior[1])], method="Nelder-Mead", options={"xatol": 1e-6, "maxiter": 200}
    )
    constants = np.array([prior[0] + abs(found.x[0]), np.exp(found.x[1])])
    after, _, _ = _predicted(groups, constants)
    errors = np.column_stack([(before - measured)[held], (after - measured)[held]])
    table = pd.DataFrame(errors[:, [0, 2, 1, 3]], columns=["tpot_before", "tpot_after", "ttft_before", "ttft_after"])
    values = dict(zip(CONSTANTS, map(float, constants), strict=True))
    for name, column in (("load_spread", "tpot_after"), ("first_token_spread", "ttft_after")):
        values[name] = _spread(float(shipped[name]), table[column].to_numpy())
    stated = {name: float(shipped[name]) for name in values}
    return Updated(groups[0][0].engine.id, stated, values, table, int((~held).sum()))


def _check_times(runs: pd.DataFrame) -> None:
    """InputError for a time that is none, naming its row."""
    for name in ("tpot_ms", "ttft_ms"):
        times = pd.to_numeric(runs[name], errors="coerce").to_numpy(float)
        if not (fine := np.isfinite(times) & (times > 0)).all():
            row = int(np.argmin(fine))
            raise InputError(f"row {row + 1}: {name}: expected milliseconds above 0, got {runs[name].iloc[row]}")


def _log(seconds: float) -> float:
    return float(np.log(max(seconds, LEAST_OVERHEAD)))


def _spread(shipped: float, errors: np.ndarray) -> float:
    """The log error after these: an inverse gamma law whose prior counts as some runs."""
    return float(np.sqrt((PRIOR_RUNS * shipped**2 + (errors**2).sum()) / (PRIOR_RUNS + errors.size)))


def _groups(runs: pd.DataFrame, engine: str) -> list[tuple[Deployment, pd.DataFrame]]:
    """The runs of each set-up, with its deployment."""
    frame = runs.assign(**{key: None for key in KEYS if key not in runs})
    groups = []
    for key, group in frame.groupby(list(KEYS), dropna=False, sort=False):
        stated = {name: None if pd.isna(value) else value for name, value in zip(KEYS, key, strict=True)}
        deployment = resolve_deployment(
            str(stated["model"]), str(stated["gpu"]), ranks=None if stated["tp"] is None else float(stated["tp"]), engine=engine,
            weight_dtype=stated["weight_dtype"],
        )  # fmt: skip
        # An earlier update is no prior of what may be the same runs.
        deployment = deployment.with_options(engine=engines.load_shipped(deployment.engine.id, deployment.gpu))
        groups.append((deployment, group.assign(scheme=stated["scheme"] or "none").reset_index(drop=True)))
    return groups


def _predicted(groups, constants: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logs of both times in milliseconds and their log errors, two columns each, and which runs the pool holds."""
    times, spreads, held = [], [], []
    for deployment, group in groups:
        chosen = dict(zip(CONSTANTS, map(float, constants), strict=True))
        tpot, ttft, *spread, running = loop_terms(deployment, group, TERMS, group["scheme"].iloc[0], **chosen).values()
        times.append(np.log(1e3 * np.column_stack([tpot, ttft])))
        spreads.append(np.column_stack(spread))
        held.append(group["concurrency"].to_numpy(float) <= running)
    return np.concatenate(times), np.concatenate(spreads), np.concatenate(held)
