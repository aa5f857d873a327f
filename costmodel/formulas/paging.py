"""The paged pool: blocks of tokens, the unused tail of the last one, and what a slot of fixed size reserves.

A block table maps a sequence to blocks of ``block_size`` tokens (PagedAttention, Kwon et al. 2023, section 4). Where a
block has fixed bytes, it holds r times the tokens and wastes (r·b − 1)/2 of them. Condition: one table a layer kind.
"""

from costmodel.formulas.cache import constant_size, kept_tokens, local_cached_heads, size_16bit, size_16bit_excess
from costmodel.formulas.pooling import pooled_size, slot_size
from costmodel.language.functions import Ceil
from costmodel.language.quantity import formula
from costmodel.language.symbols import (
    attends,
    block_size,
    exact_lengths,
    fixed_byte_blocks,
    owns_cache,
    sequence,
    token,
)


@formula("token", r"b'")
def tokens_per_block():
    """Tokens of one block; more than the engine's default only where blocks have fixed bytes."""
    return block_size * (1 + fixed_byte_blocks * (size_16bit / slot_size - 1))


@formula("token/sequence", r"T_\mathrm{waste}")
def tail_block_padding():
    """Empty token slots in the last block: exact for one length, (b − 1)/2 on average over lengths."""
    exact = Ceil(kept_tokens * sequence / tokens_per_block) * tokens_per_block / sequence - kept_tokens
    spread = (tokens_per_block - token) / (2 * sequence)
    return exact_lengths * exact + (1 - exact_lengths) * spread


@formula("byte/sequence", r"m_\mathrm{waste}")
def tail_padding_size():
    """Bytes of a sequence in the layer that block rounding leaves empty, on one GPU."""
    return owns_cache * attends * tail_block_padding * local_cached_heads * slot_size


@formula("byte/sequence", r"m_\mathrm{seq}")
def sequence_size():
    """All bytes of a sequence in the layer on one GPU: coded and 16-bit tokens, rounding, state."""
    coded = owns_cache * local_cached_heads * (kept_tokens * pooled_size + size_16bit_excess)
    return coded + tail_padding_size + constant_size
