"""The KV cache of one sequence in one layer: what a scheme may change, and the bytes it leaves behind.

Every slot is a promise that a mechanism may redefine relative to what stands before it; the definitions here are the
uncompressed 16-bit cache. Conditions: one layer of one kind, all heads alike; block rounding is in ``paging``.
"""

import math

from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.quantity import formula, slot
from costmodel.language.symbols import (
    bit,
    byte,
    compressed_share,
    context,
    head,
    index_width,
    key_width,
    kv_heads,
    ranks,
    selected_tokens,
    sequence,
    state_size,
    token,
    value_width,
    window,
)


@slot("token/sequence", r"T_\mathrm{kept}", above_low=True)
def kept_tokens():
    """Tokens of a sequence that stay in the cache of a layer, those compressed behind its window counted by their entries."""
    return Minimum(context, window + compressed_share * context)


@slot("", r"\partial_T T_\mathrm{kept}", low=-math.inf)
def kept_growth():
    """Tokens that one more token of context adds to the cache; 0 once a window or budget is full."""
    whole = Indicator(window + compressed_share * context - context)
    return whole + (1 - whole) * compressed_share


@slot("", r"\partial_{T_p} T_\mathrm{kept}", low=-math.inf)
def prompt_growth():
    """Tokens that one more token of the prompt adds to the cache, outputs alike; 0 where the prompt is cut to a budget."""
    return kept_growth


@slot("token/sequence", r"T_\mathrm{read}", above_low=True)
def read_tokens():
    """Tokens of a sequence that attention reads in one decode step: all that is kept, or what the layer's indexer selects."""
    return Minimum(kept_tokens, selected_tokens)


@slot("head", r"H_c", above_low=True)
def cached_heads():
    """Key/value heads that the cache holds, over all GPUs."""
    return kv_heads


@slot("1/token/head", r"n_K")
def key_elements():
    """Numbers cached for the key of one token and head."""
    return key_width / (token * head)


@slot("1/token/head", r"n_V")
def value_elements():
    """Numbers cached for the value of one token and head."""
    return value_width / (token * head)


@slot("byte", r"b_K")
def key_bits():
    """Width of a cached key number."""
    return 16 * bit


@slot("byte", r"b_V")
def value_bits():
    """Width of a cached value number."""
    return 16 * bit


@slot("byte", r"\sigma_K")
def key_metadata():
    """Scales and zero points of a key number, spread over the tile that shares them."""
    return 0 * byte


@slot("byte", r"\sigma_V")
def value_metadata():
    """Scales and zero points of a value number, spread over the tile that shares them."""
    return 0 * byte


@slot("token/sequence", r"T_{K,16}")
def precise_key_tokens():
    """Tokens whose keys stay at 16 bit: sinks and the residual window (mean over its fill)."""
    return 0 * token / sequence


@slot("token/sequence", r"T_{V,16}")
def precise_value_tokens():
    """Tokens whose values stay at 16 bit."""
    return 0 * token / sequence


@slot("byte/token/head", r"\varsigma")
def sidecar_size():
    """Outliers, scores or low-rank corrections stored beside every kept token and head, read where the token is read."""
    return 0 * byte / (token * head)


@slot("byte/token/head", r"\varsigma_i")
def index_size():
    """Index stored for every kept token and head, and read whole in every step to choose what attention reads.

    The key of a layer's own indexer serves all heads, at 16 bit.
    """
    return index_width * 16 * bit / (token * cached_heads)


@slot("byte/token/head", r"\varsigma_f")
def signature_size():
    """Fingerprints stored for every kept token and head, which attention never reads."""
    return 0 * byte / (token * head)


@slot("byte/sequence", r"m_0")
def constant_size():
    """Bytes of a sequence in the layer on one GPU that do not grow: recurrent state, split over the ranks; bases, buffers."""
    return state_size / ranks


@slot("", r"\rho_r")
def read_rate():
    """Bytes that attention reads of a coded number over its nominal size: below 1 where reads follow an entropy code."""
    return 1


@formula("head", r"H_\mathrm{loc}")
def local_cached_heads():
    """Cached heads on one GPU; replicated where there are more ranks than heads."""
    return Maximum(cached_heads / ranks, head)


@formula("byte/token/head", r"s_K")
def key_size():
    """Bytes of one coded key."""
    return key_elements * (key_bits + key_metadata)


@formula("byte/token/head", r"s_V")
def value_size():
    """Bytes of one coded value."""
    return value_elements * (value_bits + value_metadata)


@formula("byte/token/head", r"s_c")
def coded_size():
    """Bytes of one coded token of one head, with scales, sidecar, index and fingerprints."""
    return key_size + value_size + sidecar_size + index_size + signature_size


@formula("byte/token/head", r"s_{16}")
def size_16bit():
    """Bytes of one token of one head at 16 bit."""
    return (key_elements + value_elements) * 16 * bit


@formula("byte/token/head", r"s_{16}'")
def decoded_size():
    """Bytes of one token of one head written out for attention: at 16 bit, and at full width where a low-rank code was cached."""
    return Maximum(size_16bit, (key_width + value_width) / (token * head) * 16 * bit)


@formula("byte/sequence/head", r"\Delta_{16}")
def size_16bit_excess():
    """What the tokens held at 16 bit cost beyond their coded size."""
    keys = Minimum(precise_key_tokens, kept_tokens) * (key_elements * 16 * bit - key_size)
    values = Minimum(precise_value_tokens, kept_tokens) * (value_elements * 16 * bit - value_size)
    return keys + values


@formula("byte/sequence/head", r"R_\mathrm{kv}")
def read_size():
    """Bytes of a sequence and head that attention reads in one step."""
    keys = PositivePart(read_tokens - precise_key_tokens) * key_size
    values = PositivePart(read_tokens - precise_value_tokens) * value_size
    plain_keys = Minimum(read_tokens, precise_key_tokens) * key_elements * 16 * bit
    plain_values = Minimum(read_tokens, precise_value_tokens) * value_elements * 16 * bit
    return read_rate * (keys + values) + plain_keys + plain_values + read_tokens * sidecar_size
