"""A field of a fact file as a SymPy expression: a number, a quantity with its unit, or arithmetic over known names."""

import sympy as sp

from costmodel.errors import FactError, UnitError
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
            f"{location}: expected a number, a quantity in {unit or 'no unit'} or an expression, got {text!r}"
        )
    if isinstance(text, str):
        tree = arithmetic.parse(text)
        if tree is not None:
            try:
                expression = sp.sympify(arithmetic.walk(tree, SYMBOLIC, names, text, location))
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


def _constant(value: float) -> sp.Expr:
    return sp.nsimplify(value, rational=True) if abs(value) < 1e12 else sp.Float(value)


SYMBOLIC = Domain(_constant, {"min": Minimum, "max": Maximum, "ceil": Ceil})
