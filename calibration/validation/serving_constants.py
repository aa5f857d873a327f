"""What no kernel tells of an engine under load, from a fifth of the deployments of published runs: the others judge it.

Between a request and its first token lies time that is in no pass (network, tokens, queues between processes), and the host
of a server works on every sequence of a step (text, streams); no formula has either. Conditions: requests that the pool
holds, caches and waits as the recipes say, benchmarks of ten requests a slot.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import t as student

from calibration.bench.loop import loop_terms
from calibration.validation.serving_runs import DEPLOYMENT, SET_UP, is_fitted
from costmodel.evaluation.ask.intervals import Z90
from costmodel.evaluation.assemble.deployments import resolve_deployment

MOST_OVERHEAD, MOST_AHEAD, MOST_HOST = 2.0, 16.0, 2e-4  # seconds, prompts, seconds a sequence
COVERAGE = 0.9  # of the errors that an interval is to hold
TERMS = ("served_ttft", "served_step_time", "served_spread", "running")
CONVOY_WAIT = "convoy_wait"  # seconds of the first token for each prompt that a convoy puts ahead of one's own
# Seconds of a token and of the first for each second that the host takes for a sequence.
HOST_TOKEN, HOST_FIRST = "host_token", "host_first"
HOST_TRIAL = 1e-5  # seconds a sequence at which these are taken
MILLI = 1e-3


@dataclass(frozen=True)
class EngineConstants:
    """The fitted numbers of an engine's file: seconds, prompts, and two log errors; ``rows`` runs of ``deployments``."""

    engine: str
    sequence_host_time: float
    request_overhead: float
    prompts_ahead: float
    load_spread: float
    first_token_spread: float
    rows: int
    deployments: int

    def token(self, runs: pd.DataFrame) -> pd.Series:
        """Seconds of an output token of runs ``with_terms``."""
        return runs["served_step_time"] + self.sequence_host_time * runs[HOST_TOKEN]

    def first_token(self, runs: pd.DataFrame) -> pd.Series:
        """Seconds to the first token of such runs."""
        hosted = runs["served_ttft"] + self.sequence_host_time * runs[HOST_FIRST]
        return hosted + self.prompts_ahead * runs[CONVOY_WAIT] + self.request_overhead


def fit_engine(runs: pd.DataFrame, engine: str) -> EngineConstants:
    """The constants of one engine from its runs that are to be fitted to.

    ``runs`` as ``serving_runs`` compares them, of dense models and mixtures together, ``with_terms`` or without.
    """
    rows = runs[(runs["engine"] == engine) & is_fitted(runs)].reset_index(drop=True)
    rows = rows if set(TERMS) <= set(rows) else with_terms(rows)
    rows = rows[rows["concurrency"] <= rows["running"]]
    host = fit_host(rows)
    overhead, ahead = _fit_first_token(rows.assign(served_ttft=rows["served_ttft"] + host * rows[HOST_FIRST]))
    constants = EngineConstants(
        engine, host, overhead, ahead, load_spread=0.0, first_token_spread=0.0,
        rows=len(rows), deployments=len(rows[DEPLOYMENT].drop_duplicates()),
    )  # fmt: skip
    kernels = rows["served_spread"].to_numpy()
    wider = _of_few(constants.deployments)
    load, first = (wider * _beside(error.to_numpy(), kernels) for error in _errors(rows, constants))
    return replace(constants, load_spread=load, first_token_spread=first)


def fit_host(rows: pd.DataFrame) -> float:
    """The host's time for a sequence by which the mean log error of a token is least."""
    measured = rows["tpot_ms"] * MILLI

    def error(host: float) -> float:
        return float(np.abs(np.log((rows["served_step_time"] + host * rows[HOST_TOKEN]) / measured)).mean())

    return float(minimize_scalar(error, bounds=(0.0, MOST_HOST), method="bounded", options={"xatol": 1e-8}).x)


def _fit_first_token(rows: pd.DataFrame) -> tuple[float, float]:
    """The overhead and the prompts ahead by which the mean log error of first tokens is least.

    No prompts where none of the runs goes in a convoy.
    """
    measured = rows["ttft_ms"] * MILLI

    def best_overhead(ahead: float):
        first = rows["served_ttft"] + ahead * rows[CONVOY_WAIT]
        return minimize_scalar(
            lambda overhead: float(np.abs(np.log((first + overhead) / measured)).mean()),
            bounds=(0.0, MOST_OVERHEAD),
            method="bounded",
        )

    ahead = 0.0
    if (rows[CONVOY_WAIT] > 0).any():
        ahead = float(
            minimize_scalar(lambda each: best_overhead(each).fun, bounds=(0.0, MOST_AHEAD), method="bounded").x
        )
    return float(best_overhead(ahead).x), ahead


def _errors(runs: pd.DataFrame, constants: EngineConstants) -> tuple[pd.Series, pd.Series]:
    """Log errors of the time per token and of the first token."""
    token = np.log(constants.token(runs) / (runs["tpot_ms"] * MILLI))
    return token, np.log(constants.first_token(runs) / (runs["ttft_ms"] * MILLI))


def left_out(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Errors on the runs of each value of a column by constants that were fitted without it, percent, one row a value.

    ``runs`` are ``with_terms``. A value without which an engine has no runs to fit to is left to the engine's file: NaN.
    """
    table = {}
    for value, own in runs.groupby(column):
        judged = []
        for engine, rows in own.groupby("engine"):
            others = runs[(runs["engine"] == engine) & (runs[column] != value)]
            if len(others):
                judged.append(_judged(rows, fit_engine(others.reset_index(drop=True), str(engine))))
        together = pd.concat(judged) if judged else None
        table[value] = {"n": len(own)} | (_summary(together) if together is not None else {})
    return pd.DataFrame(table).T.rename_axis(column)


def _judged(rows: pd.DataFrame, constants: EngineConstants) -> pd.DataFrame:
    token, first = _errors(rows, constants)
    held = {
        name: np.abs(error) <= Z90 * np.hypot(rows["served_spread"], spread)
        for name, error, spread in (
            ("tpot", token, constants.load_spread),
            ("ttft", first, constants.first_token_spread),
        )
    }
    return pd.DataFrame(
        {"tpot_error": token, "ttft_error": first, **{f"{name}_held": is_in for name, is_in in held.items()}}
    )


def _summary(judged: pd.DataFrame) -> dict[str, float]:
    summary = {}
    for name in ("tpot", "ttft"):
        error = 100 * np.expm1(judged[f"{name}_error"])
        summary |= {
            f"{name} median": error.abs().median(), f"{name} bias": error.median(),
            f"{name} inside": 100 * judged[f"{name}_held"].mean(),
        }  # fmt: skip
    return summary


def _beside(errors: np.ndarray, kernels: np.ndarray) -> float:
    """The log error that, beside that of the kernels, holds nine in ten of the errors."""
    low, high = 0.0, 5.0
    for _ in range(50):
        middle = (low + high) / 2
        inside = np.abs(errors) <= Z90 * np.hypot(kernels, middle)
        low, high = (low, middle) if inside.mean() >= COVERAGE else (middle, high)
    return high


def _of_few(deployments: int) -> float:
    """By what a spread is widened that so few deployments tell, whose runs err alike: Student's quantile over the normal one."""
    return float(student.ppf((1 + COVERAGE) / 2, max(deployments - 1, 1)) / Z90)


def with_terms(runs: pd.DataFrame, router_variation: float | None = None) -> pd.DataFrame:
    """The runs with ``TERMS`` of the loop without any of the fitted constants, and what each of these adds.

    ``router_variation`` takes the place of what the models' files say.
    """
    columns = {name: np.full(len(runs), np.nan) for name in (*TERMS, CONVOY_WAIT, HOST_TOKEN, HOST_FIRST)}
    places = pd.Series(range(len(runs)), runs.index)
    for _, group in runs.groupby([*DEPLOYMENT, *SET_UP], dropna=False):
        one = group.iloc[0]
        tokens = one["max_num_batched_tokens"]
        deployment = resolve_deployment(
            one["model"], one["gpu"], ranks=one["tp"], expert_ranks=one["ep"], engine=one["engine"],
            attention_groups=one["attention_dp"],
            weight_dtype=one["weight_dtype"], max_num_batched_tokens=None if np.isnan(tokens) else float(tokens),
        )  # fmt: skip
        if router_variation is not None:
            deployment = replace(deployment, model=deployment.model.with_router_variation(router_variation))
        alone, behind, hosted = (
            loop_terms(
                deployment,
                group,
                TERMS,
                one["scheme"],
                request_overhead=0.0,
                prompts_ahead=ahead,
                sequence_host_time=host,
            )
            for ahead, host in ((0.0, 0.0), (1.0, 0.0), (0.0, HOST_TRIAL))
        )
        alone[CONVOY_WAIT] = behind["served_ttft"] - alone["served_ttft"]
        for name, term in ((HOST_TOKEN, "served_step_time"), (HOST_FIRST, "served_ttft")):
            alone[name] = (hosted[term] - alone[term]) / HOST_TRIAL
        for name, values in alone.items():
            columns[name][places[group.index]] = values
    return runs.assign(**columns)
