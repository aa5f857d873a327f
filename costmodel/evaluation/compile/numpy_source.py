"""SymPy definitions as plain Python source over NumPy: one function a formula, so that every term stays visible.

The source is written once (into the package, or a cache) and run without SymPy. Constants are replaced by their values;
the smooth functions keep their names and come from ``language.kernels``.
"""

import sympy as sp
from sympy.printing.pycode import PythonCodePrinter

from costmodel.evaluation.compile.graph import node
from costmodel.language.functions import FUNCTIONS

HEADER = """from numpy import exp, inf, log, sqrt  # noqa: F401

from costmodel.language.kernels import (  # noqa: F401
    Ceil, Floor, Indicator, Maximum, Minimum, PNorm, PNormEntropy, PNormWeight, PositivePart,
)
"""


class Source(PythonCodePrinter):
    """Python expressions that work on scalars and arrays alike; fixed exponents never become general powers."""

    def __init__(self):
        names = {name: name for name in FUNCTIONS} | {"log": "log", "exp": "exp", "ceiling": "Ceil"}
        super().__init__({"fully_qualified_modules": False, "user_functions": names})

    def _print_Pow(self, expr, rational=False):
        if expr.exp == sp.Rational(1, 2):
            return f"sqrt({self._print(expr.base)})"
        if expr.exp == sp.Rational(-1, 2):
            return f"1/sqrt({self._print(expr.base)})"
        if expr.exp.is_Integer and 2 <= expr.exp <= 4 and expr.base.is_Symbol:
            return "(" + "*".join([self._print(expr.base)] * int(expr.exp)) + ")"
        return super()._print_Pow(expr, rational)

    def _print_Rational(self, expr):
        return repr(float(expr))

    def _print_NumberSymbol(self, expr):  # π, Euler's constant
        return repr(float(expr))

    _print_Pi = _print_EulerGamma = _print_Exp1 = _print_NumberSymbol

    def _print_Infinity(self, expr):
        return "inf"

    def _print_PNorm(self, expr):
        a, b, p = expr.args
        if p == -1:
            x, y = self._print(a), self._print(b)
            return f"(({x})*({y})/(({x}) + ({y})))"
        if p == 4 and a == 1:
            x = self._print(b)
            return f"sqrt(sqrt(1.0 + ({x})*({x})*({x})*({x})))"
        return f"PNorm({', '.join(map(self._print, expr.args))})"

    def _print_Indicator(self, expr):
        return f"Indicator({self._print(expr.args[0])})"

    def _print_And(self, expr):
        return " & ".join(f"({self._print(a)})" for a in expr.args)

    def _print_Or(self, expr):
        return " | ".join(f"({self._print(a)})" for a in expr.args)

    def _print_Relational(self, expr):
        return f"({self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)})"

    def _print_BooleanFalse(self, expr):
        return "False"

    def _print_BooleanTrue(self, expr):
        return "True"


def table_source(title: str, steps: dict) -> str:
    """Functions for all steps, and a dictionary ``title`` of name → (function, argument names, axes summed over).

    ``steps`` maps names to formulas or expressions.
    """
    functions, rows = [], []
    for key, definition in steps.items():
        step, name = node(key, definition), f"{title.lower()}_{key}".replace("-", "_")
        functions.append(f"def {name}({', '.join(step.reads)}):\n    return {Source().doprint(step.definition)}\n")
        rows.append(f"    {key!r}: ({name}, {step.reads!r}, {step.over!r}),\n")
    return "\n\n".join(functions) + f"\n\n{title} = {{\n{''.join(rows)}}}\n"
