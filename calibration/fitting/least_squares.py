"""Robust least squares on log latency in log coefficients, with the exact Jacobian and a weak prior.

The prior pulls every number towards its start just enough that one which the rows cannot identify stays in range; the
launch is free of it, because the smallest measured latency already determines it. Shapes measured in two KV types also count
with the ratio of the two times: their residuals share most of their variance, so the ratio is known better than either.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from calibration.fitting.parameter_layout import LAUNCH_COEFFICIENTS, ParameterLayout
from costmodel.evaluation.compile.residual import CompiledLaw

LOSS_SCALE = 0.08
PRIOR = 0.03
PAIR_WEIGHT = 1.0
START_JITTER = 0.5
MAX_EVALUATIONS = 100
BOUND_MARGIN = 1e-3
FIXED_WEIGHT = 1e6  # of the prior on a number that is not fitted
SEED = 0


@dataclass
class Fit:
    """A finished fit: the logarithms of the parameters, the cost, and what error estimates need.

    ``jacobian`` is rows × parameters, ``residual`` the log of predicted over measured per row.
    """

    law: CompiledLaw
    layout: ParameterLayout
    logs: np.ndarray
    cost: float
    jacobian: np.ndarray
    residual: np.ndarray
    weight: np.ndarray
    evaluations: int

    def number(self, coefficient: str, kv_dtype: str = "", path: str = "main") -> float:
        """A coefficient's number in a case, in base units; any KV type where it is shared."""
        return float(np.exp(self.logs[self._index(coefficient, kv_dtype, path)]))

    def standard_error(self, coefficient: str, kv_dtype: str = "", path: str = "main") -> float:
        """Standard error of that number's logarithm; infinite where the rows do not identify it."""
        return float(self.standard_errors()[self._index(coefficient, kv_dtype, path)])

    def _index(self, coefficient: str, kv_dtype: str, path: str) -> int:
        row = [c.name for c in self.layout.coefficients].index(coefficient)
        case = self.layout.case(np.array([kv_dtype or self.layout.kv_dtypes[0]]), np.array([path == "fallback"]))
        return self.layout.index[row, case[0]]

    def time(self, columns, kv_dtype: np.ndarray, fallback: np.ndarray | bool = False) -> np.ndarray:
        """Seconds that the fit predicts for further rows."""
        return self.law.time(columns, self.layout.gather(self.logs, self.layout.case(kv_dtype, fallback)))

    def information(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the rows under the robust loss, and the weighted normal matrix with the prior (parameters²)."""
        loose = 1 / np.sqrt(1 + (self.residual / LOSS_SCALE) ** 2)
        normal = self.jacobian.T @ (loose[:, None] * self.jacobian) + np.diag(self.weight**2)
        return loose, normal

    def leverage_residuals(self) -> np.ndarray:
        """Log residuals as if each row had been left out of the fit: divided by one minus its leverage."""
        loose, normal = self.information()
        leverage = loose * np.einsum("ij,ji->i", self.jacobian, np.linalg.pinv(normal) @ self.jacobian.T)
        return self.residual / (1 - np.clip(leverage, 0, 0.9))

    def covariance(self) -> np.ndarray:
        """Covariance of the parameters' logarithms (parameters²), from the residuals' spread; 0 for a fixed one."""
        _, normal = self.information()
        spread = np.quantile(np.abs(self.residual), 0.9) / 1.645
        free = self.layout.free
        return np.linalg.pinv(normal) * spread**2 * np.outer(free, free)

    def standard_errors(self) -> np.ndarray:
        """Standard error of every parameter's logarithm; infinite where the rows do not identify it."""
        sensitivity = np.einsum("ij,ij->j", self.jacobian, self.jacobian)
        variance = np.clip(np.diag(self.covariance()), 0, None)
        return np.where(sensitivity < 1e-6, np.inf, np.sqrt(variance))


def fit_law(
    law: CompiledLaw,
    layout: ParameterLayout,
    columns,
    case: np.ndarray,
    seconds: np.ndarray,
    start: np.ndarray | None = None,
    starts: int = 1,
    pairs: np.ndarray | None = None,
    seed: int = SEED,
) -> Fit:
    """The best of ``starts`` fits of ``law`` to measured ``seconds``.

    ``columns`` maps the law's inputs to columns, ``case`` is the column of the layout for every row. The first fit begins
    at ``start`` (logarithms of all parameters), the others at a random distance from it. ``pairs`` (n × 2) names rows of one
    shape in two KV types, whose ratio counts too.
    """
    problem = _Problem(law, layout, columns, case, np.log(seconds), layout.start() if start is None else start, pairs)
    rng, free, (low, high) = np.random.default_rng(seed), layout.free, layout.bounds()
    best = None
    for attempt in range(starts):
        jitter = 0 if attempt == 0 else rng.normal(0, START_JITTER, free.sum())
        begin = np.clip(problem.start[free] + jitter, low[free] + BOUND_MARGIN, high[free] - BOUND_MARGIN)
        solution = least_squares(
            problem.residual,
            begin,
            problem.jacobian,
            loss="soft_l1",
            f_scale=LOSS_SCALE,
            bounds=(low[free], high[free]),
            max_nfev=MAX_EVALUATIONS,
        )
        if best is None or solution.cost < best.cost:
            best = solution
    residual, slopes = problem.evaluate(best.x)
    weight = np.where(free, problem.weight, FIXED_WEIGHT)
    logs = problem.all_logs(best.x)
    return Fit(law, layout, logs, float(best.cost), slopes.copy(), residual.copy(), weight, best.nfev)


class _Problem:
    """Residuals and Jacobian of one fit over the free parameters; the last point evaluated is remembered."""

    def __init__(self, law, layout, columns, case, log_seconds, start, pairs):
        self.law, self.layout, self.columns, self.case = law, layout, columns, case
        self.log_seconds, self.start = log_seconds, start
        self.pairs = np.zeros((0, 2), int) if pairs is None else pairs
        names = [parameter.coefficient.name for parameter in layout.parameters]
        self.weight = np.array([0.0 if name in LAUNCH_COEFFICIENTS else PRIOR for name in names])
        self._last: tuple = (None, None, None)

    def all_logs(self, logs: np.ndarray) -> np.ndarray:
        """The logarithms of all parameters, the fixed ones at their start."""
        complete = self.start.copy()
        complete[self.layout.free] = logs
        return complete

    def evaluate(self, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log residuals of the rows, and their Jacobian over all parameters."""
        key = logs.tobytes()
        if self._last[0] != key:
            values = self.layout.gather(self.all_logs(logs), self.case)
            time, slopes = self.law.time_and_elasticities(self.columns, values)
            self._last = (key, np.log(time) - self.log_seconds, self.layout.scatter(slopes, self.case))
        return self._last[1:]

    def residual(self, logs: np.ndarray) -> np.ndarray:
        """Rows, ratios of pairs, and the prior."""
        rows, free = self.evaluate(logs)[0], self.layout.free
        ratios = PAIR_WEIGHT * (rows[self.pairs[:, 1]] - rows[self.pairs[:, 0]])
        return np.concatenate([rows, ratios, self.weight[free] * (logs - self.start[free])])

    def jacobian(self, logs: np.ndarray) -> np.ndarray:
        """The derivative of ``residual`` by the free parameters."""
        free = self.layout.free
        slopes = self.evaluate(logs)[1][:, free]
        ratios = PAIR_WEIGHT * (slopes[self.pairs[:, 1]] - slopes[self.pairs[:, 0]])
        return np.vstack([slopes, ratios, np.diag(self.weight[free])])
