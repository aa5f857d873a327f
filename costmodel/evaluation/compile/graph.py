"""The one walk over the formulas' graph from which every backend starts: NumPy, C, gradient and residual.

A node is a formula after everything it reads, its constants replaced by their values. Along which axes a quantity may vary
follows from what it reads, so that a grid computes each where it varies and nowhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import sympy as sp

from costmodel.language.quantity import Constant, Formula, Quantity, Total, chain, symbols_of


@dataclass(frozen=True)
class Node:
    """One formula of the graph: its definition, the names that it reads, and the axes that it sums over."""

    name: str
    definition: sp.Expr
    reads: tuple[str, ...]
    over: tuple[str, ...]


def plain(expression: sp.Expr) -> sp.Expr:
    """The expression with every Constant replaced by its value."""
    constants = {s: s.definition for s in expression.free_symbols if isinstance(s, Constant)}
    return cast(sp.Expr, expression.xreplace(constants)) if constants else expression  # SymPy declares a Basic


def node(name: str, definition, over: tuple[str, ...] = ()) -> Node:
    """The node of a definition: a Formula, or an expression that stands for the quantity of that name.

    ``over`` names the axes that it sums over; those of a Total are its own.
    """
    if isinstance(definition, Total):
        over = definition.over
    expression = plain(sp.sympify(definition.definition if isinstance(definition, Formula) else definition))
    return Node(name, expression, tuple(symbol.name for symbol in symbols_of(expression)), over)


def walk(
    targets: Iterable[Quantity], redefined: Mapping | None = None, supplied: Iterable[Quantity] = ()
) -> dict[str, Node]:
    """The nodes behind the targets by name, each after all that it reads.

    ``redefined`` maps slots to the expressions of a scheme; ``supplied`` quantities are not unfolded: their numbers
    will be supplied.
    """
    steps = chain(targets, dict(redefined or {}), supplied)
    return {
        quantity.name: node(quantity.name, definition, quantity.over if isinstance(quantity, Total) else ())
        for quantity, definition in steps.items()
    }


def unfold(target: Formula, given: Iterable = ()) -> sp.Expr:
    """The definition of a formula in terms of inputs, coefficients and ``given`` formulas alone."""
    unfolded: dict[sp.Basic, sp.Basic] = {}
    names = {quantity.name: quantity for quantity in chain([target], None, given)}
    for name, step in walk([target], None, given).items():
        unfolded[names[name]] = step.definition.xreplace(unfolded)
    return cast(sp.Expr, unfolded[target])  # SymPy declares a Basic


def fold(nodes: Mapping[str, Node], constants: Mapping[str, float]) -> dict[str, Node]:
    """The nodes with quantities that are the same in every grid put in, so that what they switch off falls away.

    ``constants`` maps the names of these quantities to their numbers in base units.
    """
    folded_numbers = {name: sp.nsimplify(value) for name, value in constants.items()}
    folded = {}
    for name, step in nodes.items():
        values = {s: folded_numbers[s.name] for s in symbols_of(step.definition) if s.name in folded_numbers}
        definition = cast(sp.Expr, step.definition.xreplace(values))  # SymPy declares a Basic
        if definition.is_number:
            folded_numbers[name] = definition
        else:
            folded[name] = Node(name, definition, tuple(s.name for s in symbols_of(definition)), step.over)
    return folded
