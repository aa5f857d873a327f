"""Plain arithmetic over known names, read from a fact file: nothing else is ever evaluated.

A small walker over Python's syntax tree accepts numbers, names, + - * / **, min, max, ceil and nothing besides: no
attribute, no index, no call of anything else.
"""

import ast
import functools
import operator

import sympy as sp

from costmodel.errors import FactError, UnitError, UnknownName
from costmodel.language import units
from costmodel.language.functions import Ceil, Maximum, Minimum
from costmodel.language.renamed import RENAMED

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
MAX_NUMBER = 1e30
FUNCTIONS = {"min": Minimum, "max": Maximum, "ceil": Ceil}


def parse_expression(text: str | float, names: dict, unit: str, location: str) -> sp.Expr:
    """The SymPy expression that a field states, in ``unit``.

    ``text`` is a number, a quantity (``"128 token/sequence"``) or arithmetic over ``names`` (``"residual / 2"``). Raises
    FactError naming ``location`` for anything else, UnitError where the expression has another unit.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise FactError(
            f"{location}: expected a number, a quantity in {unit or 'no unit'} or an expression, got {text!r}"
        )
    if isinstance(text, str):
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            tree = None
        if tree is not None:
            try:
                expression = sp.sympify(_walk(tree.body, names, text, location))
                if expression.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
                    raise FactError(f"{location}: {text[:60]!r} divides by zero or is not finite")
                _check(expression, unit, text, location)
            except RecursionError as error:
                raise FactError(f"{location}: {text[:60]!r} … is nested too deeply") from error
            return expression
    try:
        number = units.parse_quantity(text, unit)
    except UnitError as error:
        raise FactError(f"{location}: {error}") from error
    if not abs(number) < MAX_NUMBER:
        raise FactError(f"{location}: expected a number below {MAX_NUMBER:g}, got {text!r}")
    return sp.Integer(int(number)) if number == int(number) else sp.Float(number)


def _check(expression, unit, text, location):
    if expression.is_number:
        if not units.is_plain(unit):
            raise FactError(
                f"{location}: expected a quantity in {unit}, such as {units.example(unit)!r}, got the bare number {text}"
            )
        return
    try:
        expression_unit = units.unit_of(expression)
    except UnitError as error:
        raise FactError(f"{location}: {text!r}: {error}") from error
    if expression_unit != units.registry().Unit(unit):
        raise FactError(f"{location}: expected {unit or 'a pure number'}, got {text!r} in {expression_unit}")


def _walk(node, names, text, location):
    match node:
        case ast.Constant(value=value) if isinstance(value, (int, float)) and not isinstance(value, bool):
            if not abs(value) < MAX_NUMBER:
                raise FactError(
                    f"{location}: expected a number below {MAX_NUMBER:g}, got one of {len(text)} characters"
                )
            return sp.nsimplify(value, rational=True) if abs(value) < 1e12 else sp.Float(value)
        case ast.Name(id=name):
            name = name if name in names else RENAMED.get(name, name)
            if name not in names:
                raise FactError(f"{location}: in {text!r}: {UnknownName('name', name, names)}")
            return names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_walk(left, names, text, location), _walk(right, names, text, location))
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=power)) if power in (2, 3, 0.5):
            return _walk(left, names, text, location) ** sp.nsimplify(power)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_walk(operand, names, text, location)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            values = [_walk(argument, names, text, location) for argument in arguments]
            if (name == "ceil" and len(values) != 1) or (name != "ceil" and len(values) < 2):
                raise FactError(
                    f"{location}: in {text!r}: {name} takes {'one argument' if name == 'ceil' else 'two or more'}"
                )
            if name == "ceil":
                return FUNCTIONS[name](values[0])
            return functools.reduce(FUNCTIONS[name], values)
    raise FactError(
        f"{location}: cannot use {ast.unparse(node)!r} in {text!r}; allowed are + - * /, min, max, ceil and names"
    )
