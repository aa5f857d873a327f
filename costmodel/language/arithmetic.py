"""Plain arithmetic of fact files, walked in one place for expressions and for plain numbers: nothing is ever evaluated.

A small walker over Python's syntax tree accepts numbers, names, + - * / **, min, max, ceil and nothing besides: no
attribute, no index, no call of anything else. How much a text may ask for is limited before anything is computed: its length,
the nodes and the depth of its tree, and powers of powers; every result stays below MAX_NUMBER.
"""

import ast
import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from costmodel.errors import FactError, UnknownName, shown
from costmodel.language.renamed import RENAMED
from costmodel.language.units import MAX_NUMBER

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
POWERS = (2, 3, 0.5)
MAX_CHARACTERS, MAX_NODES, MAX_DEPTH = 2_000, 400, 100  # of one expression
MAX_POWER = 9  # to which powers of powers may add up: (x ** 3) ** 3


@dataclass(frozen=True)
class Domain:
    """What arithmetic is done on: how a constant is held, and the functions ``min``, ``max`` (of two) and ``ceil``.

    ``size`` gives the magnitude of a result, infinite for one that is too large to go on with, 0 where it is no number yet.
    """

    constant: Callable[[float], Any]
    functions: Mapping[str, Callable]
    size: Callable[[Any], float] = abs


def parse(text: str) -> ast.expr | None:
    """The syntax tree of an expression; None for text that is none, or that is beyond the limits (``excess``)."""
    if len(text) > MAX_CHARACTERS:
        return None
    tree = _syntax(text)
    return None if tree is None or _excess(tree) else tree


def excess(text: str) -> str:
    """By what an expression is beyond the limits, in words that follow "expected"; "" where it is not."""
    if len(text) > MAX_CHARACTERS:
        return f"at most {MAX_CHARACTERS:,} characters, got {len(text):,}"
    tree = _syntax(text)
    return "" if tree is None else _excess(tree)


def _syntax(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _excess(tree: ast.expr) -> str:
    """As ``excess``, of a tree; without recursion, which a deep tree would exhaust."""
    pending: list[tuple[ast.AST, int, float]] = [(tree, 1, 1.0)]
    count = 0
    while pending:
        node, depth, power = pending.pop()
        count += 1
        if count > MAX_NODES:
            return f"at most {MAX_NODES} numbers, names and operations, got more"
        if depth > MAX_DEPTH:
            return f"an expression nested at most {MAX_DEPTH} deep, got a deeper one"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant):
            power *= next((known for known in POWERS if known == node.right.value), 1)
            if power > MAX_POWER:
                return f"powers of powers up to {MAX_POWER}, got a higher one"
        pending += [(child, depth + 1, power) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return ""


def walk(node: ast.expr, domain: Domain, names: Mapping[str, Any], text: str, location: str) -> Any:
    """What a tree stands for, in the domain, with its names as in ``names``; of earlier versions' names, today's.

    Raises FactError naming ``location`` and ``text`` for an unknown name or anything that is not allowed, and what the
    domain's own arithmetic raises.
    """
    value = _evaluate(node, domain, names, text, location)
    if not domain.size(value) < MAX_NUMBER:
        raise FactError(f"{location}: expected numbers below {MAX_NUMBER:g}, got a larger one from {shown(text)}")
    return value


def _evaluate(node: ast.expr, domain: Domain, names: Mapping[str, Any], text: str, location: str) -> Any:
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
                raise FactError(f"{location}: in {shown(text)}: {UnknownName('name', name, names)}")
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
                raise FactError(f"{location}: in {shown(text)}: {name} takes {expected}")
            return (
                domain.functions[name](*values) if name == "ceil" else functools.reduce(domain.functions[name], values)
            )
    raise FactError(
        f"{location}: cannot use {shown(ast.unparse(node))} in {shown(text)}; allowed are + - * /, min, max, ceil and names"
    )
