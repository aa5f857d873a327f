"""Block tables: kinds of layers that draw pages of one size from one pool, and the size that an engine prints of it.

Layers of one kind are cut into tables of equally many layers; a block of a table holds one page of each of its layers. Wider
tokens mean fewer of them in a page; a recurrent state takes a page whole, so that blocks grow until it fits (vLLM
v1/core/kv_cache_utils.py, platforms/interface.py). Condition: other engines have one table.
"""

from costmodel.formulas.cache import local_cached_heads
from costmodel.formulas.paging import sequence_size, tokens_per_block
from costmodel.formulas.pooling import pooled_size
from costmodel.formulas.workspace import pass_tokens
from costmodel.language.functions import Ceil, Indicator, Maximum, Minimum
from costmodel.language.quantity import formula, total
from costmodel.language.symbols import (
    attends,
    block_size,
    largest_state,
    layer,
    layer_count,
    max_model_length,
    page_ratio,
    pool_share,
    ranks,
    sequence,
    state_pages,
    state_size,
    table_layers,
    table_share,
    token,
    unified_pages,
    window,
)


@total("byte", r"\sum m_\mathrm{tok}", "layer_group")
def local_token_size():
    """Bytes that one token takes in the layers for which a block of the pool has room, on one GPU."""
    return layer_count / layer * pool_share * local_cached_heads * pooled_size * token


@total("layer", r"\lambda_\mathrm{pool}", "layer_group")
def pooled_layers():
    """Layers for which a block of the pool has room."""
    return layer_count * pool_share


@total("layer", r"\sum \rho_p", "layer_group")
def pooled_page_ratio():
    """Their widths over that of the widest layer, summed."""
    return layer_count * pool_share * page_ratio


@total("token*layer", r"\sum b", "layer_group")
def pooled_block():
    """Tokens of their blocks, summed, were the page that of the widest layer."""
    return layer_count * pool_share * tokens_per_block / page_ratio


@formula("token", r"b_\mathrm{state}")
def state_block():
    """Tokens of a block whose page holds a recurrent state, in steps of the engine's block; 0 without states."""
    step = block_size / token * local_token_size * layer / pooled_layers
    return unified_pages * block_size * Ceil(largest_state * sequence / ranks / step)


@formula("token", r"\bar b")
def pool_block():
    """Tokens of a block of the pool (a mean over its layers, where their blocks differ)."""
    return Maximum(pooled_block / pooled_layers, state_block)


@formula("byte", r"m_\mathrm{page}")
def page_size():
    """Bytes of a page: one block of one layer, on one GPU."""
    return pool_block / token * local_token_size * layer / pooled_layers


@total("", r"n_\mathrm{tab}", "layer_group")
def block_tables():
    """Block tables of the model."""
    return layer_count * table_share


@formula("token", r"b_g")
def table_block():
    """Tokens of a block in a table of this kind of layer."""
    return pool_block * pooled_page_ratio / pooled_layers / page_ratio


@formula("1/sequence", r"n_\mathrm{pg}")
def request_pages():
    """Pages that a request of full length may hold in a table of this kind: all of it, a window and a pass, or a state.

    A window holds what one pass adds to it, and one page more where it does not start with a page (SlidingWindowSpec).
    """
    pooled = Indicator(pool_share)
    in_window = Minimum(window - token / sequence + pass_tokens / sequence, max_model_length)
    whole = Ceil(max_model_length * sequence / table_block) / sequence
    within = (Ceil(in_window * sequence / table_block) + 1) / sequence
    return attends * (pooled * whole + (1 - pooled) * within) + (1 - attends) * state_pages


@total("1/sequence", r"\sum n_\mathrm{pg}", "layer_group")
def request_blocks():
    """Blocks that a request of full length may hold in all tables."""
    return layer_count * table_share * request_pages


@total("1/sequence", r"\sum n_\infty", "layer_group")
def growing_request_blocks():
    """Those of them that grow with the length of the request."""
    whole = Ceil(max_model_length * sequence / table_block) / sequence
    return layer_count * table_share * attends * Indicator(pool_share) * whole


@formula("", r"\pi_\lambda")
def table_padding():
    """Layers that the tables of this kind have room for over the layers that there are."""
    return 1 + unified_pages * (table_share * table_layers - 1)


@formula("byte/sequence", r"m_\mathrm{held}")
def held_size():
    """All bytes that a sequence holds in the layer on one GPU, pages of missing layers and of states included."""
    paged_state = unified_pages * (1 - attends) * table_share * table_layers
    state = paged_state * state_pages * page_size - unified_pages * (1 - attends) * state_size / ranks
    return (attends * table_padding + 1 - attends) * sequence_size + state


@total("byte/sequence", r"\sum m_\mathrm{held}", "layer_group")
def local_held_size():
    """All bytes that a sequence holds on one GPU."""
    return layer_count / layer * held_size
