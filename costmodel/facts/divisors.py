"""Numbers of a scheme file by which a mechanism divides: with its knobs as they stand, each must be above 0.

Entries that depend on more than knobs, such as ``key_width``, are left to evaluation.
"""

import ast
import math
import operator
from collections.abc import Iterator

from costmodel.errors import FactError

DIVISORS = {"quantize": ("tile",), "select": ("unit",)}  # fields that stand below a fraction, by kind of mechanism
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
FUNCTIONS = {"min": min, "max": max, "ceil": math.ceil}


def check_divisors(mechanisms: list[dict], knobs: dict[str, float], location: str) -> None:
    """Check every divisor of the ``[[mechanism]]`` tables; FactError naming ``location``, field and knobs for 0 or below."""
    for index, table in enumerate(mechanisms):
        for field, text, divisor in _divisors(table):
            number = _evaluate(divisor, knobs)
            if number is not None and not number > 0:
                names = {node.id for node in ast.walk(divisor) if isinstance(node, ast.Name)} & set(knobs)
                stated = f" (knob {', '.join(f'{name} = {knobs[name]:g}' for name in sorted(names))})" if names else ""
                raise FactError(
                    f"{location}: mechanism[{index}].{field}: expected a divisor above 0, got {number:g} from {text!r}{stated}"
                )


def _divisors(table: dict) -> Iterator[tuple[str, object, ast.expr]]:
    """(field, its entry, the divisor) for each entry that is one, or divides by one."""
    for field, value in table.items():
        is_divisor = field in DIVISORS.get(str(table.get("kind")), ())
        for entry in value if isinstance(value, list) else [value]:
            tree = _parse(entry)
            if tree is None:
                continue
            if is_divisor:
                yield field, entry, tree
            for node in ast.walk(tree):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                    yield field, entry, node.right


def _parse(entry: object) -> ast.expr | None:
    """Arithmetic, or the number with which a quantity begins; None for anything else."""
    for text in (str(entry).strip(), str(entry).strip().partition(" ")[0]):
        try:
            return ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _evaluate(node: ast.expr, knobs: dict[str, float]) -> float | None:
    """The number of an expression of knobs alone; None where it depends on more, or is no arithmetic."""
    match node:
        case ast.Constant(value=value) if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        case ast.Name(id=name):
            return knobs.get(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = _evaluate(operand, knobs)
            return None if number is None else -number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            numbers = [_evaluate(left, knobs), _evaluate(right, knobs)]
            return _apply(OPERATORS[type(op)], numbers)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS and arguments:
            return _apply(FUNCTIONS[name], [_evaluate(argument, knobs) for argument in arguments])
    return None


def _apply(function, numbers: list[float | None]) -> float | None:
    if any(number is None for number in numbers):
        return None
    try:
        return function(*numbers)
    except (ArithmeticError, TypeError, ValueError):
        return None
