"""Which cases share a number: a table from (coefficient, case) to an index of the fitted vector.

A case is a KV type on a path. ``Coefficient.by`` states what a coefficient may depend on; the fallback path, which few
rows take, shares some of them over KV types, and packs no query heads, so that the cost of a packed head is idle there.
"""

from dataclasses import dataclass, field

import numpy as np

from costmodel.language.quantity import Coefficient

PATHS = ("main", "fallback")
SHARED_ON_FALLBACK = {"min_split_tokens", "max_extra_splits", "units_per_sm"}
IDLE_ON_FALLBACK = {"token_cost_doubling_heads", "wave_cost_doubling_heads"}
FALLBACK_STARTS = {"wave_cost": 3e-6, "min_split_tokens": 256.0, "token_cost": 5e-9}
# Where a coefficient is held that rows do not identify, if not at its start: no stream beats the datasheet's bandwidth.
HELD_AT = {"hbm_efficiency": 1.0}
# What even the smallest call takes: the smallest latency measured is where a fit of these starts.
LAUNCH_COEFFICIENTS = {"attention_launch", "prefill_launch", "gemm_launch", "reduce_launch", "kernel_floor"}
LAUNCH_COEFFICIENTS |= {"grouped_launch"}
START_MARGIN = 0.1  # distance in logarithms that a start keeps from its bounds


@dataclass(frozen=True)
class FittedParameter:
    """One fitted number: its coefficient and the labels of the cases it serves ("" where it serves all)."""

    coefficient: Coefficient
    kv_dtype: str = ""
    path: str = ""

    @property
    def label(self) -> str:
        """Coefficient, KV type and path, separated by blanks."""
        return " ".join(filter(None, (self.coefficient.name, self.kv_dtype, self.path)))


@dataclass
class ParameterLayout:
    """``index[coefficient, case]`` is an index of the fitted vector; vectors are logarithms.

    ``fixed`` holds (coefficient name → number) that are not fitted; they keep their index among the fitted ones.
    """

    coefficients: list[Coefficient]
    kv_dtypes: tuple[str, ...]
    paths: tuple[str, ...] = ("main",)
    fixed: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        self.index = np.zeros((len(self.coefficients), len(self.kv_dtypes) * len(self.paths)), int)
        indices: dict[FittedParameter, int] = {}
        for row, coefficient in enumerate(self.coefficients):
            for column, (path, kv_dtype) in enumerate((p, k) for p in self.paths for k in self.kv_dtypes):
                parameter = self._parameter(coefficient, kv_dtype, path)
                self.index[row, column] = indices.setdefault(parameter, len(indices))
        self.parameters = list(indices)
        self.free = np.array([parameter.coefficient.name not in self.fixed for parameter in self.parameters])

    def _parameter(self, coefficient: Coefficient, kv_dtype: str, path: str) -> FittedParameter:
        path = "main" if path == "fallback" and coefficient.name in IDLE_ON_FALLBACK else path
        is_shared = path == "fallback" and coefficient.name in SHARED_ON_FALLBACK
        by_kv_dtype, by_path = "kv" in coefficient.by and not is_shared, "path" in coefficient.by
        return FittedParameter(coefficient, kv_dtype if by_kv_dtype else "", path if by_path else "")

    def case(self, kv_dtype: np.ndarray, fallback: np.ndarray | bool = False) -> np.ndarray:
        """Column of ``index`` for every row of data."""
        ranks = {name: rank for rank, name in enumerate(self.kv_dtypes)}
        rank = np.array([ranks[name] for name in kv_dtype])
        return rank + len(self.kv_dtypes) * np.asarray(fallback, int) * (len(self.paths) > 1)

    def start(self) -> np.ndarray:
        """Logarithms of the numbers that a fit starts from."""
        return np.log([self._start(parameter) for parameter in self.parameters])

    def start_at_latencies(self, seconds: np.ndarray, kv_dtype: np.ndarray | None = None) -> np.ndarray:
        """``start`` with every launch at the smallest latency of its KV type, a margin inside its bounds.

        ``seconds`` are measured latencies and ``kv_dtype`` their KV types, None where there are none.
        """
        start, (low, high) = self.start(), self.bounds()
        for index, parameter in enumerate(self.parameters):
            if parameter.coefficient.name in LAUNCH_COEFFICIENTS - set(self.fixed):
                latencies = seconds[kv_dtype == parameter.kv_dtype] if parameter.kv_dtype else seconds
                start[index] = np.clip(np.log(latencies.min()), low[index] + START_MARGIN, high[index] - START_MARGIN)
        return start

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Logarithms of the lower and of the upper bounds."""
        low = [parameter.coefficient.low for parameter in self.parameters]
        return np.log(low), np.log([parameter.coefficient.high for parameter in self.parameters])

    def gather(self, logs: np.ndarray, case: np.ndarray) -> np.ndarray:
        """Coefficients as columns: one row per coefficient, one column per row of data."""
        return np.exp(logs)[self.index[:, case]]

    def scatter(self, slopes: np.ndarray, case: np.ndarray) -> np.ndarray:
        """Elasticities by coefficient (coefficients × rows of data) → Jacobian (rows of data × parameters)."""
        jacobian = np.zeros((slopes.shape[1], len(self.parameters)))
        np.add.at(jacobian, (np.arange(slopes.shape[1])[None, :], self.index[:, case]), slopes)
        return jacobian

    def _start(self, parameter: FittedParameter) -> float:
        coefficient = parameter.coefficient
        if coefficient.name in self.fixed:
            return self.fixed[coefficient.name]
        if parameter.path == "fallback":
            return FALLBACK_STARTS.get(coefficient.name, coefficient.start)
        return coefficient.start
