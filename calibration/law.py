"""A formula of the model made ready for fitting: its value and its exact elasticities, compiled together.

The formula is the project's own, unfolded; nothing is retyped here. Elasticities (d ln t / d ln coefficient) come from
SymPy and are what least squares in logarithms needs.
"""

from collections.abc import Iterable

import numpy as np
import sympy as sp

from costmodel.evaluation.compile.graph import plain
from costmodel.language.kernels import KERNELS
from costmodel.language.quantity import Coefficient, Formula, catalogue

MODULES = [KERNELS, "numpy"]


class Law:
    """Time of one kernel call as a function of shape columns and coefficient columns.

    ``keep`` names formulas that are supplied as columns instead of being unfolded; ``conditions`` fixes inputs that the
    measurement holds constant; ``floor`` is the part of the time that does not overlap, where somebody asks for it.
    """

    def __init__(
        self, time: Formula, keep: Iterable = (), conditions: dict | None = None, floor: Formula | None = None
    ):
        expression, at_rest = (plain(f.expanded(keep=keep)).xreplace(conditions or {}) for f in (time, floor or time))
        symbols = expression.free_symbols
        order = {name: place for place, name in enumerate(catalogue)}
        ranked = sorted(symbols, key=lambda symbol: order[symbol.name])
        self.name = time.name
        self.coefficients: list[Coefficient] = [s for s in ranked if isinstance(s, Coefficient)]
        self.inputs = [s.name for s in ranked if not isinstance(s, Coefficient)]
        arguments = [*(s for s in ranked if not isinstance(s, Coefficient)), *self.coefficients]
        elasticities = [c * sp.diff(expression, c) / expression for c in self.coefficients]
        self._time = sp.lambdify(arguments, expression, modules=MODULES, cse=True)
        self._floor = sp.lambdify(arguments, at_rest, modules=MODULES, cse=True)
        self._both = sp.lambdify(arguments, [expression, *elasticities], modules=MODULES, cse=True)

    def time(self, columns: dict, values: np.ndarray) -> np.ndarray:
        """Seconds, one a row; ``values`` has one row a coefficient and one column (or one in all) a row of data."""
        return self._evaluated(self._time, columns, values)

    def floor(self, columns: dict, values: np.ndarray) -> np.ndarray:
        """Seconds of the part that does not overlap."""
        return self._evaluated(self._floor, columns, values)

    def both(self, columns: dict, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Seconds, and elasticities with one row a coefficient."""
        with np.errstate(all="ignore"):
            time, *slopes = self._both(*(columns[name] for name in self.inputs), *values)
        return time, np.array([np.broadcast_to(slope, np.shape(time)) for slope in slopes], dtype=float)

    def _evaluated(self, function, columns: dict, values: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(function(*(columns[name] for name in self.inputs), *values), dtype=float)
