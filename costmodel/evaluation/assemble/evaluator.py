"""Numbers from formulas, one named term at a time, so that every term stays visible.

All arrays broadcast: leading axes are the caller's (batch, context, points …), the last two are the kinds of layers and the
matrix products, of size 1 where a quantity does not vary along them. A term is computed when it is first asked for.
"""

import numpy as np

from costmodel.errors import UnknownName

AXES = {"layer_group": -2, "product": -1}


class Evaluator:
    """A lazy table of quantities: ``evaluator["step_time"]`` computes that term and every term it stands on, once.

    ``values`` maps input names to arrays with the two trailing axes; ``law`` maps formula names to (function, argument
    names, axes summed over); ``slots`` does so for what a scheme redefines; ``suppliers`` maps names to functions that put
    numbers into ``values`` when one of them is first asked for. Raises UnknownName for a name that none of them knows.
    """

    def __init__(self, values: dict, law: dict, slots: dict | None = None, suppliers: dict | None = None):
        self.values = {name: np.asarray(value, dtype=float) for name, value in values.items()}
        self.law, self.slots, self.suppliers = law, slots or {}, suppliers or {}

    def __getitem__(self, name: str) -> np.ndarray:
        found = self.values.get(name)
        if found is None:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                found = self._computed(name)
        return found

    def _computed(self, name: str) -> np.ndarray:
        """One term and what it stands on; the thousands of look-ups behind a table leave NumPy's settings alone."""
        if name in self.suppliers:
            self.suppliers[name](self)
            return self.values[name]
        step = self.slots.get(name) or self.law.get(name)
        if step is None:
            raise UnknownName("quantity", name, [*self.values, *self.law])
        function, arguments, over = step
        values = self.values
        given = [values[argument] if argument in values else self._computed(argument) for argument in arguments]
        result = np.asarray(function(*given), dtype=float)
        for axis in over:
            result = result.sum(axis=AXES[axis], keepdims=True) if result.ndim >= -AXES[axis] else result
        values[name] = result
        return result

    def extended(self, **more) -> "Evaluator":
        """The same table, everything computed so far kept, with further inputs that nothing so far has used."""
        made = Evaluator({}, self.law, self.slots, self.suppliers)
        made.values = self.values | {name: np.asarray(value, dtype=float) for name, value in more.items()}
        return made


def trailing(values, axis: str | None = None) -> np.ndarray:
    """A scalar or vector as an array with the two trailing axes: along one of them, or as a leading axis."""
    array = np.asarray(values, dtype=float)
    if array.ndim == 0:
        return array.reshape(1, 1)
    if axis == "layer_group":
        return array.reshape(-1, 1)
    if axis == "product":
        return array.reshape(1, -1)
    return array.reshape(*array.shape, 1, 1)
