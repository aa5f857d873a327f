"""The constants of an implementation's attention fitted to a few steps: least squares in log space, with priors.

The priors are the constants of the engine's 16-bit kernel, as wide as shipped kernels differ from it. What the rows do not
narrow stays at its prior and is said. Errors are those of leaving one row out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import least_squares

from calibration.steps.law import StepLaw
from costmodel.errors import InputError
from costmodel.formulas import attention as formulas
from costmodel.language.quantity import Coefficient

# Constant → prior log standard deviation. Kernels of one family differ in floors and waves by a factor of two, in what
# a token costs and how far they split by an order of magnitude.
PRIORS = {
    "attention_launch": 0.7, "token_cost": 2.5, "units_to_fill": 1.0, "max_extra_splits": 2.0, "min_split_tokens": 1.0,
    "split_slowdown": 0.2, "occupancy_sharpness": 0.5, "wave_cost": 0.7, "hbm_efficiency": 0.3,
}  # fmt: skip
NEEDED = ("attention_launch", "token_cost", "units_to_fill")  # what no fit can do without
MIDDLE = {"units_to_fill": 1.5, "occupancy_sharpness": 2.0}  # of priors that are not the engine's own constants
SMOOTH = {"wave_quantization": 0.01}  # a few rows do not tell where whole waves jump
MAX_ROWS = 200
TIMING_ERROR = 0.01  # of a step, and of what the profile predicts beside attention
IDENTIFIED = 0.7  # posterior over prior: above it the rows say nothing of a constant
STARTS = ((1.0, 1.0), (4.0, 1.0), (16.0, 1.0), (4.0, 3.0), (16.0, 3.0))  # factors of token cost and of units to fill
COEFFICIENTS = {c.name: c for c in vars(formulas).values() if isinstance(c, Coefficient)}


@dataclass(frozen=True, eq=False)
class StepFit:
    """Constants by name, the covariance of their logs in the order of ``names``, and errors in log units.

    ``kept`` are constants that the rows do not narrow; ``residuals`` are those of the fit, ``left_out`` those of each row
    predicted from the others; ``rule`` is the dispatch that fitted better.
    """

    constants: dict[str, float]
    names: tuple[str, ...]
    covariance: np.ndarray = field(repr=False)
    kept: tuple[str, ...]
    residuals: np.ndarray
    left_out: np.ndarray
    noise: float
    rule: str
    cost: float


def fit_steps(law: StepLaw, seconds: np.ndarray, with_left_out: bool = True, least: int = len(NEEDED) + 1) -> StepFit:
    """The constants of a law's attention from the times of its steps.

    Raises InputError for fewer rows than ``least`` (one more than the constants that every fit needs), or more than a fit
    may see.
    """
    count = len(seconds)
    if count < least:
        raise InputError(
            f"expected at least {least} different steps for {len(NEEDED)} constants ({', '.join(NEEDED)}), got {count}"
        )
    if count > MAX_ROWS:
        raise InputError(f"expected at most {MAX_ROWS} steps, got {count}")
    problem = _Problem(law, np.asarray(seconds, dtype=float))
    theta, cost, jacobian = problem.solve(np.ones(count, dtype=bool), problem.starts())
    covariance, noise, width = problem.covariance(theta, jacobian)
    narrowed = np.sqrt(np.diag(covariance)) / problem.prior_widths < IDENTIFIED
    left_out = np.full(count, np.nan)
    if with_left_out:
        for index in range(count):
            others = np.arange(count) != index
            of_others, _, _ = problem.solve(others, [theta])
            left_out[index] = problem.log_errors(of_others)[index]
    names = problem.names
    return StepFit(
        problem.constants(theta), names, covariance, tuple(n for n, known in zip(names, narrowed, strict=True) if not known),
        problem.log_errors(theta), left_out, noise, law.rule, cost,
    )  # fmt: skip


class _Problem:
    """Residuals of rows and priors over the logs of the constants."""

    def __init__(self, law: StepLaw, seconds: np.ndarray):
        self.law, self.seconds = law, seconds
        self.stated, self.fixed = {**MIDDLE, **law.stated}, {**SMOOTH, **law.stated}
        self.names = tuple(name for name in PRIORS if name not in law.stated)
        bounds = [(COEFFICIENTS[name].low, COEFFICIENTS[name].high) for name in self.names]
        self.low, self.high = (np.log([bound[end] for bound in bounds]) for end in (0, 1))
        self.middle = np.clip(
            np.log([self.stated.get(name, law.prior[name]) for name in self.names]), self.low + 1e-6, self.high - 1e-6
        )
        self.prior_widths = np.array([PRIORS[name] for name in self.names])

    def constants(self, theta: np.ndarray) -> dict[str, float]:
        return {**self.fixed, **dict(zip(self.names, np.exp(theta).tolist(), strict=True))}

    def log_errors(self, theta: np.ndarray) -> np.ndarray:
        return np.log(self.law.time(self.constants(theta)) / self.seconds)

    def residuals(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        errors = self.log_errors(theta)[rows] / TIMING_ERROR
        return np.concatenate([errors, (theta - self.middle) / self.prior_widths])

    def starts(self) -> list[np.ndarray]:
        token, fill = self.names.index("token_cost"), self.names.index("units_to_fill")
        starts = []
        for of_token, of_fill in STARTS:
            start = self.middle.copy()
            start[token] += np.log(of_token)
            start[fill] += np.log(of_fill)
            starts.append(np.clip(start, self.low + 1e-6, self.high - 1e-6))
        return starts

    def solve(self, rows: np.ndarray, starts: list[np.ndarray]) -> tuple[np.ndarray, float, np.ndarray]:
        function: Callable = lambda theta: self.residuals(theta, rows)  # noqa: E731
        solutions = [
            least_squares(function, start, bounds=(self.low, self.high), loss="soft_l1", f_scale=2.0, x_scale="jac")
            for start in starts
        ]
        best = min(solutions, key=lambda solution: solution.cost)
        return best.x, float(best.cost), best.jac

    def covariance(self, theta: np.ndarray, jacobian: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
        """Posterior covariance of the logs, the log noise of a row, and the prior widths."""
        count = len(self.seconds)
        of_rows = _jacobian(self.log_errors, theta)
        prior = np.diag(1 / self.prior_widths**2)
        errors = self.log_errors(theta)
        noise = TIMING_ERROR
        for _ in range(3):
            information = of_rows.T @ of_rows / noise**2
            effective = float(np.trace(np.linalg.solve(information + prior, information)))
            noise = max(TIMING_ERROR, float(np.sqrt((errors**2).sum() / max(count - effective, 1.0))))
        return np.linalg.inv(of_rows.T @ of_rows / noise**2 + prior), noise, self.prior_widths


def _jacobian(function: Callable, theta: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Central differences of a vector function, a column a variable."""
    columns = []
    for index in range(len(theta)):
        shift = np.zeros_like(theta)
        shift[index] = step
        columns.append((function(theta + shift) - function(theta - shift)) / (2 * step))
    return np.stack(columns, axis=1)
