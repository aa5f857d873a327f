"""Which path of a kernel a call takes: the rule that the profile names, asked of the call's own numbers.

The rules are formulas (``formulas.dispatch``), so that whole steps, single kernel calls and fits all decide alike.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.profiles import Parameters


class Quantities(Protocol):
    """What gives the numbers of a quantity by its name: an evaluator, a mapping."""

    def __getitem__(self, name: str, /) -> np.ndarray: ...


def takes_fallback(rule: str, quantities: Quantities) -> np.ndarray:
    """Where that rule sends a call to the fallback path: a mask over the axes of what the rule looks at."""
    function, arguments, _ = load_formulas().rules[rule]
    return np.asarray(function(*(quantities[name] for name in arguments)), dtype=bool)


def fallback_by_layer(quantities: Quantities, kernels: Sequence[Parameters]) -> np.ndarray:
    """The same for every kind of layer under the rule of its own kernel, along the axis of the kinds of layers."""
    masks = []
    for index, kernel in enumerate(kernels):
        mask = takes_fallback(kernel.rule, _Layer(quantities, index))
        masks.append(np.broadcast_to(mask, np.broadcast_shapes(mask.shape, (1, 1))))
    return np.concatenate(np.broadcast_arrays(*masks), axis=-2) if len(masks) > 1 else masks[0]


class _Layer:
    """The quantities of one kind of layer."""

    def __init__(self, quantities: Quantities, index: int):
        self._quantities, self._index = quantities, index

    def __getitem__(self, name: str) -> np.ndarray:
        array = np.asarray(self._quantities[name])
        varies = array.ndim > 1 and array.shape[-2] > 1
        return array[..., self._index : self._index + 1, :] if varies else array
