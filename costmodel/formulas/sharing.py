"""One history that many sequences continue: branches of one request (a fork), or requests that begin alike (a prefix).

Full blocks of the history are stored once, referred to by every block table and copied on write (PagedAttention, Kwon et al.
2023, section 4.4). What is replaced in place, or lies outside of blocks, each sequence stores for itself. Conditions: the
sequences are equally long, and their history was whole before they parted; a scheme is taken at what its format allows.
"""

from functools import partial

from costmodel.formulas.cache import constant_size, kept_tokens, local_cached_heads, size_16bit_excess
from costmodel.formulas.capacity import local_sequence_size, memory_pool
from costmodel.formulas.codec import copy_efficiency, kernel_floor
from costmodel.formulas.paging import tokens_per_block
from costmodel.formulas.pooling import pooled_size, slot_size
from costmodel.formulas.retrieval import full_heads
from costmodel.language.functions import Floor, Indicator, PositivePart
from costmodel.language.quantity import Input, formula, slot, total
from costmodel.language.symbols import (
    attends,
    block_size,
    context,
    hbm_bandwidth,
    layer,
    layer_count,
    layers,
    owns_cache,
    sequence,
    token,
)

S = partial(Input, table="sharing")
private_tokens = S(
    "private_tokens", "token/sequence", r"T_\mathrm{own}", "Newest tokens of a sequence that no other shares."
)
branches = S("branches", "sequence", r"n_b", "Sequences that continue one history.", positive=True)
across_requests = S(
    "across_requests", "", r"x_r", "1 where the sequences are requests of their own, 0 where they are branches of one."
)
baseline_history_size = S(
    "baseline_history_size", "byte/sequence", r"m_\mathrm{hist}^0", "What the baseline stores once for all branches."
)
baseline_branch_size = S(
    "baseline_branch_size", "byte/sequence", r"m_b^0", "What the baseline stores for every branch."
)


@slot("", r"\zeta", high=1)
def full_blocks_immutable():
    """1 where a full block never changes again; 0 where its entries are replaced in place."""
    return 1


@slot("", r"\zeta_r", high=1)
def prefix_cacheable():
    """1 where what is stored follows from the tokens before it, so that another request may use it; 0 where later ones chose."""
    return 1


@slot("", r"\zeta_k", high=1)
def reusable_next_turn():
    """1 where the stored cache can go on to another question; 0 where it was chosen for the first one."""
    return 1


@slot("token/sequence", r"T_\mathrm{loose}")
def residual_window_tokens():
    """Newest tokens held outside of blocks: a residual window."""
    return 0 * token / sequence


@slot("token", r"b_\mathrm{sh}", above_low=True)
def share_unit():
    """Tokens at whose multiples a prefix may end: a block, or the window or tile of tokens that is coded together."""
    return block_size


@formula("token/sequence", r"T_h")
def history_tokens():
    """Tokens that the sequences have in common."""
    return PositivePart(context - private_tokens)


@formula("token/sequence", r"T_\mathrm{sh}")
def shared_tokens():
    """Tokens of a layer that lie in full blocks of the history, as far as they are still kept and may be shared."""
    of_all_heads = full_heads + 1 - Indicator(full_heads)  # where some heads keep a ring, it holds their own tokens
    history = PositivePart(kept_tokens - of_all_heads * private_tokens - residual_window_tokens)
    full = Floor(history * sequence / tokens_per_block)
    return full_blocks_immutable * (1 - across_requests * (1 - prefix_cacheable)) * full * tokens_per_block / sequence


@formula("byte/sequence", r"m_\mathrm{sh}")
def shared_size():
    """Bytes of the history in the layer that are stored once, on one GPU."""
    return owns_cache * shared_tokens * local_cached_heads * pooled_size


@total("byte/sequence", r"m_\mathrm{hist}", "layer_group")
def history_size():
    """What is stored once for all sequences, on one GPU."""
    return layer_count / layer * shared_size


@formula("byte/sequence", r"m_b")
def branch_size():
    """What every sequence stores for itself, on one GPU: its own tokens, the tail of the history, what cannot be shared."""
    return local_sequence_size - history_size


@formula("byte", r"M_b")
def branched_size():
    """All sequences of one history together, on one GPU."""
    return history_size * sequence + branches * branch_size


@formula("", r"\gamma_\mathrm{sh}")
def sharing_gain():
    """The same sequences without sharing, over what they take."""
    return branches * local_sequence_size / branched_size


@formula("", r"\rho_b")
def stored_ratio():
    """Bytes of all branches over those of the baseline's branches."""
    return branched_size / (baseline_history_size * sequence + branches * baseline_branch_size)


@formula("sequence", r"n_b^{*}")
def max_branches():
    """Sequences of one history that the pool holds at once."""
    return Floor(PositivePart(memory_pool - history_size * sequence) / (branch_size * sequence)) * sequence


@formula("", r"n_b^{=}")
def break_even_branches():
    """Branches at which scheme and baseline store the same; beyond them the one with the larger branch stores more."""
    return (baseline_history_size - history_size) / (branch_size - baseline_branch_size)


@formula("byte/sequence", r"m_\mathrm{cp}")
def copy_on_write_size():
    """Bytes of a layer that a branch copies when it writes for the first time: what lies in no full shared block."""
    tokens = (kept_tokens - shared_tokens) * slot_size
    return local_cached_heads * (tokens + size_16bit_excess) + constant_size


@total("byte/sequence", r"\sum m_\mathrm{cp}", "layer_group")
def local_copy_on_write_size():
    """Bytes that one branch copies, on one GPU."""
    return layer_count / layer * copy_on_write_size


@total("second", r"t_\mathrm{fork}", "layer_group")
def copy_on_write_time():
    """One branch parts: in every layer that copies anything a kernel reads and writes it."""
    traffic = 2 * copy_on_write_size * sequence / (copy_efficiency * hbm_bandwidth)
    return layer_count / layer * attends * Indicator(copy_on_write_size) * (kernel_floor + traffic)


@total("", r"\lambda_\mathrm{no}", "layer_group")
def uncacheable_layers():
    """Layers whose cache no other request can use."""
    return layer_count / layer * attends * (1 - prefix_cacheable)


@total("", r"\lambda_\mathrm{end}", "layer_group")
def single_turn_layers():
    """Layers whose cache cannot go on to another question."""
    return layer_count / layer * attends * (1 - reusable_next_turn)


@total("token", r"\bar b_\mathrm{sh}", "layer_group")
def prefix_unit():
    """Tokens at whose multiples a prefix may end (a mean over the layers, where they differ)."""
    return layer_count / layers * share_unit


@formula("token/sequence", r"T_\mathrm{hit}")
def prefix_hit_tokens():
    """Tokens of the history that a request finds computed: whole units, in all layers or in none."""
    full = Floor(history_tokens * sequence / prefix_unit) * prefix_unit / sequence
    return full * (1 - Indicator(uncacheable_layers))


@formula("token/sequence", r"T_\mathrm{go}")
def reused_tokens():
    """Tokens of a conversation that its next turn need not compute again."""
    return history_tokens * (1 - Indicator(single_turn_layers))
