"""A formula of the model made ready for fitting: its value and its exact elasticities, compiled together.

The formula is the project's own, unfolded; nothing is retyped here. Elasticities (d ln t / d ln coefficient) come from
SymPy and are what least squares in logarithms needs.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import sympy as sp

from costmodel.errors import InputError
from costmodel.evaluation.compile.graph import unfold
from costmodel.language.kernels import KERNELS
from costmodel.language.quantity import Coefficient, Formula, catalogue, symbols_of

MODULES = [KERNELS, "numpy"]


class CompiledLaw:
    """Time of one kernel call as a function of shape columns and coefficient columns.

    ``keep`` names formulas that are supplied as columns instead of being unfolded; ``conditions`` fixes inputs that the
    measurement holds constant; ``floor`` is the part of the time that does not overlap, where it is used.
    """

    def __init__(
        self,
        time: Formula,
        keep: Iterable[Formula] = (),
        conditions: Mapping | None = None,
        floor: Formula | None = None,
    ):
        expression, floor_expression = (
            unfold(formula, keep).xreplace(conditions or {}) for formula in (time, floor or time)
        )
        order = {name: rank for rank, name in enumerate(catalogue)}
        ranked = sorted(symbols_of(expression), key=lambda symbol: order[symbol.name])
        self.name = time.name
        self.coefficients: list[Coefficient] = [symbol for symbol in ranked if isinstance(symbol, Coefficient)]
        inputs = [symbol for symbol in ranked if not isinstance(symbol, Coefficient)]
        self.inputs = [symbol.name for symbol in inputs]
        arguments = [*inputs, *self.coefficients]
        elasticities = [c * sp.diff(expression, c) / expression for c in self.coefficients]
        self._time = sp.lambdify(arguments, expression, modules=MODULES, cse=True)
        self._floor = sp.lambdify(arguments, floor_expression, modules=MODULES, cse=True)
        self._time_and_elasticities = sp.lambdify(arguments, [expression, *elasticities], modules=MODULES, cse=True)

    def time(self, columns: Mapping, values: np.ndarray) -> np.ndarray:
        """Seconds, one per row; ``values`` has one row per coefficient and one column (or one in all) per row of data."""
        return self._evaluate(self._time, columns, values)

    def floor(self, columns: Mapping, values: np.ndarray) -> np.ndarray:
        """Seconds of the part that does not overlap, one per row."""
        return self._evaluate(self._floor, columns, values)

    def time_and_elasticities(self, columns: Mapping, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Seconds (rows), and elasticities (coefficients × rows)."""
        with np.errstate(all="ignore"):
            time, *slopes = self._time_and_elasticities(*(columns[name] for name in self.inputs), *values)
        return time, np.array([np.broadcast_to(slope, np.shape(time)) for slope in slopes], dtype=float)

    def values_of(self, table: Mapping[str, float]) -> list[float]:
        """The law's coefficients out of a table by name, in the law's order; InputError naming those that the table lacks."""
        if missing := [coefficient.name for coefficient in self.coefficients if coefficient.name not in table]:
            raise InputError(f"the profile's table for {self.name} lacks {', '.join(missing)}")
        return [table[coefficient.name] for coefficient in self.coefficients]

    def _evaluate(self, function, columns: Mapping, values: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(function(*(columns[name] for name in self.inputs), *values), dtype=float)
