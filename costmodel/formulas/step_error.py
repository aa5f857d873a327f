"""The step's error and the codec's part of it, from the table of terms.

What every cache format pays alike errs alike; attention, codec and a borrowed kernel err on their own.
"""

from sympy import Add, Rational

from costmodel.formulas.binding import conversion_bound_time
from costmodel.formulas.errors import (
    attention_error,
    codec_error,
    communication_spread,
    gemm_spread,
    other_spread,
    proxy_kernel_error,
)
from costmodel.formulas.step import codec_step_time
from costmodel.formulas.terms import errors_of, step_time
from costmodel.language.quantity import formula
from costmodel.language.symbols import version_spread

ERRORS = errors_of(lambda term: term.quantities)


@formula("", r"\varphi_\mathrm{codec}")
def codec_share():
    """Share of a decode step that codec work takes, conversion inside attention included."""
    return (codec_step_time + conversion_bound_time) / step_time


@formula("second", r"\delta_g")
def product_error():
    """Standard error of the matrix products."""
    return ERRORS[gemm_spread]


@formula("second", r"\delta_r")
def link_error():
    """Standard error of the all-reduces."""
    return ERRORS[communication_spread]


@formula("second", r"\delta_o")
def other_error():
    """Standard error of small kernels and host time, which are assumed."""
    return ERRORS[other_spread]


@formula("second", r"\delta_\mathrm{shared}")
def shared_error():
    """Standard error of what every cache format pays alike: products, all-reduces, small kernels, host."""
    named = {gemm_spread: product_error, communication_spread: link_error, other_spread: other_error}
    return Add(*(named.get(spread, error) ** 2 for spread, error in ERRORS.items())) ** Rational(1, 2)


@formula("", r"\varsigma_\mathrm{step}")
def step_spread():
    """Log standard error of the step time: its kernels, and what another version of the engine changed."""
    total_error = attention_error**2 + codec_error**2 + proxy_kernel_error**2 + shared_error**2
    return (total_error / step_time**2 + version_spread**2) ** Rational(1, 2)
