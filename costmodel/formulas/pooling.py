"""What a cached token takes in the pool: its coded bytes, less what lives elsewhere, at the size of the slot, shared or not.

Blocks of varying size save their mean only under an allocator of varying sizes; in slots of one size each takes the worst
(FlexKV's entropy-coded pages keep slots of full size). Equal blocks that share one page count once. Condition: one layer.
"""

from costmodel.formulas.cache import cached_heads, coded_size, kept_growth, key_size, local_cached_heads, value_size
from costmodel.language.functions import Maximum
from costmodel.language.quantity import formula, slot
from costmodel.language.symbols import byte, head, owns_cache, token, variable_allocator


@slot("", r"\bar r", above_low=True)
def mean_coded_ratio():
    """Mean size of a coded block over its nominal size (below 1 for entropy codes)."""
    return 1


@slot("", r"\hat r", above_low=True)
def worst_coded_ratio():
    """Largest size of a coded block over its nominal size: what a fixed slot must reserve."""
    return 1


@slot("", r"v_c", high=1)
def size_classes():
    """1 where the scheme brings an allocator with slots of several sizes, 0 where the engine's allocator decides."""
    return 0


@slot("", r"\delta_=", high=1)
def duplicate_share():
    """Share of a sequence's full blocks that use a page stored for another block, beyond prefixes that the engine merges."""
    return 0


@slot("byte/token/head", r"\varsigma_h")
def offloaded_size():
    """Bytes of a coded token and head that live on the host or farther, out of the pool."""
    return 0 * byte / (token * head)


@formula("", r"\bar r_b")
def reserved_rate():
    """Share of its nominal size that a coded block takes: its mean under an allocator of varying sizes, else its worst case."""
    is_variable = Maximum(variable_allocator, size_classes)
    return is_variable * mean_coded_ratio + (1 - is_variable) * worst_coded_ratio


@formula("byte/token/head", r"s_b")
def slot_size():
    """Bytes that the pool reserves for one token of one head."""
    beside = coded_size - key_size - value_size
    return (key_size + value_size - offloaded_size) * reserved_rate + beside


@formula("byte/token/head", r"s_p")
def pooled_size():
    """Bytes of the pool that one token of one head takes, duplicates counted once."""
    return slot_size * (1 - duplicate_share)


@formula("byte/token", r"m_\mathrm{tok}")
def marginal_size():
    """Bytes that one more token of context adds to the layer, over all GPUs before replication."""
    return owns_cache * kept_growth * cached_heads * pooled_size


@formula("byte/token", r"m_\mathrm{loc}")
def local_marginal_size():
    """Bytes that one more token of context adds to the layer on one GPU."""
    return owns_cache * kept_growth * local_cached_heads * pooled_size
