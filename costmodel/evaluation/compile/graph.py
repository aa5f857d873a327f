"""The one walk over the formulas' graph from which every backend starts: NumPy, C, gradient and residual.

A node is a formula after everything it reads, its constants replaced by their values. Along which axes a quantity may vary
follows from what it reads, so that a grid computes each where it varies and nowhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy as sp

from costmodel.language.quantity import Constant, Formula, Total, chain


@dataclass(frozen=True)
class Node:
    """One formula of the graph: its definition, the names that it reads, and the axes that it sums over."""

    name: str
    definition: sp.Expr
    reads: tuple[str, ...]
    over: tuple[str, ...]


def plain(expression: sp.Basic) -> sp.Basic:
    """The expression with every Constant replaced by its value."""
    constants = {s: s.definition for s in expression.free_symbols if isinstance(s, Constant)}
    return expression.xreplace(constants) if constants else expression


def node(name: str, definition, over: tuple[str, ...] = ()) -> Node:
    """The node of a definition: a Formula, or an expression that stands for the quantity of that name."""
    if isinstance(definition, Total):
        over = definition.over
    expression = plain(sp.sympify(definition.definition if isinstance(definition, Formula) else definition))
    return Node(name, expression, tuple(sorted(symbol.name for symbol in expression.free_symbols)), over)


def walk(targets: Iterable[Formula], redefined: Mapping | None = None, given: Iterable = ()) -> dict[str, Node]:
    """The nodes behind the targets by name, each after all that it reads.

    ``redefined`` maps slots to the expressions of a scheme; ``given`` quantities will be supplied as numbers and are not
    unfolded.
    """
    steps = chain(targets, dict(redefined or {}), given)
    return {
        quantity.name: node(quantity.name, definition, quantity.over if isinstance(quantity, Total) else ())
        for quantity, definition in steps.items()
    }


def unfold(target: Formula, given: Iterable = ()) -> sp.Expr:
    """The definition of a formula in terms of inputs, coefficients and ``given`` formulas alone."""
    unfolded: dict[sp.Symbol, sp.Expr] = {}
    names = {quantity.name: quantity for quantity in chain([target], None, given)}
    for name, step in walk([target], None, given).items():
        unfolded[names[name]] = step.definition.xreplace(unfolded)
    return unfolded[target]
