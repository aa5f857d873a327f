"""The smooth corners of the model as SymPy functions of our own, each with unit rule, derivative and LaTeX.

Formulas stay short because these are named. Norm is a maximum that knows how undecided it is; Share is its
elasticity; the rest are hard corners whose derivative picks a side or is zero, as a fit needs.
"""

from typing import TYPE_CHECKING, Any

import sympy as sp


class _Function(sp.Function):
    """A function of the vocabulary: its arguments are expressions, and so is what calling it makes.

    SymPy's own types say that ``Function(...)`` makes a class of functions, which is true of ``sp.Function("f")`` alone.
    """

    if TYPE_CHECKING:

        def __new__(cls, *args: Any, **options: Any) -> sp.Expr: ...  # also what ``eval`` returns instead

        @property
        def args(self) -> tuple[sp.Expr, ...]: ...


class PNorm(_Function):
    """(a^p + b^p)^(1/p): a sum at p = 1, the larger at p = oo, the smaller at p = -oo."""

    nargs = 3

    def fdiff(self, argindex=1):
        a, b, p = self.args
        return {
            1: self * PNormWeight(a, b, p) / a,
            2: self * PNormWeight(b, a, p) / b,
            3: -self * PNormEntropy(a, b, p) / p**2,
        }[argindex]

    def _eval_rewrite_as_Pow(self, a, b, p, **_):
        return (a**p + b**p) ** (1 / p)

    def _eval_is_nonnegative(self):
        return True

    def unit_rule(self, unit_of, pure, same):
        pure(self.args[2])
        return same(self.args[:2], self)

    def _latex(self, printer, exp=None):
        a, b, p = self.args
        if p == -1:
            return rf"\frac{{1}}{{{printer._print(1 / a)}+{printer._print(1 / b)}}}"
        power = printer._print(p)

        def raised(x):
            body = printer._print(x)
            return "1" if x == 1 else rf"{{{body}}}^{{{power}}}" if x.is_Symbol else rf"\left({body}\right)^{{{power}}}"

        return rf"\left({raised(a)}+{raised(b)}\right)^{{{printer._print(1 / p)}}}"


class PNormWeight(_Function):
    """a^p / (a^p + b^p): the part of a smooth maximum that is a."""

    nargs = 3

    def fdiff(self, argindex=1):
        a, b, p = self.args
        spread = self * PNormWeight(b, a, p)
        return {1: spread * p / a, 2: -spread * p / b, 3: spread * sp.log(a / b)}[argindex]

    def _eval_rewrite_as_Pow(self, a, b, p, **_):
        return a**p / (a**p + b**p)

    def _eval_is_nonnegative(self):
        return True

    def unit_rule(self, unit_of, pure, same):
        same(self.args[:2], self)
        return pure(self.args[2])

    def _latex(self, printer, exp=None):
        a, b, p = self.args
        return rf"\left[1+\left({printer._print(b / a)}\right)^{{{printer._print(p)}}}\right]^{{-1}}"


class PNormEntropy(_Function):
    """Entropy of the share: how undecided the corner is. Zero far from it."""

    nargs = 3

    def unit_rule(self, unit_of, pure, same):
        same(self.args[:2], self)
        return pure(self.args[2])


class _Corner(_Function):
    """A hard corner of one argument that keeps the argument's unit."""

    nargs = 1

    def unit_rule(self, unit_of, pure, same):
        return unit_of(self.args[0])


class PositivePart(_Corner):
    """max(0, x)."""

    def fdiff(self, argindex=1):
        return Indicator(*self.args)

    def _eval_is_nonnegative(self):
        return True

    def _latex(self, printer, exp=None):
        text = rf"\left({printer._print(self.args[0])}\right)^{{+}}"
        return text if exp is None else rf"\left[{text}\right]^{{{exp}}}"


class Indicator(_Corner):
    """1 where x > 0, else 0."""

    @classmethod
    def eval(cls, x):
        if x.is_number:
            return sp.Integer(1 if x > 0 else 0)

    def fdiff(self, argindex=1):
        return sp.Integer(0)

    def unit_rule(self, unit_of, pure, same):
        unit_of(self.args[0])
        return unit_of(sp.Integer(1))

    def _latex(self, printer, exp=None):
        return rf"\left[{printer._print(self.args[0])}>0\right]"


class Ceil(_Corner):
    """The next whole number; its derivative is zero between jumps."""

    def fdiff(self, argindex=1):
        return sp.Integer(0)

    def _eval_is_nonnegative(self):
        return self.args[0].is_nonnegative

    def _latex(self, printer, exp=None):
        return rf"\left\lceil {printer._print(self.args[0])}\right\rceil"


class Floor(_Corner):
    """The last whole number; its derivative is zero between jumps."""

    def fdiff(self, argindex=1):
        return sp.Integer(0)

    def _latex(self, printer, exp=None):
        return rf"\left\lfloor {printer._print(self.args[0])}\right\rfloor"


class _Choice(_Function):
    """One of two terms of the same unit."""

    nargs = 2
    word = ""

    def unit_rule(self, unit_of, pure, same):
        return same(self.args, self)

    def _eval_is_nonnegative(self):
        return all(a.is_nonnegative for a in self.args) or None

    def _latex(self, printer, exp=None):
        return rf"\{self.word}\left({', '.join(map(printer._print, self.args))}\right)"


class Minimum(_Choice):
    """The smaller of two; the derivative goes with the smaller, with the first where they are equal."""

    word = "min"

    def fdiff(self, argindex=1):
        is_second = Indicator(self.args[0] - self.args[1])
        return is_second if argindex == 2 else 1 - is_second


class Maximum(_Choice):
    """The larger of two; the derivative goes with the larger, with the first where they are equal."""

    word = "max"

    def fdiff(self, argindex=1):
        is_second = Indicator(self.args[1] - self.args[0])
        return is_second if argindex == 2 else 1 - is_second


FUNCTIONS = {
    f.__name__: f for f in (PNorm, PNormWeight, PNormEntropy, PositivePart, Indicator, Ceil, Floor, Minimum, Maximum)
}
