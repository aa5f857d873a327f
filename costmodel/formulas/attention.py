"""Decode attention of one layer on one GPU: a launch, then memory and the multiprocessors, overlapped.

Memory serves bytes (HBM for what misses L2, L2 for all of it, again for every query head that is not packed); the
multiprocessors stream, convert and multiply tokens in waves of work units that split along the context. Conditions: one
query token a sequence, contexts alike. Form: the project's own; fitted per GPU, engine, kernel, head width.
"""

from functools import partial

from costmodel.formulas.cache import (
    decoded_size,
    kept_tokens,
    key_elements,
    key_size,
    local_cached_heads,
    read_size,
    read_tokens,
    sidecar_size,
    value_elements,
    value_size,
)
from costmodel.formulas.reconstruction import reconstruction_cost
from costmodel.language.functions import Ceil, Indicator, Minimum, PNorm, PNormWeight, PositivePart
from costmodel.language.quantity import Coefficient, formula, slot
from costmodel.language.symbols import (
    activation_size,
    attends,
    batch,
    bit,
    clock,
    codec_is_measured,
    context,
    hbm_bandwidth,
    head,
    heads_per_work_unit,
    issue_lanes,
    kernel_is_ideal,
    kernel_width,
    l2_size,
    multiprocessor,
    multiprocessors,
    output_width,
    query_heads,
    query_width,
    ranks,
    sequence,
    token,
    warm,
    window,
)

us, ns = 1e-6, 1e-9
floor_in_step = Coefficient(
    "floor_in_step",
    "",
    r"\phi_0",
    "Floor of attention in a step's graph over that of a benchmark.",
    1,
    0.2,
    5,
    law="in-step",
)
streaming_in_step = Coefficient(
    "streaming_in_step",
    "",
    r"\phi_s",
    "Streaming of attention in a step over that of a benchmark.",
    1,
    0.2,
    5,
    law="in-step",
)
A = partial(Coefficient, law="attention")
attention_launch = A(
    "attention_launch",
    "second",
    "t_0",
    "Launch, prologue and first wave of decode attention.",
    8 * us,
    1 * us,
    40 * us,
    "kv path",
)
hbm_efficiency = A(
    "hbm_efficiency", "", r"\eta", "Share of datasheet bandwidth that attention reaches.", 0.9, 0.3, 1.05
)
l2_speedup = A("l2_speedup", "", r"\lambda", "L2 bandwidth over HBM bandwidth.", 2, 0.5, 30)
l2_usable = A("l2_usable", "", "c", "Share of L2 that the cache can use.", 0.8, 0.1, 1.5)
l2_sharpness = A("l2_sharpness", "", "s", "Sharpness of the L2 cliff.", 8, 1, 40)
overlap = A("overlap", "", "p", "Overlap of memory and multiprocessor time: 1 serial, large perfect.", 3, 1, 20, "kv")
occupancy_sharpness = A(
    "occupancy_sharpness", "", "q", "Sharpness with which work units fill the multiprocessors.", 2, 0.5, 10
)
min_split_tokens = A(
    "min_split_tokens", "token/sequence", r"\ell", "Fewest tokens of a split.", 128, 16, 1e5, "kv path"
)
max_extra_splits = A("max_extra_splits", "", r"\sigma", "Most splits beyond the first.", 32, 0.02, 500, "kv path")
wave_cost = A("wave_cost", "second", r"\tau_w", "One more wave of work units.", 2 * us, 0.05 * us, 30 * us, "kv path")
units_to_fill = A(
    "units_to_fill",
    "",
    r"f_u",
    "Work units that one multiprocessor needs to run at its full rate.",
    1,
    0.5,
    16,
    "kv path",
)
split_limit = A(
    "split_limit", "sequence*head", r"N_s", "Most work units of which the kernel still splits the context.",
    1e9, 1, 1e12, "kv path",
)  # fmt: skip
split_slowdown = A(
    "split_slowdown", "", r"k_\mathrm{split}", "Cost of a token where the context is split over that where it is not.", 1, 0.2, 5,
    "kv path",
)  # fmt: skip
units_per_sm = A(
    "units_per_sm", "sequence*head/sm", "o", "Work units resident on one multiprocessor.", 1, 0.3, 8, "kv path"
)
token_cost = A(
    "token_cost", "second*sm/token/head", r"\tau_t", "One multiprocessor streaming one token of one head.",
    10 * ns, 0.02 * ns, 300 * ns, "kv path",
)  # fmt: skip
token_cost_doubling_heads = A(
    "token_cost_doubling_heads", "", "g", "Further packed heads that double the token cost.", 64, 1, 3000, "kv path"
)
wave_cost_doubling_heads = A(
    "wave_cost_doubling_heads", "", r"g_w", "Further packed heads that double the wave cost.", 200, 4, 3000, "path"
)
wave_quantization = A("wave_quantization", "", r"\varphi", "Share of whole-wave quantisation.", 0.3, 0.01, 1)
window_edge = A("window_edge", "token/sequence", r"T_w", "Tokens read beyond the edge of a window.", 64, 1, 600)
window_wave = A("window_wave", "", r"k_w", "Slow-down of a wave by the window's mask.", 1, 0.3, 4)
window_cost = A("window_cost", "second", r"\delta_w", "Constant cost of a window.", 0.5 * us, 0.01 * us, 15 * us)
combine_cost = A("combine_cost", "second", r"\delta_s", "The pass that combines splits.", 1 * us, 0.01 * us, 15 * us)
batch_cost = A("batch_cost", "second", r"\delta_b", "Constant cost of the batched path.", 0.5 * us, 0.01 * us, 15 * us)


@slot("", r"\omega_d")
def conversion_work():
    """Issue slots of a thread that a cached number takes inside fused attention, beyond those of a 16-bit cache."""
    return 0


@slot("", r"\upsilon", high=1)
def unfused():
    """1 where the cache is decoded to 16 bit in a pass of its own before attention, 0 where attention decodes it."""
    return 0


@formula("head", r"H_\mathrm{q}")
def local_query_heads():
    """Query heads on one GPU."""
    return query_heads / ranks


@formula("sequence*head", "N")
def work_units():
    """Work units before splitting along the context."""
    return batch * local_query_heads / heads_per_work_unit


@formula("", r"\mu")
def l2_reread_factor():
    """How often a cached head is read through L2."""
    return local_query_heads / (local_cached_heads * heads_per_work_unit)


@formula("", r"w_1")
def windowed():
    """1 where a window cuts the context."""
    return Indicator(context - window)


@formula("", r"\upsilon'")
def decoded_apart():
    """1 where a pass of its own decodes the cache in every step; an ideal kernel needs none."""
    return unfused * (1 - kernel_is_ideal)


@formula("byte", "W")
def attention_traffic():
    """Bytes of keys, values, queries and outputs."""
    cache = (1 - decoded_apart) * read_size + decoded_apart * read_tokens * decoded_size
    queries = batch / sequence * local_query_heads / head * (query_width + output_width) * activation_size
    return batch * local_cached_heads * cache + queries


@formula("", "h")
def l2_hit_fraction():
    """Share of the traffic that L2 serves."""
    return warm * PNormWeight(l2_usable * l2_size, attention_traffic, l2_sharpness)


@formula("second", r"T_\mathrm{mem}")
def attention_memory_time():
    """HBM serves the misses; everything passes L2."""
    hbm = (1 - l2_hit_fraction) * attention_traffic / (hbm_efficiency * hbm_bandwidth)
    return streaming_in_step * (hbm + l2_reread_factor * attention_traffic / (l2_speedup * hbm_bandwidth))


@formula("", "x")
def wave_count():
    """Waves of work units, as a fraction."""
    return work_units / (multiprocessors * units_per_sm)


@formula("", r"\tilde w")
def effective_waves():
    """Waves that the device feels: smooth and whole ones mixed."""
    return (1 - wave_quantization) * PNorm(1, wave_count, 4) + wave_quantization * Ceil(wave_count)


@formula("", r"s_1")
def splits():
    """1 where the kernel splits the context."""
    return Indicator(split_limit - work_units)


@formula("sm", "U")
def split_units():
    """Multiprocessors that could work: one for as many work units and splits as it needs to hide its waits."""
    one_each = multiprocessor / (sequence * head)
    extra = splits * PNorm(read_tokens / min_split_tokens, max_extra_splits, -1)
    return work_units * one_each * (1 + extra) / units_to_fill


@formula("sm", r"S_e")
def active_sms():
    """Multiprocessors that have work."""
    return PNorm(split_units, multiprocessors, -occupancy_sharpness)


@formula("second*sm/token/head", r"\tau_c")
def conversion_cost():
    """One multiprocessor converting one token of one head: issue slots over the issue rate, a low-rank code multiplied back."""
    priced_apart = (1 - codec_is_measured) * (1 - kernel_is_ideal) * (1 - unfused)
    decoding = priced_apart * conversion_work * (key_elements + value_elements) / (issue_lanes * clock)
    return decoding + (1 - decoded_apart) * reconstruction_cost


@formula("1/token/head", r"n'")
def streamed_elements():
    """Numbers of a token and head that the multiprocessors stream; under an ideal kernel its bytes in 16-bit numbers."""
    elements = key_elements + value_elements
    ideal = Minimum(elements, (key_size + value_size + sidecar_size) / (16 * bit))
    return (1 - kernel_is_ideal) * elements + kernel_is_ideal * ideal


@formula("second*sm/token/head", r"\tau")
def token_time():
    """One multiprocessor on one token of one head: streaming, the query heads' arithmetic, conversion."""
    width = streamed_elements * token * head / (2 * kernel_width)
    return token_cost * width * (1 + (heads_per_work_unit - 1) / token_cost_doubling_heads) + conversion_cost


@formula("second", r"T_\mathrm{sm}")
def multiprocessor_time():
    """Extra waves, then tokens streamed by the busy multiprocessors."""
    wave = (
        wave_cost
        * (1 + windowed * (window_wave - 1))
        * (1 + (heads_per_work_unit - 1) / wave_cost_doubling_heads)
        * PositivePart(effective_waves - 1)
    )
    of_split = 1 + splits * (split_slowdown - 1)
    stream = of_split * token_time * (read_tokens + windowed * window_edge) * work_units / active_sms
    return streaming_in_step * (wave + stream)


@formula("second", r"T_\mathrm{conv}")
def conversion_time():
    """The part of the multiprocessor time that converts the cache to what the arithmetic takes."""
    return streaming_in_step * conversion_cost * read_tokens * work_units / active_sms


@formula("second", r"T_0")
def attention_floor():
    """What does not overlap: launch, window, batch, combining splits."""
    unit = sequence * head / multiprocessor
    splitting = combine_cost * PositivePart(1 - work_units / (active_sms * unit))
    constant = attention_launch + windowed * window_cost + Indicator(batch - sequence) * batch_cost
    return floor_in_step * (constant + splitting)


@formula("second", r"t_\mathrm{attn}")
def attention_time():
    """Decode attention of one layer."""
    return attends * (attention_floor + PNorm(attention_memory_time, multiprocessor_time, overlap))


# What dispatch rules look at.
@formula("", "G")
def group_size():
    """Query heads that share a cached head."""
    return local_query_heads / local_cached_heads


@formula("token*head", r"N_\mathrm{kv}")
def kv_units():
    """Cached heads times tokens of the batch, at least 128 tokens each."""
    return batch * local_cached_heads * (kept_tokens + PositivePart(128 * token / sequence - kept_tokens))
