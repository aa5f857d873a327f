"""How far a decode step may be wrong, as standard errors of its parts: attention, codec, and what every format pays alike.

Launch-bound and streaming parts of attention have their own spread; a format that runs on another's fit carries the error of
that fit's token cost. Parts of one law err together, different laws independently.
"""

from functools import partial

from sympy import Rational

from costmodel.formulas.attention import (
    attention_floor,
    attention_memory_time,
    attention_time,
    conversion_time,
    multiprocessor_time,
    overlap,
)
from costmodel.formulas.binding import conversion_bound_time
from costmodel.formulas.cache import coded_size, size_16bit
from costmodel.formulas.routing import router_sensitivity
from costmodel.formulas.step import codec_step_time, expert_step_time, group_expert_time
from costmodel.language.functions import Indicator, Maximum, PNorm, PNormWeight
from costmodel.language.quantity import Coefficient, formula, total
from costmodel.language.symbols import (
    attends,
    codec_is_measured,
    conversion_spread,
    kernel_is_ideal,
    layer,
    layer_count,
    reduces_in_ring,
    ring_spread,
    router_spread,
    second,
)

SHORTEST = Rational(1, 10**15) * second  # of a model without experts, whose time is none
E = partial(Coefficient, law="spread")
attention_spread_launch = E(
    "attention_spread_launch", "", r"\varsigma_0", "Log error of attention where launch dominates.", 0.1, 0, 2, "kv"
)
attention_spread_cold = E(
    "attention_spread_cold", "", r"\varsigma_\infty", "Log error of attention where the cache streams.", 0.1, 0, 2, "kv"
)
gemm_spread = E("gemm_spread", "", r"\varsigma_g", "Log error of a matrix product.", 0.1, 0, 2)
grouped_spread = E("grouped_spread", "", r"\varsigma_e", "Log error of a grouped product of experts.", 0.15, 0, 2)
reduce_spread = E("reduce_spread", "", r"\varsigma_r", "Log error of an all-reduce.", 0.3, 0, 2)
codec_spread = E("codec_spread", "", r"\varsigma_c", "Log error of codec work.", 0.4, 0, 2)
other_spread = E("other_spread", "", r"\varsigma_o", "Log error of small kernels and host time.", 0.4, 0, 2)
token_cost_spread = E(
    "token_cost_spread",
    "",
    r"\varsigma_\tau",
    "Log error of a kernel's cost per token, as its fit knows it.",
    0.3,
    0,
    2,
    "kv",
)
pair_correlation = E(
    "pair_correlation", "", r"\varrho", "Correlation of attention errors of two cache formats on one shape.", 0.5, 0, 1
)


@formula("", r"\varsigma_\mathrm{comm}")
def communication_spread():
    """Log error of what is sent: a ring's, which another host runs at another pace, or that of a reduction between peers."""
    return reduces_in_ring * ring_spread + (1 - reduces_in_ring) * reduce_spread


@total("second", r"\sum t_{cr}", "layer_group")
def routed_time():
    """What experts of all layers take less for each log unit by which routers choose less alike, if weights alone count."""
    return group_expert_time * router_sensitivity


@formula("", r"\varsigma_\mathrm{exp}")
def experts_spread():
    """Log error of what experts take: that of the law of their products, and of how unequally a router chooses them."""
    of_router = router_spread * routed_time / Maximum(expert_step_time, SHORTEST)
    return (grouped_spread**2 + of_router**2) ** Rational(1, 2)


@total("second", r"\delta_\mathrm{attn}", "layer_group")
def attention_error():
    """Standard error of the attention time: launch-bound and streaming parts with their own spread, layers alike."""
    streaming = (attention_time - attends * attention_floor) * attention_spread_cold
    return layer_count / layer * (attends * attention_floor * attention_spread_launch + streaming)


@formula("second", r"t_\tau")
def token_bound_time():
    """The part of one layer's attention that waits for tokens to be streamed and multiplied, conversion left out."""
    overlapped = PNorm(attention_memory_time, multiprocessor_time, overlap)
    bound = overlapped * PNormWeight(multiprocessor_time, attention_memory_time, overlap)
    return attends * bound * (1 - conversion_time / multiprocessor_time)


@total("second", r"\delta_\tau", "layer_group")
def token_cost_error():
    """Standard error of the step by the cost of a token alone."""
    return layer_count / layer * token_bound_time * token_cost_spread


@total("second", r"\delta_{\tau b}", "layer_group")
def proxy_kernel_error():
    """The same where a format runs on the fit of another: its bytes are fewer, so that tokens weigh more than in the fit."""
    borrowed = (1 - codec_is_measured) * (1 - kernel_is_ideal) * Indicator(size_16bit - coded_size)
    return borrowed * layer_count / layer * token_bound_time * token_cost_spread


@formula("second", r"\delta_\mathrm{codec}")
def codec_error():
    """Standard error of codec work: passes of their own, and conversion inside attention."""
    passes, conversion = codec_step_time * codec_spread, conversion_bound_time * conversion_spread
    return (passes**2 + conversion**2) ** Rational(1, 2)
