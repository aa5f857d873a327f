"""Exact elasticities of any quantity: the chain rule over the formulas' own graph, backwards from a target.

Partial derivatives are SymPy's, of one formula at a time, compiled when first asked for; nothing is perturbed. For single
points and what asks about them: sweeps do not pay for it.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import numpy as np
import sympy as sp

from costmodel.evaluation.compile import pipeline
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.evaluation.compile.dependence import MODEL_AXES
from costmodel.evaluation.compile.graph import Node, walk
from costmodel.language.kernels import KERNELS
from costmodel.language.quantity import Formula, Quantity, lookup_quantity, symbols_of


class Quantities(Protocol):
    """What holds numbers by name, inputs among them: an evaluator."""

    @property
    def values(self) -> Mapping[str, np.ndarray]:
        """The numbers that are there already."""
        ...

    @property
    def providers(self) -> Mapping[str, Callable]:
        """What supplies further numbers, by name."""
        ...

    def __getitem__(self, name: str) -> np.ndarray: ...


def elasticities(quantities: Quantities, scheme: Scheme, target: str, leaves: Iterable[str]) -> dict[str, np.ndarray]:
    """d ln target / d ln leaf at every place of the target and of the leaf, both with the two model axes.

    ``leaves`` are inputs or coefficients that ``quantities`` holds numbers for; one that the target does not depend on is 0.
    """
    slots, leaves = pipeline.slots(scheme.spec)[0], set(leaves)
    inputs = [quantity for quantity in _available(quantities) if not isinstance(quantity, Formula)]
    nodes = walk([lookup_quantity(target)], slots, inputs)
    value = quantities[target]
    reaching = _reaching(nodes, leaves)
    adjoints: dict[str, np.ndarray] = {target: np.ones_like(value)}
    for name, node in reversed(nodes.items()):
        adjoint = adjoints.pop(name, None) if name in reaching else None
        if adjoint is None:
            continue
        if node.over:  # every place along a summed axis counts alike
            shape = np.broadcast_shapes(adjoint.shape, *(quantities[read].shape for read in node.reads))
            wide = list(shape)
            for axis in set(MODEL_AXES) - set(node.over):
                wide[MODEL_AXES[axis]] = adjoint.shape[MODEL_AXES[axis]]
            adjoint = np.broadcast_to(adjoint, wide)
        for symbol in symbols_of(node.definition):
            if symbol.name in reaching:
                slope = _partial(node.definition, symbol)(quantities) * adjoint
                folded = _sum_to_shape(slope, quantities[symbol.name].shape)
                adjoints[symbol.name] = adjoints.get(symbol.name, 0.0) + folded
    return {leaf: adjoints.get(leaf, np.zeros_like(quantities[leaf])) * quantities[leaf] / value for leaf in leaves}


def _available(quantities: Quantities) -> list[Quantity]:
    names = (*quantities.values, *quantities.providers)
    return [lookup_quantity(name) for name in names if not name.startswith("knob")]


def _reaching(nodes: Mapping[str, Node], leaves: set[str]) -> set[str]:
    """Names of the leaves and of all formulas that depend on one."""
    names = set(leaves)
    for name, node in nodes.items():
        if any(read in names for read in node.reads):
            names.add(name)
    return names


@functools.cache
def _partial(definition: sp.Expr, symbol: sp.Symbol) -> Callable[[Quantities], np.ndarray]:
    slope = sp.diff(definition, symbol)
    arguments = symbols_of(slope)
    function = sp.lambdify(arguments, slope, modules=[KERNELS, "numpy"], cse=True)

    def evaluate(quantities: Quantities) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.nan_to_num(function(*(quantities[argument.name] for argument in arguments)))

    return evaluate


def _sum_to_shape(slope, shape: tuple[int, ...]) -> np.ndarray:
    """A slope summed over the axes along which its quantity does not vary."""
    slope = np.asarray(slope, dtype=float)
    slope = slope.reshape((1,) * (len(shape) - slope.ndim) + slope.shape)
    extra = slope.ndim - len(shape)
    slope = slope.sum(axis=tuple(range(extra))) if extra else slope
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 and slope.shape[axis] > 1)
    slope = slope.sum(axis=axes, keepdims=True) if axes else slope
    return np.broadcast_to(slope, np.broadcast_shapes(slope.shape, shape))
