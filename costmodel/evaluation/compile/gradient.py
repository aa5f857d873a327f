"""Exact elasticities of any quantity of a table: the chain rule over the formulas' own graph, backwards from a target.

Partial derivatives are SymPy's, of one formula at a time, compiled when first asked for; nothing is perturbed. For single
points and what asks about them: sweeps do not pay for it.
"""

import functools
from collections.abc import Iterable

import numpy as np
import sympy as sp

from costmodel.evaluation.assemble.axes import AXES
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile import pipeline
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.evaluation.compile.graph import plain
from costmodel.language.kernels import KERNELS
from costmodel.language.quantity import Formula, Total, chain, lookup_quantity


def elasticities(made: Evaluator, scheme: Scheme, target: str, leaves: Iterable[str]) -> dict[str, np.ndarray]:
    """d ln target / d ln leaf at every place of the target and of the leaf, both with the two trailing axes.

    A leaf is an input or a coefficient that ``made`` holds a number for; one that the target does not depend on is 0.
    """
    slots, leaves = pipeline.slots(scheme.spec)[0], set(leaves)
    steps = chain([lookup_quantity(target)], slots, [q for q in _known(made) if not isinstance(q, Formula)])
    value = made[target]
    reaching = _reaching(steps, leaves)
    adjoint: dict[str, np.ndarray] = {target: np.ones_like(value)}
    for quantity, definition in reversed(steps.items()):
        above = adjoint.pop(quantity.name, None) if quantity.name in reaching else None
        if above is None:
            continue
        if isinstance(quantity, Total):  # every place along a summed axis counts alike
            shape = np.broadcast_shapes(above.shape, *(made[s.name].shape for s in plain(definition).free_symbols))
            keep = list(shape)
            for axis in set(AXES) - set(quantity.over):
                keep[AXES[axis]] = above.shape[AXES[axis]]
            above = np.broadcast_to(above, keep)
        for symbol in sorted(plain(definition).free_symbols, key=str):
            if symbol.name in reaching:
                slope = _partial(definition, symbol)(made) * above
                adjoint[symbol.name] = adjoint.get(symbol.name, 0.0) + _fold(slope, made[symbol.name].shape)
    return {leaf: adjoint.get(leaf, np.zeros_like(made[leaf])) * made[leaf] / value for leaf in leaves}


def _known(made: Evaluator) -> list:
    return [lookup_quantity(name) for name in (*made.values, *made.providers) if not name.startswith("knob")]


def _reaching(steps: dict, leaves: set[str]) -> set[str]:
    """Names of the leaves and of all formulas that depend on one."""
    found = set(leaves)
    for quantity, definition in steps.items():
        if any(symbol.name in found for symbol in definition.free_symbols):
            found.add(quantity.name)
    return found


@functools.cache
def _partial(definition: sp.Expr, symbol: sp.Symbol):
    slope = sp.diff(plain(definition), symbol)
    arguments = sorted(slope.free_symbols, key=str)
    function = sp.lambdify(arguments, slope, modules=[KERNELS, "numpy"], cse=True)

    def at(made: Evaluator) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.nan_to_num(function(*(made[argument.name] for argument in arguments)))

    return at


def _fold(slope, shape: tuple[int, ...]) -> np.ndarray:
    """A slope summed over the axes along which its quantity does not vary."""
    slope = np.asarray(slope, dtype=float)
    slope = slope.reshape((1,) * (len(shape) - slope.ndim) + slope.shape)
    extra = slope.ndim - len(shape)
    slope = slope.sum(axis=tuple(range(extra))) if extra else slope
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 and slope.shape[axis] > 1)
    slope = slope.sum(axis=axes, keepdims=True) if axes else slope
    return np.broadcast_to(slope, np.broadcast_shapes(slope.shape, shape))
