"""The smooth corners: limits, derivatives, and numeric code that holds against 60 digits."""

import math

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from costmodel.language import kernels
from costmodel.language.functions import (
    FUNCTIONS,
    Ceil,
    Floor,
    Indicator,
    Maximum,
    Minimum,
    PNorm,
    PNormEntropy,
    PNormWeight,
    PositivePart,
)

positive = st.floats(1e-12, 1e12)
powers = st.floats(0.5, 60) | st.floats(-60, -0.5)
a, b, p = sp.symbols("a b p", positive=True)
x = sp.Symbol("x", real=True)


def exact(name, *numbers):
    """The same function in 60 digits."""
    with mp.workdps(60):
        u, v, q = map(mp.mpf, numbers)
        if name == "PNorm":
            return +((u**q + v**q) ** (1 / q))
        first, second = (v / u) ** q, (u / v) ** q
        if name == "PNormWeight":
            return 1 / (1 + first)
        return mp.log1p(first) / (1 + first) + mp.log1p(second) / (1 + second)


@given(positive, positive, powers)
@pytest.mark.parametrize("name", ["PNorm", "PNormWeight"])
def test_kernels_hold_against_sixty_digits(name, u, v, q):
    computed, expected = float(kernels.KERNELS[name](u, v, q)), exact(name, u, v, q)
    # An error of half a digit in ln(b/a) is multiplied by p before the exponential: the condition of the problem itself.
    slack = 4e-16 * (4 + (abs(q * math.log(v / u)) if name == "PNormWeight" else abs(math.log(v / u))))
    assert abs(computed - expected) <= slack * expected + 5e-324


@given(positive, positive, powers)
def test_doubt_is_the_entropy_of_the_share(u, v, q):
    expected = exact("PNormEntropy", u, v, q)
    assert float(kernels.PNormEntropy(u, v, q)) == pytest.approx(float(expected), rel=1e-9, abs=1e-300)


@given(positive, positive)
def test_norm_is_a_sum_at_one(u, v):
    assert float(kernels.PNorm(u, v, 1.0)) == pytest.approx(u + v, rel=1e-13)


@given(positive, positive)
def test_norm_is_parallel_at_minus_one(u, v):
    assert float(kernels.PNorm(u, v, -1.0)) == pytest.approx(u * v / (u + v), rel=1e-13)


@given(positive, positive, st.floats(1, 60))
def test_norm_lies_between_the_larger_and_the_sum(u, v, q):
    norm = float(kernels.PNorm(u, v, q))
    assert max(u, v) * (1 - 1e-15) <= norm <= (u + v) * (1 + 1e-13)
    assert float(kernels.PNorm(u, v, -q)) <= min(u, v) * (1 + 1e-15)


@pytest.mark.parametrize(("u", "v"), [(1.0, 2.0), (3e-9, 2e-6), (1e-12, 1e12), (5.0, 5.0)])
def test_norm_becomes_the_larger_and_the_smaller(u, v):
    assert float(kernels.PNorm(u, v, 1e9)) == pytest.approx(max(u, v), rel=1e-8)
    assert float(kernels.PNorm(u, v, -1e9)) == pytest.approx(min(u, v), rel=1e-8)


@pytest.mark.parametrize("q", [60.0, -60.0, 1.0, 0.3])
@pytest.mark.parametrize("ratio", [1e-300, 1e-200, 1.0, 1e200, 1e300])
def test_extreme_ratios_neither_overflow_nor_lose(q, ratio):
    for name in ("PNorm", "PNormWeight", "PNormEntropy"):
        assert np.isfinite(kernels.KERNELS[name](1.0, ratio, q)), name


@given(positive, positive, powers)
def test_shares_of_both_sides_make_one(u, v, q):
    assert float(kernels.PNormWeight(u, v, q) + kernels.PNormWeight(v, u, q)) == pytest.approx(1, rel=1e-12)


@given(st.floats(0.2, 5), st.floats(0.2, 5), st.floats(1, 20))
@pytest.mark.parametrize("function", [PNorm, PNormWeight])
def test_derivatives_against_finite_differences(function, u, v, q):
    point = {a: u, b: v, p: q}
    for index, symbol in enumerate((a, b, p)):
        symbolic = sp.diff(function(a, b, p), symbol)
        derivative = float(sp.lambdify((a, b, p), symbolic, [kernels.KERNELS, "numpy"])(u, v, q))
        values = []
        with mp.workdps(60):
            for sign in (1, -1):
                moved = [mp.mpf(n) for n in (u, v, q)]
                moved[index] += sign * mp.mpf(10) ** -20
                values.append(exact(function.__name__, *moved))
            expected = float((values[0] - values[1]) / (2 * mp.mpf(10) ** -20))
        assert derivative == pytest.approx(expected, rel=1e-9, abs=1e-12), (symbol, point)


@pytest.mark.parametrize("function", [PNorm, PNormWeight])
def test_rewriting_as_powers_means_the_same(function):
    rewritten = function(a, b, p).rewrite(sp.Pow)
    for numbers in [(1.5, 2.5, 3), (2, 0.25, 7), (9, 9, 1)]:
        plain = rewritten.subs(dict(zip((a, b, p), numbers, strict=True)))
        assert float(plain) == pytest.approx(float(kernels.KERNELS[function.__name__](*map(float, numbers))), rel=1e-14)


def test_corners():
    assert [float(kernels.PositivePart(v)) for v in (-2.0, 0.0, 3.0)] == [0, 0, 3]
    assert [float(kernels.Indicator(v)) for v in (-2.0, 0.0, 1e-300)] == [0, 0, 1]
    assert [float(kernels.Ceil(v)) for v in (1.0, 1.1)] == [1, 2]
    assert [float(kernels.Floor(v)) for v in (1.0, 1.9)] == [1, 1]
    assert (kernels.Minimum(2, 3), kernels.Maximum(2, 3)) == (2, 3)


def test_derivatives_of_corners_pick_a_side():
    y = sp.Symbol("y", real=True)
    slopes = {
        PositivePart(x): (0, 1), Indicator(x): (0, 0), Ceil(x): (0, 0), Floor(x): (0, 0),
        Minimum(x, y): (1, 0), Maximum(x, y): (0, 1), Minimum(y, x): (1, 0), Maximum(y, x): (0, 1),
    }  # fmt: skip
    for expression, (low, high) in slopes.items():
        slope = sp.diff(expression, x)
        assert [slope.subs({x: -1, y: 0}), slope.subs({x: 1, y: 0})] == [low, high], expression


def test_step_knows_numbers():
    assert Indicator(sp.Integer(3)) == 1 and Indicator(sp.Integer(0)) == 0 and Indicator(-sp.oo) == 0


def test_every_function_has_code_and_every_kernel_a_function():
    assert set(FUNCTIONS) == set(kernels.KERNELS)
    assert PNormEntropy in FUNCTIONS.values()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_kernels_broadcast(name):
    count = 3 if name in ("PNorm", "PNormWeight", "PNormEntropy") else 2 if name in ("Minimum", "Maximum") else 1
    arrays = [np.full((2, 1), 1.5), np.full((1, 3), 2.5), np.array(3.0)][:count]
    assert np.shape(kernels.KERNELS[name](*arrays)) == np.broadcast_shapes(*(a.shape for a in arrays))
