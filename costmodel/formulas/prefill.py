"""The prompt pass of one sequence on an idle replica: products at large m, attention over a triangle of pairs, the codec.

Attention tiles of 128 queries run in waves; the diagonal tile is padded; a compressing scheme encodes the prompt, scores
it where it evicts, and writes attention weights out where its score needs all of them. Conditions: nothing cached, one
prompt, chunks of max_batched_tokens. Form: calibration notes, section 4.
"""

from functools import partial

from sympy import Rational

from costmodel.formulas.attention import local_query_heads
from costmodel.formulas.cache import coded_size, key_elements, local_cached_heads, plain_size, value_elements
from costmodel.formulas.codec import copy_efficiency, encode_kernels, encode_work, kernel_floor
from costmodel.formulas.communication import all_reduce_time
from costmodel.formulas.linear import product_time
from costmodel.formulas.step import codec_spread, gemm_spread, other_spread, reduce_spread, small_kernel_time
from costmodel.language.functions import Least, Most, Norm, Ramp, Whole
from costmodel.language.quantity import Coefficient, formula, slot, total
from costmodel.language.symbols import (
    activation_size,
    attends,
    byte,
    clock,
    context,
    exposed_latency,
    feed_forward,
    flop,
    forward_tokens,
    hbm_bandwidth,
    head,
    issue_lanes,
    layer,
    layer_count,
    multiprocessor,
    multiprocessors,
    output_width,
    peak_16bit,
    product_count,
    query_width,
    sequence,
    step_host_time,
    token,
    window,
)

us = 1e-6
P = partial(Coefficient, law="prefill-attention")
prefill_launch = P("prefill_launch", "second", r"t_p", "Launch of prefill attention.", 10 * us, 1 * us, 60 * us, "kv")
prefill_peak_share = P(
    "prefill_peak_share", "", r"\varepsilon_p", "Share of tensor peak of prefill attention.", 0.6, 0.03, 1.2, "kv"
)
prefill_efficiency = P("prefill_efficiency", "", r"\eta_p", "Share of bandwidth of prefill attention.", 0.7, 0.1, 1.1)
prefill_overlap = P("prefill_overlap", "", r"p_p", "Overlap of memory and tensor time.", 2, 1, 20)
prefill_roundness = P("prefill_roundness", "", r"\varphi_p", "Share of whole-wave quantisation.", 0.5, 0.01, 1)
prefill_diagonal = P("prefill_diagonal", "token/sequence", r"T_d", "Padding of the diagonal tile.", 64, 1, 2000)
prefill_wave = P("prefill_wave", "second", r"\tau_p", "One more wave of tiles.", 1 * us, 0.02 * us, 30 * us, "kv")

prefill_spread = Coefficient(
    "prefill_spread", "", r"\varsigma_p", "Log error of prefill attention.", 0.3, 0, 2, law="spread"
)


@slot("token/sequence", r"T_W")
def scored_queries():
    """Prompt queries whose attention weights are computed again to score the cache; 0 for none."""
    return 0 * token / sequence


@slot("", r"k_p")
def prompt_passes():
    """Passes over the encoded prompt beyond encoding it once: dequantising it for later chunks, gathering what is kept."""
    return 0


@formula("token**2/sequence**2", r"A")
def attended_pairs():
    """Query-key pairs of a causal prompt, cut by a window, with the padding of the diagonal."""
    seen = Least(context, window)
    return context * seen - seen**2 / 2 + context * prefill_diagonal


@formula("second", r"T_{p,\mathrm{tc}}")
def prefill_compute_time():
    """Tensor time of the pairs, in waves of tiles of 128 queries."""
    x = local_query_heads / head * Whole(context * sequence / (128 * token)) * multiprocessor / multiprocessors
    felt = ((1 - prefill_roundness) * Most(x, 1) + prefill_roundness * Whole(x)) / x
    work = 2 * flop * local_query_heads / head * (query_width + output_width) * attended_pairs * sequence**2 / token**2
    return work / (prefill_peak_share * peak_16bit) * felt + prefill_wave * Ramp(x - 1)


@formula("second", r"T_{p,\mathrm{mem}}")
def prefill_memory_time():
    """Queries, outputs, keys and values read and the cache written."""
    queries = local_query_heads / head * (query_width + output_width) * activation_size / token
    size = context * sequence * (queries + local_cached_heads * (plain_size + coded_size))
    return size / (prefill_efficiency * hbm_bandwidth)


@formula("second", r"t_\mathrm{pattn}")
def prefill_attention_time():
    """Prefill attention of one layer."""
    return attends * (prefill_launch + Norm(prefill_compute_time, prefill_memory_time, prefill_overlap))


@formula("second", r"t_\mathrm{penc}")
def prefill_codec_time():
    """Encoding, scoring and compacting the prompt in one layer."""
    passes = encode_kernels + prompt_passes
    traffic = context * sequence * local_cached_heads * (plain_size + coded_size) / (copy_efficiency * hbm_bandwidth)
    work = context * sequence * local_cached_heads * (key_elements + value_elements) * encode_work
    busy = exposed_latency * work / (issue_lanes * clock * multiprocessors)
    pairs = Least(scored_queries, context) * context * sequence**2 / token**2
    scores = (
        local_query_heads
        / head
        * pairs
        * (2 * flop * query_width / peak_16bit + 8 * byte / (copy_efficiency * hbm_bandwidth))
    )
    return attends * (passes * (kernel_floor + traffic) + encode_kernels * busy + scores)


@total("second", r"\sum t_\mathrm{pattn}", "layer_group")
def prefill_attention_total():
    """Prefill attention of all layers."""
    return layer_count / layer * prefill_attention_time


@total("second", r"\sum t_\mathrm{penc}", "layer_group")
def prefill_codec_total():
    """Codec work on the prompt, all layers."""
    return layer_count / layer * prefill_codec_time


@formula("", r"n_c")
def prompt_chunks():
    """Forward passes that the prompt takes."""
    return Whole(context * sequence / forward_tokens)


@total("second", r"\sum t_\mathrm{pgemm}", "layer_group product")
def prefill_matrix_total():
    """Matrix products of one chunk."""
    return product_count * product_time


@total("second", r"\sum t_\mathrm{par}", "layer_group")
def prefill_communication_total():
    """All-reduces of one chunk."""
    return layer_count / layer * (attends + feed_forward) * all_reduce_time


@formula("second", r"t_\mathrm{prefill}")
def prefill_time():
    """The prompt pass: the products of its chunks, attention, codec."""
    chunks = prompt_chunks * (prefill_matrix_total + prefill_communication_total + small_kernel_time + step_host_time)
    return chunks + prefill_attention_total + prefill_codec_total


@formula("", r"\varsigma_\mathrm{TTFT}")
def prefill_time_spread():
    """Log standard error of the prompt pass."""
    products = (prompt_chunks * prefill_matrix_total * gemm_spread) ** 2
    attention = (prefill_attention_total * prefill_spread) ** 2
    links = (prompt_chunks * prefill_communication_total * reduce_spread) ** 2
    rest = (
        prompt_chunks * (small_kernel_time + step_host_time) * other_spread + prefill_codec_total * codec_spread
    ) ** 2
    return (products + attention + links + rest) ** Rational(1, 2) / prefill_time
