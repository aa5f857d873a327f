"""The prompt pass of one sequence on an idle replica: products at large m, attention over a triangle of pairs, the codec.

A compressing scheme encodes the prompt, scores it where it evicts, and writes attention weights out where its score needs
all of them. Conditions: nothing cached, one prompt (``prompts``), chunks of max_batched_tokens.
"""

from sympy import Add, Rational

from costmodel.formulas.attention import local_query_heads
from costmodel.formulas.cache import coded_size, key_elements, local_cached_heads, size_16bit, value_elements
from costmodel.formulas.codec import copy_efficiency, encode_kernels, encode_work, kernel_floor
from costmodel.formulas.communication import layer_communication_time
from costmodel.formulas.errors import codec_spread, experts_spread, gemm_spread, other_spread
from costmodel.formulas.linear import product_time, timed_count
from costmodel.formulas.prefill_attention import prefill_attention_error, prefill_attention_total
from costmodel.formulas.step import group_expert_time
from costmodel.formulas.terms import errors_of, forward_pass_time
from costmodel.language.functions import Ceil, Maximum, Minimum, PositivePart
from costmodel.language.quantity import formula, slot, total
from costmodel.language.symbols import (
    attends,
    byte,
    clock,
    context,
    decode_tokens,
    exposed_latency,
    flop,
    hbm_bandwidth,
    head,
    issue_lanes,
    kernel_is_ideal,
    layer,
    layer_count,
    layers,
    max_batched_tokens,
    multiprocessors,
    owns_cache,
    peak_16bit,
    prompt_layer_time,
    prompt_slowdown,
    prompts,
    query_width,
    sequence,
    token,
    version_spread,
)

PROMPT_ROOM = Maximum(max_batched_tokens - decode_tokens, token)  # of a pass, beside the tokens that decode
ROWS_OF_TILE = 16 * token  # to which a pass is filled up: products of ragged rows are slower
SLOWED = (gemm_spread, experts_spread)  # log errors of what a lower clock slows


@slot("token/sequence", r"T_W")
def scored_queries():
    """Prompt queries whose attention weights are computed again to score the cache; 0 for none."""
    return 0 * token / sequence


@slot("", r"k_p")
def prompt_passes():
    """Passes over the encoded prompt beyond encoding it once: dequantising it for later chunks, gathering what is kept."""
    return 0


@formula("second", r"t_\mathrm{penc}")
def prefill_codec_time():
    """Encoding, scoring and compacting the prompt in one layer."""
    passes = encode_kernels + prompt_passes
    traffic = context * prompts * local_cached_heads * (size_16bit + coded_size) / (copy_efficiency * hbm_bandwidth)
    work = context * prompts * local_cached_heads * (key_elements + value_elements) * encode_work
    busy = exposed_latency * work / (issue_lanes * clock * multiprocessors)
    pairs = Minimum(scored_queries, context) * context * prompts * sequence / token**2
    scores = (
        local_query_heads
        / head
        * pairs
        * (2 * flop * query_width / peak_16bit + 8 * byte / (copy_efficiency * hbm_bandwidth))
    )
    return (
        owns_cache
        * attends
        * (1 - kernel_is_ideal)
        * (passes * (kernel_floor + traffic) + encode_kernels * busy + scores)
    )


@total("second", r"\sum t_\mathrm{penc}", "layer_group")
def prefill_codec_total():
    """Codec work on the prompt, all layers."""
    return layer_count / layer * prefill_codec_time


@formula("", r"n_c")
def prompt_chunks():
    """Forward passes that the prompt takes, beside the tokens that decode."""
    return Ceil(context * prompts / PROMPT_ROOM)


@formula("token", r"m_p")
def chunk_tokens():
    """Tokens of one forward pass of the prompt: its chunks are alike, and what decodes rides along; rows of whole tiles."""
    return ROWS_OF_TILE * Ceil((context * prompts / prompt_chunks + decode_tokens) / ROWS_OF_TILE)


@total("second", r"\sum t_\mathrm{pgemm}", "layer_group product")
def prefill_matrix_total():
    """Matrix products of one chunk."""
    return timed_count * product_time


@total("second", r"\sum t_\mathrm{pexperts}", "layer_group")
def prefill_expert_total():
    """Experts of one chunk, where a profile times them as one grouped product."""
    return group_expert_time


@total("second", r"\sum t_\mathrm{par}", "layer_group")
def prefill_communication_total():
    """All-reduces and exchanges of one chunk."""
    return layer_count / layer * layer_communication_time


@formula("second", r"t_\mathrm{pow}")
def slowed_products_time():
    """What a pass takes longer than its products timed one by one: they draw the power that lowers the clock."""
    return (prompt_slowdown - 1) * (prefill_matrix_total + prefill_expert_total)


@formula("second", r"\sum t_\mathrm{pass}")
def passes_time():
    """What all chunks of the prompt pay anew."""
    return prompt_chunks * (forward_pass_time + slowed_products_time)


@formula("second", r"t_{p,\mathrm{dev}}")
def prefill_device_time():
    """The prompt on the device: the products of its chunks, attention, codec."""
    return passes_time + prefill_attention_total + prefill_codec_total


@formula("second", r"t_{p,\mathrm{host}}")
def prefill_host_time():
    """The prompt on the host, which launches the kernels of every layer of its chunks."""
    return prompt_chunks * layers * prompt_layer_time


@formula("second", r"t_\mathrm{prefill}")
def prefill_time():
    """The prompt pass: the device or, for few tokens, the host that it waits for."""
    return Maximum(prefill_device_time, prefill_host_time)


def errors_of_a_chunk():
    """Error of what a chunk pays anew, by the log error that its quantities share; that of products grows as they do."""
    errors = errors_of(lambda term: term.every_pass)
    return {spread: error * (prompt_slowdown if spread in SLOWED else 1) for spread, error in errors.items()}


@formula("", r"\varsigma_\mathrm{TTFT}")
def prefill_time_spread():
    """Log standard error of the prompt pass."""
    of_a_chunk = errors_of_a_chunk()
    assumed = prompt_chunks * of_a_chunk.pop(other_spread) + prefill_codec_total * codec_spread
    waiting = PositivePart(prefill_host_time - prefill_device_time) * other_spread
    measured = Add(*((prompt_chunks * error) ** 2 for error in of_a_chunk.values())) + prefill_attention_error**2
    of_kernels = (measured + (assumed + waiting) ** 2) / prefill_time**2
    return (of_kernels + version_spread**2) ** Rational(1, 2)
