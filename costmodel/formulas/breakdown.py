"""A decode step broken down: work and traffic of its operations, time by kind of layer, memory of the running batch.

Work is useful arithmetic (no padding, no conversion); traffic is what must cross HBM once. Their ratio places an operation
under the roofline of the datasheet. Conditions: those of the step; what has no arithmetic has no place under the roof.
"""

from costmodel.formulas.attention import attention_time, attention_traffic, local_query_heads
from costmodel.formulas.cache import read_tokens
from costmodel.formulas.capacity import local_sequence_size, memory_pool, memory_used, memory_weights, memory_workspace
from costmodel.formulas.codec_total import codec_time
from costmodel.formulas.linear import product_time, product_traffic, timed_count
from costmodel.formulas.routing import active_experts
from costmodel.formulas.serving import throughput
from costmodel.formulas.step import attention_step_time, group_expert_time
from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.quantity import Input, formula, total
from costmodel.language.symbols import (
    attends,
    batch,
    columns,
    expert_gpus,
    expert_intermediate_size,
    experts,
    feed_forward_matrices,
    flop,
    hbm_bandwidth,
    head,
    hidden_size,
    inner,
    law_of_one_product,
    layer,
    layer_count,
    output_width,
    peak,
    peak_16bit,
    product_count,
    query_width,
    rows,
    token,
)

intensity = Input("intensity", "flop/byte", "I", "Arithmetic of an operation over its traffic.", "roofline", True)


@formula("flop", r"F_\mathrm{attn}")
def attention_work():
    """Arithmetic of decode attention of a layer: every query meets every read key, its weights every read value."""
    pairs = batch * local_query_heads * read_tokens / (token * head)
    return 2 * flop * pairs * (query_width + output_width)


@total("flop", r"\sum F_\mathrm{attn}", "layer_group")
def attention_step_work():
    """Arithmetic of decode attention, all layers, on one GPU."""
    return layer_count / layer * attends * attention_work


@total("byte", r"\sum W", "layer_group")
def attention_step_traffic():
    """Traffic of decode attention, all layers, on one GPU."""
    return layer_count / layer * attends * attention_traffic


@formula("flop/byte", r"I_\mathrm{attn}")
def attention_intensity():
    """Arithmetic of attention over its traffic."""
    return attention_step_work / attention_step_traffic


@formula("flop/second", r"\pi_\mathrm{attn}")
def attention_rate():
    """Arithmetic of attention in its time."""
    return attention_step_work / attention_step_time


@total("flop", r"\sum F_g", "layer_group")
def product_step_work():
    """Arithmetic of one matrix product in all layers, on one GPU."""
    return product_count * 2 * flop * rows * columns * inner


@total("byte", r"\sum W_g", "layer_group")
def product_step_traffic():
    """Traffic of one matrix product in all layers, on one GPU."""
    return product_count * product_traffic


@formula("", r"\varsigma_\nu")
def expert_product_share():
    """Share of one product of the experts in the time of their grouped product: its share of their weights; 0 of others."""
    weights = feed_forward_matrices * hidden_size * expert_intermediate_size / expert_gpus * Maximum(active_experts, 1)
    return (1 - law_of_one_product) * Indicator(experts) * columns * inner / Maximum(weights, 1)


@total("second", r"\sum t_g", "layer_group")
def product_step_time():
    """Time of one matrix product in all layers, its share of the grouped product where that times it."""
    return timed_count * product_time + expert_product_share * group_expert_time


@formula("flop/byte", r"I_g")
def product_intensity():
    """Arithmetic of a matrix product over its traffic."""
    return product_step_work / product_step_traffic


@formula("flop/second", r"\pi_g")
def product_rate():
    """Arithmetic of a matrix product in its time."""
    return product_step_work / product_step_time


@formula("flop/byte", r"I^{*}")
def ridge_intensity():
    """Intensity from which the tensor cores bind, by the datasheet."""
    return peak_16bit / hbm_bandwidth


@formula("flop/second", r"\hat\pi_{16}")
def roof_16bit():
    """What the datasheet allows at 16 bit at an intensity."""
    return Minimum(peak_16bit, intensity * hbm_bandwidth)


@formula("flop/second", r"\hat\pi")
def roof_weights():
    """What the datasheet allows at the type of the products at an intensity."""
    return Minimum(peak, intensity * hbm_bandwidth)


@formula("second", r"t_{\mathrm{attn},g}")
def group_attention_time():
    """Decode attention of all layers of one kind."""
    return layer_count / layer * attention_time


@formula("second", r"T_{\mathrm{codec},g}")
def group_codec_time():
    """Codec work outside attention of all layers of one kind."""
    return layer_count / layer * codec_time


@total("second", r"\sum_\nu t_\mathrm{gemm}", "product")
def group_product_time():
    """Matrix products of all layers of one kind, each by the law of one."""
    return timed_count * product_time


@formula("second", r"t_{\mathrm{w},g}")
def group_weight_time():
    """Matrix products of all layers of one kind, those of experts that run as one grouped product too."""
    return group_product_time + group_expert_time


@formula("byte", r"M_f")
def memory_forward():
    """Activations or logits of a forward pass, whichever is larger, where they count against the pool."""
    return memory_used - memory_weights - memory_workspace


@formula("byte", r"M_\mathrm{kv}")
def memory_cache():
    """Cache of the running batch on one GPU."""
    return batch * local_sequence_size


@formula("byte", r"M_\mathrm{free}")
def memory_free():
    """Pool that the running batch leaves free on one GPU; 0 where the batch does not fit."""
    return PositivePart(memory_pool - memory_cache)


@formula("second/token", r"\theta")
def device_time():
    """GPU time that an output token takes, over all GPUs of the replica."""
    return expert_gpus / throughput
