"""One decode step of the whole model on one replica: attention, codec, matrix products, all-reduces, small kernels, host.

Layers of different kinds add up. The same step is told twice: by operation, and by what binds it (the waterfall), and
both sums are equal. Conditions: cold L2 (weights pass between two layers' caches), contexts alike, one stream.
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
from costmodel.formulas.cache import coded_size, size_16bit
from costmodel.formulas.codec import codec_time, encode_time, flush_encode_time
from costmodel.formulas.communication import all_reduce_time
from costmodel.formulas.linear import (
    gemm_overlap,
    product_compute_time,
    product_floor,
    product_memory_time,
    product_time,
)
from costmodel.language.functions import Indicator, PNorm, PNormWeight
from costmodel.language.quantity import Coefficient, formula, total
from costmodel.language.symbols import (
    activation_size,
    attends,
    batch,
    codec_is_measured,
    conversion_spread,
    feed_forward,
    forward_tokens,
    hbm_bandwidth,
    hidden_size,
    layer,
    layer_count,
    layer_kernels,
    layers,
    product_count,
    state_size,
    step_host_time,
    token,
)

E = partial(Coefficient, law="spread")
attention_spread_launch = E(
    "attention_spread_launch", "", r"\varsigma_0", "Log error of attention where launch dominates.", 0.1, 0, 2, "kv"
)
attention_spread_cold = E(
    "attention_spread_cold", "", r"\varsigma_\infty", "Log error of attention where the cache streams.", 0.1, 0, 2, "kv"
)
gemm_spread = E("gemm_spread", "", r"\varsigma_g", "Log error of a matrix product.", 0.1, 0, 2)
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


S = partial(Coefficient, law="small-kernel")
small_floor = S(
    "small_floor", "second", r"t_s", "Floor of a norm, rotary or activation kernel in a graph.", 2e-6, 0.2e-6, 30e-6
)
small_efficiency = S("small_efficiency", "", r"\eta_s", "Share of bandwidth of such a kernel.", 0.85, 0.05, 1.05)


@total("second", r"\sum t_\mathrm{attn}", "layer_group")
def attention_step_time():
    """Decode attention of all layers."""
    return layer_count / layer * attention_time


@total("second", r"\sum t_\mathrm{codec}", "layer_group")
def codec_step_time():
    """Codec work outside attention, all layers."""
    return layer_count / layer * codec_time


@total("second", r"\sum t_\mathrm{gemm}", "layer_group product")
def matrix_step_time():
    """Matrix products of all layers and the output head."""
    return product_count * product_time


@total("second", r"\sum t_\mathrm{ar}", "layer_group")
def communication_step_time():
    """All-reduces: one after attention, one after the feed-forward block."""
    return layer_count / layer * (attends + feed_forward) * all_reduce_time


@formula("second", r"t_\mathrm{small}")
def small_kernel_time():
    """Norms, rotary embedding, activation and cache write: a floor each, and their passes over the residual stream."""
    size = 4 * activation_size * forward_tokens / token * hidden_size
    return layers * layer_kernels * (small_floor + size / (small_efficiency * hbm_bandwidth))


@total("second", r"\sum t_\mathrm{state}", "layer_group")
def state_step_time():
    """Recurrent layers: their state read and written."""
    return layer_count / layer * 2 * batch * state_size / (small_efficiency * hbm_bandwidth)


@formula("second", r"t_\mathrm{step}")
def step_time():
    """One decode step: one more token for every sequence of the batch."""
    operations = attention_step_time + codec_step_time + matrix_step_time + state_step_time
    return operations + communication_step_time + small_kernel_time + step_host_time


# --- the same step by what binds it


@total("second", r"\sum t_\mathrm{hbm}", "layer_group")
def hbm_bound_time():
    """Attention waiting for memory."""
    overlapped = PNorm(attention_memory_time, multiprocessor_time, overlap)
    return layer_count / layer * attends * overlapped * PNormWeight(attention_memory_time, multiprocessor_time, overlap)


@total("second", r"\sum t_\mathrm{sm}", "layer_group")
def sm_bound_time():
    """Attention waiting for the multiprocessors, conversion included."""
    overlapped = PNorm(attention_memory_time, multiprocessor_time, overlap)
    return layer_count / layer * attends * overlapped * PNormWeight(multiprocessor_time, attention_memory_time, overlap)


@total("second", r"\sum t_\mathrm{conv}", "layer_group")
def conversion_bound_time():
    """The part of the multiprocessor-bound time that converts the cache."""
    overlapped = PNorm(attention_memory_time, multiprocessor_time, overlap)
    bound = overlapped * PNormWeight(multiprocessor_time, attention_memory_time, overlap)
    return layer_count / layer * attends * bound * conversion_time / multiprocessor_time


@total("second", r"\sum t_{0}", "layer_group")
def attention_launch_time():
    """Floors of attention."""
    return layer_count / layer * attends * attention_floor


@total("second", r"\sum t_{g,0}", "layer_group product")
def matrix_launch_time():
    """Floors of the matrix products."""
    return product_count * product_floor


@total("second", r"\sum t_{g,\mathrm{mem}}", "layer_group product")
def matrix_memory_bound_time():
    """Matrix products waiting for memory."""
    overlapped = PNorm(product_memory_time, product_compute_time, gemm_overlap)
    return product_count * overlapped * PNormWeight(product_memory_time, product_compute_time, gemm_overlap)


@formula("second", r"t_\mathrm{tc}")
def matrix_compute_bound_time():
    """Matrix products waiting for the tensor cores."""
    return matrix_step_time - matrix_launch_time - matrix_memory_bound_time


@formula("second", r"t_\mathrm{launch}")
def launch_bound_time():
    """Floors of all kernels."""
    return attention_launch_time + matrix_launch_time + small_kernel_time


@total("second", r"\sum T_\mathrm{enc}", "layer_group")
def encode_step_time():
    """Encoding of all layers, spread over the steps."""
    return layer_count / layer * encode_time


@total("second", r"\sum T_\mathrm{burst}", "layer_group")
def flush_step_time():
    """What the step pays at which every layer flushes its window."""
    return layer_count / layer * flush_encode_time


@formula("", r"\varphi_\mathrm{codec}")
def codec_share():
    """Share of a decode step that codec work takes, conversion inside attention included."""
    return (codec_step_time + conversion_bound_time) / step_time


# --- how far the step may be wrong


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
    borrowed = (1 - codec_is_measured) * Indicator(size_16bit - coded_size)
    return borrowed * layer_count / layer * token_bound_time * token_cost_spread


@formula("second", r"\delta_\mathrm{codec}")
def codec_error():
    """Standard error of codec work: passes of their own, and conversion inside attention."""
    passes, conversion = codec_step_time * codec_spread, conversion_bound_time * conversion_spread
    return (passes**2 + conversion**2) ** Rational(1, 2)


@formula("second", r"\delta_g")
def product_error():
    """Standard error of the matrix products."""
    return matrix_step_time * gemm_spread


@formula("second", r"\delta_r")
def link_error():
    """Standard error of the all-reduces."""
    return communication_step_time * reduce_spread


@formula("second", r"\delta_o")
def other_error():
    """Standard error of small kernels and host time, which are assumed."""
    return (small_kernel_time + step_host_time + state_step_time) * other_spread


@formula("second", r"\delta_\mathrm{shared}")
def shared_error():
    """Standard error of what every cache format pays alike: products, all-reduces, small kernels, host."""
    return (product_error**2 + link_error**2 + other_error**2) ** Rational(1, 2)


@formula("", r"\varsigma_\mathrm{step}")
def step_spread():
    """Log standard error of the step time."""
    total_error = attention_error**2 + codec_error**2 + proxy_kernel_error**2 + shared_error**2
    return total_error ** Rational(1, 2) / step_time
