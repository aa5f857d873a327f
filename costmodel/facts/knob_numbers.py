"""Numbers that entries of a scheme file stand for, with its knobs as they are set: no SymPy.

An entry is a number, a quantity or arithmetic over knobs. What depends on more, such as ``key_width``, is left to evaluation.
"""

import ast
import math

from costmodel.errors import FactError
from costmodel.language import arithmetic
from costmodel.language.arithmetic import Domain

NUMBERS = Domain(float, {"min": min, "max": max, "ceil": math.ceil})


def parse_entry(entry: object) -> ast.expr | None:
    """The syntax tree of arithmetic, or of the number with which a quantity begins; None for anything else."""
    text = str(entry).strip()
    return arithmetic.parse(text) or arithmetic.parse(text.partition(" ")[0])


def evaluate_tree(tree: ast.expr, knobs: dict[str, float]) -> float | None:
    """The number of an expression of knobs alone; None where it depends on more, or is refused when it is evaluated."""
    try:
        return arithmetic.walk(tree, NUMBERS, knobs, "", "")
    except (FactError, ArithmeticError, ValueError, TypeError, RecursionError):
        return None


def evaluate_entry(entry: object, knobs: dict[str, float]) -> float | None:
    """The number that an entry stands for; infinity for ``"all"``, None where knobs alone do not decide it."""
    if entry == "all":
        return math.inf
    tree = parse_entry(entry)
    return None if tree is None else evaluate_tree(tree, knobs)
