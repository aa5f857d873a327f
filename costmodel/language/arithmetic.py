"""Plain arithmetic of fact files, walked in one place for expressions and for plain numbers: nothing is ever evaluated.

A small walker over Python's syntax tree accepts numbers, names, + - * / **, min, max, ceil and nothing besides: no
attribute, no index, no call of anything else.
"""

import ast
import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from costmodel.errors import FactError, UnknownName
from costmodel.language.renamed import RENAMED
from costmodel.language.units import MAX_NUMBER

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
POWERS = (2, 3, 0.5)


@dataclass(frozen=True)
class Domain:
    """What arithmetic is done on: how a constant is held, and the functions ``min``, ``max`` (of two) and ``ceil``."""

    constant: Callable[[float], Any]
    functions: Mapping[str, Callable]


def parse(text: str) -> ast.expr | None:
    """The syntax tree of an expression; None for text that is none."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def walk(node: ast.expr, domain: Domain, names: Mapping[str, Any], text: str, location: str) -> Any:
    """What a tree stands for, in the domain, with its names as in ``names``; of earlier versions' names, today's.

    Raises FactError naming ``location`` and ``text`` for an unknown name or anything that is not allowed, and what the
    domain's own arithmetic raises.
    """
    match node:
        case ast.Constant(value=value) if isinstance(value, (int, float)) and not isinstance(value, bool):
            if not abs(value) < MAX_NUMBER:
                raise FactError(
                    f"{location}: expected a number below {MAX_NUMBER:g}, got one of {len(text)} characters"
                )
            return domain.constant(value)
        case ast.Name(id=name):
            name = name if name in names else RENAMED.get(name, name)
            if name not in names:
                raise FactError(f"{location}: in {text!r}: {UnknownName('name', name, names)}")
            return names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            operands = [walk(side, domain, names, text, location) for side in (left, right)]
            return OPERATORS[type(op)](*operands)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=float() | int() as power)) if power in POWERS:
            return walk(left, domain, names, text, location) ** domain.constant(power)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -walk(operand, domain, names, text, location)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in domain.functions:
            values = [walk(argument, domain, names, text, location) for argument in arguments]
            if (name == "ceil" and len(values) != 1) or (name != "ceil" and len(values) < 2):
                expected = "one argument" if name == "ceil" else "two or more"
                raise FactError(f"{location}: in {text!r}: {name} takes {expected}")
            return (
                domain.functions[name](*values) if name == "ceil" else functools.reduce(domain.functions[name], values)
            )
    raise FactError(
        f"{location}: cannot use {ast.unparse(node)!r} in {text!r}; allowed are + - * /, min, max, ceil and names"
    )
