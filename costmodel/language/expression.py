"""A field of a fact file as a SymPy expression: a number, a quantity with its unit, or arithmetic over known names."""

import math

import sympy as sp

from costmodel.errors import FactError, UnitError, shown
from costmodel.language import arithmetic, units
from costmodel.language.arithmetic import Domain
from costmodel.language.functions import Ceil, Maximum, Minimum
from costmodel.language.units import MAX_NUMBER


def parse_expression(text: str | float, names: dict, unit: str, location: str) -> sp.Expr:
    """The SymPy expression that a field states, in ``unit``.

    ``text`` is a number, a quantity (``"128 token/sequence"``) or arithmetic over ``names`` (``"residual / 2"``). Raises
    FactError naming ``location`` for anything else, UnitError where the expression has another unit.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise FactError(
            f"{location}: expected a number, a quantity in {unit or 'no unit'} or an expression, got {shown(text)}"
        )
    if isinstance(text, str):
        if excess := arithmetic.excess(text):
            raise FactError(f"{location}: expected {excess}: {shown(text)}")
        tree = arithmetic.parse(text)
        if tree is not None:
            try:
                expression = sp.sympify(arithmetic.walk(tree, SYMBOLIC, names, text, location))
                if expression.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
                    raise FactError(f"{location}: {shown(text)} divides by zero or is not finite")
                _check(expression, unit, text, location)
            except (RecursionError, ArithmeticError) as error:
                raise FactError(f"{location}: {shown(text)} cannot be computed") from error
            return expression
    try:
        number = units.parse_quantity(text, unit)
    except UnitError as error:
        raise FactError(f"{location}: {error}") from error
    if not abs(number) < MAX_NUMBER:
        raise FactError(f"{location}: expected a number below {MAX_NUMBER:g}, got {shown(text)}")
    return sp.Integer(int(number)) if number == int(number) else sp.Float(number)


def _check(expression, unit, text, location):
    if expression.is_number:
        if not units.is_plain(unit):
            raise FactError(
                f"{location}: expected a quantity in {unit}, such as {units.example(unit)!r}, got the bare "
                f"number {shown(text).strip(chr(39))}"
            )
        return
    try:
        expression_unit = units.unit_of(expression)
    except UnitError as error:
        raise FactError(f"{location}: {shown(text)}: {error}") from error
    if expression_unit != units.registry().Unit(unit):
        raise FactError(f"{location}: expected {unit or 'a pure number'}, got {shown(text)} in {expression_unit}")


def _constant(value: float) -> sp.Expr:
    return sp.nsimplify(value, rational=True) if abs(value) < 1e12 else sp.Float(value)


def _size(value: sp.Expr) -> float:
    """The magnitude of a number, infinite for one of more digits than any quantity has; 0 for what holds a name."""
    if isinstance(value, sp.Rational):
        bits = max(int(value.p).bit_length(), int(value.q).bit_length())
        return math.inf if bits > MAX_BITS else abs(float(value))
    return abs(float(value)) if isinstance(value, sp.Float) else 0.0


def _smaller(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return min(a, b) if a.is_Number and b.is_Number else Minimum(a, b)


def _larger(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return max(a, b) if a.is_Number and b.is_Number else Maximum(a, b)


def _whole(a: sp.Expr) -> sp.Expr:
    return sp.ceiling(a) if a.is_Number else Ceil(a)


MAX_BITS = 900  # of numerator and denominator; a double holds numbers up to 1,024
SYMBOLIC = Domain(_constant, {"min": _smaller, "max": _larger, "ceil": _whole}, _size)
