"""Codec work outside the attention kernel, for one layer of one decode step.

Unfused decoding writes the cache out at 16 bit before attention reads it; encoding costs a pass over the new tokens, every
step or in a burst when a residual window is flushed; scoring reads and sums attention weights, which a fused kernel never
wrote; an index is read whole to choose what attention reads. Each is a small kernel: a floor, then bytes over bandwidth.
"""

from functools import partial

from costmodel.formulas.attention import decoded_apart, local_query_heads
from costmodel.formulas.cache import (
    coded_size,
    decoded_size,
    index_size,
    kept_tokens,
    key_elements,
    local_cached_heads,
    read_tokens,
    size_16bit,
    value_elements,
)
from costmodel.formulas.reconstruction import reconstruction_time
from costmodel.language.functions import Indicator
from costmodel.language.quantity import Coefficient, formula, slot
from costmodel.language.symbols import (
    attends,
    batch,
    byte,
    clock,
    codec_is_measured,
    exposed_latency,
    hbm_bandwidth,
    head,
    index_width,
    issue_lanes,
    kernel_is_ideal,
    multiprocessors,
    owns_cache,
    query_cast_kernels,
    second,
    sequence,
    token,
)

us = 1e-6
C = partial(Coefficient, law="codec")
kernel_floor = C(
    "kernel_floor", "second", r"t_k", "Floor of a small kernel inside a graph.", 1.7 * us, 0.2 * us, 30 * us
)
copy_efficiency = C("copy_efficiency", "", r"\eta_k", "Share of bandwidth of a streaming kernel.", 0.85, 0.05, 1.05)


@slot("", r"\omega_e")
def encode_work():
    """Thread instructions that encoding one number takes."""
    return 0


@slot("", r"k_e")
def encode_kernels():
    """Kernels that encoding takes, each time it runs; 0 where it is fused into the cache write."""
    return 0


@slot("token/sequence", r"T_f", above_low=True)
def flush_tokens():
    """Tokens that are encoded together when a residual window is flushed; 1 where every step encodes its token."""
    return 1 * token / sequence


@slot("", r"k_\mathrm{sc}")
def score_kernels():
    """Kernels that update scores in every step."""
    return 0


@slot("1/head", r"n_s")
def score_passes():
    """Passes over a row of attention weights per query head in every step, beyond what fused attention does."""
    return 0 / head


@slot("", r"k_i")
def select_kernels():
    """Kernels that choose what attention reads in every step: two for the layer's own indexer, scores and choice."""
    return 2 * Indicator(index_width)


@slot("token/sequence", r"T_m")
def moved_tokens():
    """Kept tokens that a step copies to close the gaps of evicted ones."""
    return 0 * token / sequence


@slot("second", r"T_{+}")
def added_time():
    """Whatever else a scheme adds to a layer of a decode step; how a hypothetical codec states its price."""
    return 0 * second


@formula("second", r"T_\mathrm{dec}")
def decode_pass_time():
    """Decoding the read tokens to 16 bit in a pass of its own."""
    tokens = batch * local_cached_heads * read_tokens
    traffic = tokens * (coded_size + decoded_size) / (copy_efficiency * hbm_bandwidth)
    return attends * decoded_apart * (kernel_floor + traffic + tokens * reconstruction_time)


@formula("second", r"T_\mathrm{burst}")
def flush_encode_time():
    """Encoding at the step in which a window is flushed."""
    tokens = batch * local_cached_heads * flush_tokens
    traffic = tokens * (coded_size + size_16bit) / (copy_efficiency * hbm_bandwidth)
    work = tokens * (key_elements + value_elements) * encode_work
    busy = exposed_latency * work / (issue_lanes * clock * multiprocessors)
    return owns_cache * attends * (1 - kernel_is_ideal) * encode_kernels * (kernel_floor + traffic + busy)


@formula("second", r"T_\mathrm{enc}")
def encode_time():
    """Encoding, spread over the steps between two flushes."""
    return flush_encode_time * token / (sequence * flush_tokens)


@formula("second", r"T_\mathrm{score}")
def score_time():
    """Reading and summing attention weights (4 bytes each) to keep the scores that eviction ranks by."""
    weights = batch * local_query_heads * kept_tokens / token * score_passes * 4 * byte
    passes = score_kernels * kernel_floor + weights / (copy_efficiency * hbm_bandwidth)
    return attends * (1 - kernel_is_ideal) * passes


@formula("second", r"T_\mathrm{sel}")
def select_time():
    """Reading the index and choosing tokens."""
    size = batch * local_cached_heads * kept_tokens * index_size
    floors = (1 - kernel_is_ideal) * select_kernels * kernel_floor
    return attends * (floors + size / (copy_efficiency * hbm_bandwidth))


@formula("second", r"T_q")
def query_cast_time():
    """Casting the query to the cache's type, where the engine does so in a kernel of its own."""
    return attends * codec_is_measured * query_cast_kernels * kernel_floor


@formula("second", r"T_\mathrm{move}")
def move_time():
    """Copying kept tokens to close gaps."""
    size = 2 * batch * local_cached_heads * moved_tokens * coded_size
    return attends * (1 - kernel_is_ideal) * size / (copy_efficiency * hbm_bandwidth)
