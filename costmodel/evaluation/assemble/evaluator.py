"""Numbers from formulas, one named term at a time, so that every term stays visible.

All arrays broadcast: leading axes are the caller's (batch, context, points …), the last two are the kinds of layers and the
matrix products (``axes``). A term is computed when it is first asked for.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import numpy as np

from costmodel.errors import UnknownName
from costmodel.evaluation.compile.dependence import MODEL_AXES

Provider = Callable[["Evaluator"], Mapping[str, np.ndarray]]


class Constants(Protocol):
    """Terms that were computed before, for every workload (``constant_terms``)."""

    def __contains__(self, name: str, /) -> bool: ...

    def __getitem__(self, name: str, /) -> np.ndarray: ...

    def has_any(self, names: Iterable[str], /) -> bool:
        """Whether one of the names is among them."""
        ...


class Evaluator:
    """A lazy mapping of quantities: ``evaluator["step_time"]`` computes that term and every term it stands on, once.

    ``inputs`` maps input names to arrays with the two model axes; ``formulas`` maps names to (function, argument names, axes
    summed over); ``slots`` does so for what a scheme redefines; ``providers`` maps names to functions that return the
    numbers of several names at once, called when one of these is first asked for; ``constants`` has terms that no workload
    reaches. Raises UnknownName for a name that none of them knows. What was computed is kept in ``values``; the inputs
    themselves are never changed.
    """

    def __init__(
        self,
        inputs: Mapping,
        formulas: Mapping,
        slots: Mapping | None = None,
        providers: Mapping[str, Provider] | None = None,
        constants: Constants | None = None,
    ):
        self.values = {name: np.asarray(value, dtype=float) for name, value in inputs.items()}
        self.formulas, self.slots, self.providers = formulas, slots or {}, providers or {}
        self.constants = constants

    def __getitem__(self, name: str) -> np.ndarray:
        value = self.values.get(name)
        if value is None:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                value = self._compute(name)
        return value

    def _compute(self, name: str) -> np.ndarray:
        """One term and what it stands on; the thousands of look-ups behind a table leave NumPy's settings alone."""
        if self.constants is not None and name in self.constants:
            value = self.values[name] = self.constants[name]
            return value
        if name in self.providers:
            for provided, value in self.providers[name](self).items():
                self.values.setdefault(provided, value)  # what a caller states is not replaced
            return self.values[name]
        step = self.slots.get(name) or self.formulas.get(name)
        if step is None:
            raise UnknownName("quantity", name, [*self.values, *self.formulas])
        function, arguments, over = step
        values = self.values
        operands = [values[argument] if argument in values else self._compute(argument) for argument in arguments]
        term = np.asarray(function(*operands), dtype=float)
        for axis in over:
            term = term.sum(axis=MODEL_AXES[axis], keepdims=True) if term.ndim >= -MODEL_AXES[axis] else term
        values[name] = term
        return term

    def with_inputs(self, **inputs) -> "Evaluator":
        """A copy with further inputs that nothing computed so far has used; what was computed is kept."""
        is_restated = self.constants is not None and self.constants.has_any(inputs)
        constants = None if is_restated else self.constants
        copy = Evaluator({}, self.formulas, self.slots, self.providers, constants)
        copy.values = self.values | {name: np.asarray(value, dtype=float) for name, value in inputs.items()}
        return copy
