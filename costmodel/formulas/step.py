"""The operations of one decode step on one replica: attention, codec, matrix products, all-reduces, small kernels.

Layers of different kinds add up. Conditions: cold L2 (weights pass between two layers' caches), contexts alike, one stream.
What binds an operation is described in ``binding``, the whole step in ``terms``.
"""

from functools import partial

from costmodel.formulas.attention import attention_time
from costmodel.formulas.codec import encode_time, flush_encode_time
from costmodel.formulas.codec_total import codec_time
from costmodel.formulas.communication import layer_communication_time
from costmodel.formulas.grouped import grouped_time
from costmodel.formulas.linear import product_time, timed_count
from costmodel.language.functions import Indicator, Minimum
from costmodel.language.quantity import Coefficient, formula, total
from costmodel.language.symbols import (
    activation_size,
    beside_experts,
    byte,
    experts,
    forward_tokens,
    grouped_is_measured,
    hbm_bandwidth,
    head_rows,
    hidden_size,
    intermediate_size,
    layer,
    layer_count,
    layer_kernels,
    layers,
    norms_over_heads,
    product_count,
    shared_stream_tokens,
    token,
    vocabulary_size,
)

S = partial(Coefficient, law="small-kernel")
small_floor = S(
    "small_floor", "second", r"t_s", "Floor of a norm, rotary or activation kernel in a graph.", 2e-6, 0.2e-6, 30e-6
)
small_efficiency = S(
    "small_efficiency", "", r"\eta_s", "Bandwidth of such a kernel over HBM's; L2 serves part.", 0.85, 0.05, 5
)
kernel_gap = S("kernel_gap", "second", r"t_\gamma", "Time between two kernels of a graph.", 0.4e-6, 0, 5e-6)
sampling_floor = S(
    "sampling_floor", "second", r"t_{sa}", "Kernels of a step beside its layers, at one row.", 60e-6, 0, 1e-3
)
sampling_efficiency = S("sampling_efficiency", "", r"\eta_{sa}", "Share of bandwidth of sampling.", 0.55, 0.02, 5)
OTHER_KERNELS = 7 / layer  # of a layer: four products, one of them split, attention and its combination
LOGIT_TRAFFIC = 10 * byte  # of sampling: a 16-bit logit read, and a 32-bit one written and read


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
    return timed_count * product_time


@total("second", r"t_{\mathrm{shared}}", "product")
def shared_expert_time():
    """The shared experts of a layer: their matrix products."""
    return beside_experts * Indicator(product_count) * product_time


@formula("second", r"t_{\mathrm{hid}}")
def hidden_expert_time():
    """Time of the routed experts of a layer in which the shared ones run: a second stream, for few tokens."""
    runs_beside = Indicator(shared_stream_tokens - forward_tokens)
    return runs_beside * Minimum(shared_expert_time, grouped_time)


@formula("second", r"t_{\mathrm{experts},g}")
def group_expert_time():
    """Experts of all layers of one kind, where a profile times them as one grouped product."""
    own = grouped_time - hidden_expert_time
    return grouped_is_measured * Indicator(experts) * layer_count / layer * own


@total("second", r"\sum t_\mathrm{experts}", "layer_group")
def expert_step_time():
    """Experts of all layers, where a profile times them as one grouped product."""
    return group_expert_time


@total("second", r"\sum t_\mathrm{ar}", "layer_group")
def communication_step_time():
    """All-reduces of all layers, and what groups exchange at their experts."""
    return layer_count / layer * layer_communication_time


@total("", r"k_\mathrm{small}", "layer_group")
def small_kernel_count():
    """Small kernels of a step.

    A grouped product holds the activation of its layer; what shared experts give is added to it. A norm over all heads has a
    kernel on each side of its all-reduce.
    """
    activations_in_grouped = grouped_is_measured * Indicator(experts) * (1 - Indicator(intermediate_size))
    return layer_count * (layer_kernels + (2 * norms_over_heads - activations_in_grouped) / layer)


@formula("second", r"t_\mathrm{small}")
def small_kernel_time():
    """Norms, rotary embedding, activation and cache write: a floor each, and their passes over the residual stream."""
    size = 4 * activation_size * forward_tokens / token * hidden_size
    return small_kernel_count * (small_floor + size / (small_efficiency * hbm_bandwidth))


@formula("second", r"t_\mathrm{gap}")
def kernel_gap_time():
    """Between the kernels of a step, which a graph launches one after another."""
    return (small_kernel_count + layers * OTHER_KERNELS) * kernel_gap


@formula("second", r"t_\mathrm{sample}")
def sampling_time():
    """Sampling and bookkeeping of a step: a floor, and passes over the logits."""
    size = head_rows / token * vocabulary_size * LOGIT_TRAFFIC
    return sampling_floor + size / (sampling_efficiency * hbm_bandwidth)


@total("second", r"\sum T_\mathrm{enc}", "layer_group")
def encode_step_time():
    """Encoding of all layers, spread over the steps."""
    return layer_count / layer * encode_time


@total("second", r"\sum T_\mathrm{burst}", "layer_group")
def flush_step_time():
    """What the step pays at which every layer flushes its window."""
    return layer_count / layer * flush_encode_time
