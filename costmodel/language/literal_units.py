"""Literals of a definition with the bytes that they stand for, for print: ``8 bit`` where a scheme's file says ``8 bit``.

A field is parsed to a number in the unit of its slot, so that nothing is attached to numbers in between; a reader of the
equation must see the unit again. Which literal holds bytes follows from the unit of the whole.
"""

import functools
import operator
from typing import Any

import sympy as sp

from costmodel.language import units
from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.symbols import bit

PLAIN = 64  # the largest denominator of a literal that is printed as a fraction
LIKE_A_SUM = (sp.Add, sp.Max, sp.Min, Maximum, Minimum, PositivePart)


def restore_units(definition: Any, unit: str) -> Any:
    """The definition of a quantity in ``unit`` with every literal of bytes in bits; as it is where its units are in order."""
    return _restore(definition, units.registry().Unit(unit))


def _restore(expression: Any, expected) -> Any:
    if hasattr(expression, "unit"):
        return expression
    if expression.is_number:
        return expression if expression == 0 else _in_bits(expression, units.registry().Unit(""), expected)
    if isinstance(expression, LIKE_A_SUM):
        return expression.func(*(_restore(term, expected) for term in expression.args))
    if isinstance(expression, Indicator):
        (compared,) = expression.args
        return Indicator(_restore(compared, _unit(compared)))
    plain = units.registry().Unit("")
    if expression.is_Pow:
        power = _restore(expression.base, _unit(expression.base)) ** _restore(expression.exp, plain)
        return _in_bits(power, _unit(power), expected)
    if expression.is_Mul:
        factors = [factor if factor.is_number else _restore(factor, _unit(factor)) for factor in expression.args]
        product = functools.reduce(operator.mul, factors)
        return _in_bits(product, _unit(product), expected)
    return expression.func(*(_restore(argument, _unit(argument)) for argument in expression.args))


def _in_bits(expression: Any, unit, expected) -> Any:
    """The expression times so many 8 bit as its unit lacks; units of 1 (``token``, ``head``) are not printed and not counted."""
    power = units.information_power(expected) - units.information_power(unit)
    return expression if power == 0 else _exact(expression * (8 * bit) ** int(power))


def _exact(expression: Any) -> Any:
    """The expression with floating-point literals that are whole numbers or plain fractions as these."""
    rationals = {number: sp.nsimplify(number, rational=True) for number in expression.atoms(sp.Float)}
    return expression.xreplace({number: plain for number, plain in rationals.items() if plain.q <= PLAIN})


def _unit(expression: Any) -> Any:
    """The unit of an expression; of a sum, that of the first term that is no pure number, since literals have lost theirs."""
    plain = units.registry().Unit("")
    if hasattr(expression, "unit"):
        return units.registry().Unit(expression.unit)
    if isinstance(expression, LIKE_A_SUM):
        return next((unit for unit in map(_unit, expression.args) if unit != plain), plain)
    if expression.is_Mul:
        return functools.reduce(operator.mul, map(_unit, expression.args), plain)
    if expression.is_Pow and expression.exp.is_number:
        return _unit(expression.base) ** float(expression.exp)
    return plain
