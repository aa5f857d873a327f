"""Blocks that eviction frees: a block is free only when no head needs any token in it.

Where each of h heads of a table keeps its own tokens, a share k of them apart from the others, all b·h entries of a block are
dropped with probability (1 − k)^(b·h). Condition: scores are spread over the context; a block is dropped whole or not at all.
"""

from functools import partial

from costmodel.formulas.cache import kept_tokens, local_cached_heads
from costmodel.formulas.capacity import local_sequence_size, local_tail_padding_size
from costmodel.formulas.codec import copy_efficiency, kernel_floor
from costmodel.formulas.paging import tokens_per_block
from costmodel.formulas.pooling import slot_size
from costmodel.language.functions import Maximum, PositivePart
from costmodel.language.quantity import Input, formula, total
from costmodel.language.symbols import (
    attends,
    hbm_bandwidth,
    head,
    kv_heads,
    layer,
    layer_count,
    layers,
    ranks,
    sequence,
    token,
)

kept_share = partial(Input, table="workload")(
    "kept_share", "", r"\kappa_e", "Share of the tokens that every head keeps."
)


@total("", r"f_{\mathrm{free},1}", "layer_group")
def freed_by_head():
    """Share of the blocks that are free where every head has a table of its own."""
    return layer_count / layers * PositivePart(1 - kept_share) ** (tokens_per_block / token)


@total("", r"f_{\mathrm{free},H}", "layer_group")
def freed_by_layer():
    """Share of the blocks that are free where the heads of a layer share a table."""
    heads = Maximum(kv_heads / ranks, head) / head
    return layer_count / layers * PositivePart(1 - kept_share) ** (tokens_per_block / token * heads)


@total("second", r"t_\mathrm{comp}", "layer_group")
def compaction_time():
    """Copying what is kept of a sequence together, all layers: a kernel, then its bytes read and written."""
    size = 2 * kept_tokens * kept_share * local_cached_heads * slot_size * sequence
    return layer_count / layer * attends * (kernel_floor + size / (copy_efficiency * hbm_bandwidth))


@formula("", r"f_\mathrm{tail}")
def tail_share():
    """Share of a sequence's bytes that the last, partly filled block leaves empty."""
    return local_tail_padding_size / local_sequence_size
