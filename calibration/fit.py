"""Robust least squares on log latency in log coefficients, with the exact Jacobian and a weak prior.

The prior pulls every number towards its start just enough that one which the rows cannot identify stays in range; the
launch is free of it, because the smallest measured latency already tells it. Shapes measured in two KV types also count
with the ratio of the two times: their residuals share most of their variance, so the ratio is known better than either.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from calibration.law import Law
from calibration.ties import Slots

LOSS_SCALE = 0.08
PRIOR = 0.03
PAIR_WEIGHT = 1.0
WANDER = 0.5
SEED = 0
WITHOUT_PRIOR = {"attention_launch", "prefill_launch", "gemm_launch", "reduce_launch", "kernel_floor"}


@dataclass
class Fit:
    """A finished fit: the logarithms of the entries, the cost, and what error estimates need."""

    law: Law
    slots: Slots
    logs: np.ndarray
    cost: float
    jacobian: np.ndarray
    residual: np.ndarray
    weight: np.ndarray
    evaluations: int

    def number(self, coefficient: str, kv_dtype: str = "", path: str = "main") -> tuple[float, float]:
        """A coefficient's number in a case, and the standard error of its logarithm; any KV type where it is shared."""
        slots = self.slots
        row = [c.name for c in slots.coefficients].index(coefficient)
        kind = kv_dtype or slots.kv_dtypes[0]
        place = slots.index[row, slots.case(np.array([kind]), np.array([path == "fallback"]))[0]]
        return float(np.exp(self.logs[place])), float(self.uncertainty()[place])

    def information(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the rows under the robust loss, and the weighted normal matrix with the prior (entries²)."""
        loose = 1 / np.sqrt(1 + (self.residual / LOSS_SCALE) ** 2)
        normal = self.jacobian.T @ (loose[:, None] * self.jacobian) + np.diag(self.weight**2)
        return loose, normal

    def left_out_residuals(self) -> np.ndarray:
        """Log residuals as if each row had been left out of the fit: divided by one minus its leverage."""
        loose, normal = self.information()
        leverage = loose * np.einsum("ij,ji->i", self.jacobian, np.linalg.pinv(normal) @ self.jacobian.T)
        return self.residual / (1 - np.clip(leverage, 0, 0.9))

    def covariance(self) -> np.ndarray:
        """Covariance of the entries' logarithms (entries²), from the residuals' spread; 0 for a fixed entry."""
        _, normal = self.information()
        spread = np.quantile(np.abs(self.residual), 0.9) / 1.645
        free = self.slots.free
        return np.linalg.pinv(normal) * spread**2 * np.outer(free, free)

    def uncertainty(self) -> np.ndarray:
        """Standard error of every entry's logarithm; infinite where rows say nothing."""
        data = np.einsum("ij,ij->j", self.jacobian, self.jacobian)
        variance = np.clip(np.diag(self.covariance()), 0, None)
        return np.where(data < 1e-6, np.inf, np.sqrt(variance))


def fit(
    law: Law,
    slots: Slots,
    columns: dict,
    case: np.ndarray,
    seconds: np.ndarray,
    begin: np.ndarray | None = None,
    starts: int = 1,
    pairs: np.ndarray | None = None,
    seed: int = SEED,
) -> Fit:
    """The best of ``starts`` fits of ``law`` to measured ``seconds``.

    The first starts at ``begin``, the others wander from it. ``pairs`` (n × 2) names rows of one shape in two KV types,
    whose ratio counts too.
    """
    sides = np.zeros((0, 2), int) if pairs is None else pairs
    measured, rng = np.log(seconds), np.random.default_rng(seed)
    low, high = slots.bounds()
    begin = slots.start() if begin is None else begin
    free = slots.free
    names = [entry.coefficient.name for entry in slots.entries]
    weight = np.array([0.0 if name in WITHOUT_PRIOR else PRIOR for name in names])
    memory: dict = {}

    def full(logs):
        whole = begin.copy()
        whole[free] = logs
        return whole

    def evaluated(logs):
        if memory.get("at") != logs.tobytes():
            whole = full(logs)
            time, slopes = law.both(columns, slots.gather(whole, case))
            memory.update(at=logs.tobytes(), residual=np.log(time) - measured, jacobian=slots.scatter(slopes, case))
        return memory["residual"], memory["jacobian"]

    def residual(logs):
        rest = evaluated(logs)[0]
        ratio = PAIR_WEIGHT * (rest[sides[:, 1]] - rest[sides[:, 0]])
        return np.concatenate([rest, ratio, weight[free] * (logs - begin[free])])

    def jacobian(logs):
        slopes = evaluated(logs)[1][:, free]
        ratio = PAIR_WEIGHT * (slopes[sides[:, 1]] - slopes[sides[:, 0]])
        return np.vstack([slopes, ratio, np.diag(weight[free])])

    best = None
    for attempt in range(starts):
        away = 0 if attempt == 0 else rng.normal(0, WANDER, free.sum())
        at = np.clip(begin[free] + away, low[free] + 1e-3, high[free] - 1e-3)
        found = least_squares(
            residual, at, jacobian, loss="soft_l1", f_scale=LOSS_SCALE, bounds=(low[free], high[free]), max_nfev=100
        )
        if best is None or found.cost < best.cost:
            best = found
    rest, slopes = evaluated(best.x)
    return Fit(
        law, slots, full(best.x), float(best.cost), slopes.copy(), rest.copy(), np.where(free, weight, 1e6), best.nfev
    )
