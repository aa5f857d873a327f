"""Which cases share a number: a table of slots from (coefficient, case) to an entry of the fitted vector.

A case is a KV type on a path. ``Coefficient.by`` says what a coefficient may depend on; the fallback path, which few
rows take, shares some of them over KV types, and packs no query heads, so that the cost of a packed head is idle there.
"""

from dataclasses import dataclass, field

import numpy as np

from costmodel.language.quantity import Coefficient

PATHS = ("main", "fallback")
ONE_ON_FALLBACK = {"min_split_tokens", "max_extra_splits", "units_per_sm"}
IDLE_ON_FALLBACK = {"token_cost_doubling_heads", "wave_cost_doubling_heads"}
FALLBACK_START = {"wave_cost": 3e-6, "min_split_tokens": 256.0, "token_cost": 5e-9}


@dataclass(frozen=True)
class Entry:
    """One fitted number: its coefficient and the labels of the cases it serves ("" where it serves all)."""

    coefficient: Coefficient
    kv_dtype: str = ""
    path: str = ""

    @property
    def label(self) -> str:
        """Coefficient, KV type and path in words."""
        return " ".join(word for word in (self.coefficient.name, self.kv_dtype, self.path) if word)


@dataclass
class Slots:
    """``index[coefficient, case]`` is the place in the fitted vector; vectors are logarithms.

    ``fixed`` holds (coefficient name → number) that are not fitted; they stand behind the fitted entries.
    """

    coefficients: list[Coefficient]
    kv_dtypes: tuple[str, ...]
    paths: tuple[str, ...] = ("main",)
    fixed: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        self.entries: list[Entry] = []
        self.index = np.zeros((len(self.coefficients), len(self.kv_dtypes) * len(self.paths)), int)
        places: dict[Entry, int] = {}
        for row, coefficient in enumerate(self.coefficients):
            for column, (path, kv_dtype) in enumerate((p, k) for p in self.paths for k in self.kv_dtypes):
                entry = self._entry(coefficient, kv_dtype, path)
                if entry not in places:
                    places[entry] = len(places)
                self.index[row, column] = places[entry]
        self.entries = list(places)
        self.free = np.array([entry.coefficient.name not in self.fixed for entry in self.entries])

    def _entry(self, coefficient: Coefficient, kv_dtype: str, path: str) -> Entry:
        path = "main" if path == "fallback" and coefficient.name in IDLE_ON_FALLBACK else path
        one = path == "fallback" and coefficient.name in ONE_ON_FALLBACK
        by_kv, by_path = "kv" in coefficient.by and not one, "path" in coefficient.by
        return Entry(coefficient, kv_dtype if by_kv else "", path if by_path else "")

    def case(self, kv_dtype: np.ndarray, fallback: np.ndarray) -> np.ndarray:
        """Column of ``index`` for every row of data."""
        kinds = {name: place for place, name in enumerate(self.kv_dtypes)}
        which = np.array([kinds[name] for name in kv_dtype])
        return which + len(self.kv_dtypes) * np.asarray(fallback, int) * (len(self.paths) > 1)

    def start(self) -> np.ndarray:
        """Logarithms of the numbers that a fit starts from."""
        return np.log([self._start(entry) for entry in self.entries])

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Logarithms of the bounds."""
        low = [entry.coefficient.low for entry in self.entries]
        return np.log(low), np.log([entry.coefficient.high for entry in self.entries])

    def gather(self, logs: np.ndarray, case: np.ndarray) -> np.ndarray:
        """Coefficients as columns: one row a coefficient, one column a row of data."""
        return np.exp(logs)[self.index[:, case]]

    def scatter(self, slopes: np.ndarray, case: np.ndarray) -> np.ndarray:
        """Elasticities by coefficient → Jacobian by entry (rows of data × entries)."""
        jacobian = np.zeros((slopes.shape[1], len(self.entries)))
        np.add.at(jacobian, (np.arange(slopes.shape[1])[None, :], self.index[:, case]), slopes)
        return jacobian

    def _start(self, entry: Entry) -> float:
        coefficient = entry.coefficient
        if coefficient.name in self.fixed:
            return self.fixed[coefficient.name]
        if entry.path == "fallback":
            return FALLBACK_START.get(coefficient.name, coefficient.start)
        return coefficient.start
