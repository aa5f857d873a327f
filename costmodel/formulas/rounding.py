"""How far a cached number is from what it was: the root mean square of one rounding, relative to that of the numbers.

A code's step is the range of its tile over its levels, and an error is spread evenly over a step. Conditions: at least 8
normal numbers a tile; how much wider a real tile is, a decoder must tell (``drift``).
"""

import sympy as sp

from costmodel.language.functions import Maximum
from costmodel.language.quantity import slot
from costmodel.language.symbols import bit

NORMAL_POWERS = sp.Rational(
    543, 1000
)  # sum over e of 4^e times the probability that a normal number lies in 2^e … 2^(e+1)


@slot("", r"\varepsilon_K")
def key_step_error():
    """Relative error of a stored key under evenly spaced codes, were its numbers normal; 0 where codes are not even."""
    return 0


@slot("", r"\varepsilon_V")
def value_step_error():
    """Relative error of a stored value under evenly spaced codes, were its numbers normal; 0 where codes are not even."""
    return 0


@slot("", r"\phi_K")
def key_float_error():
    """Relative error of a stored key whose codes follow the size of the number: floats and tables."""
    return 0


@slot("", r"\phi_V")
def value_float_error():
    """Relative error of a stored value whose codes follow the size of the number: floats and tables."""
    return 0


@slot("", r"g_K")
def key_tile_tokens():
    """Tokens whose keys share one record; 1 where every token has its own."""
    return 1


@slot("", r"g_V")
def value_tile_tokens():
    """Tokens whose values share one record; 1 where every token has its own."""
    return 1


def normal_range(numbers: sp.Expr) -> sp.Expr:
    """Expected range of so many standard normal numbers: twice the mean of their maximum (Cramér 1946, section 28.6)."""
    root = sp.sqrt(2 * sp.log(numbers))
    return 2 * (root - (sp.log(sp.log(numbers)) + sp.log(4 * sp.pi)) / (2 * root) + sp.EulerGamma / root)


def integer_error(bits: sp.Expr, numbers: sp.Expr) -> sp.Expr:
    """Evenly spaced codes between the smallest and the largest of the numbers that share scale and zero point."""
    return normal_range(Maximum(numbers, 8)) / (sp.sqrt(12) * (2 ** (bits / bit) - 1))


def signed_error(bits: sp.Expr, numbers: sp.Expr) -> sp.Expr:
    """Evenly spaced codes on both sides of zero up to the largest magnitude: one of twice as many numbers."""
    largest = normal_range(2 * Maximum(numbers, 8)) / 2
    return largest / (sp.sqrt(12) * Maximum(2 ** (bits / bit - 1) - 1, sp.Rational(1, 2)))  # one bit: a sign


def float_error(bits: sp.Expr) -> sp.Expr:
    """A float with half of its bits but the sign and one in the mantissa (e4m3, e2m1).

    Its step follows the power of two below a number; of normal numbers the squares of those powers average 0.543.
    """
    return sp.sqrt(NORMAL_POWERS / 12) * 2 ** -(bits / bit / 2 - 1)


def codebook_error(bits: sp.Expr) -> sp.Expr:
    """The best table for normal numbers, at high rate (Panter and Dite 1951): distortion √3 π / 2 · 2^(−2b)."""
    return sp.sqrt(sp.sqrt(3) * sp.pi / 2) * 2 ** -(bits / bit)
