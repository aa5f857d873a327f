"""What fits: weights, activations, the pool of the cache, and the batch that the pool holds.

An engine fills a share of memory (of all of it, or of what is free after loading); weights, activations and libraries come
off, the rest is the pool. A request holds its prompt and, averaged over its stay, E[o](1 + CV²)/2 generated tokens.
Conditions: no prefix sharing; admission as the engine's file says; one replica.
"""

from costmodel.formulas.attention_groups import attention_groups
from costmodel.formulas.block_tables import (
    block_tables,
    growing_request_blocks,
    local_held_size,
    local_token_size,
    pool_block,
    request_blocks,
)
from costmodel.formulas.paging import sequence_size, tail_padding_size
from costmodel.formulas.pooling import local_marginal_size, marginal_size
from costmodel.formulas.workspace import memory_peak, memory_workspace
from costmodel.language.functions import Floor, Indicator, Maximum, Minimum, PositivePart
from costmodel.language.quantity import formula, total
from costmodel.language.symbols import (
    activations_outside,
    embedding_size,
    fraction_of_free,
    generated,
    generated_cv,
    hidden_size,
    largest_state,
    layer,
    layer_count,
    max_model_length,
    max_sequences,
    memory_fraction,
    memory_visible,
    other_parameters,
    prints_concurrency,
    prompt,
    ranks,
    requires_full_length,
    reserve_limit,
    reserved_generation,
    sequence,
    state_pool_ratio,
    states_length,
    stored_weights,
    tied_embeddings,
    token,
    vision_parameters,
    vocabulary_size,
    weight_size,
)


@total("byte", r"\sum W_\mathrm{layers}", "layer_group product")
def layer_weights_size():
    """Weights of all layers on one GPU."""
    return stored_weights * weight_size


@formula("byte", r"M_w")
def memory_weights():
    """All weights on one GPU: layers, embedding, head, the vision tower, the rest."""
    embeddings = (2 - tied_embeddings) * vocabulary_size * hidden_size * embedding_size / ranks
    return layer_weights_size + embeddings + (other_parameters + vision_parameters) * embedding_size / ranks


@formula("byte", r"M_\mathrm{used}")
def memory_used():
    """What is taken before the pool: weights, workspace, and the peak of a pass where it counts."""
    return memory_weights + memory_workspace + (1 - activations_outside) * memory_peak


@formula("byte", r"M_\mathrm{pool}^{*}")
def pool_room():
    """Room for the pool on one GPU: the usable share less what is taken; negative where the weights do not fit."""
    usable = memory_fraction * (memory_visible - fraction_of_free * memory_used)
    return usable - (1 - fraction_of_free) * memory_used


def whole_blocks(room):
    """Whole blocks of a pool with that room; a pool of recurrent states of its own comes off first."""
    of_tokens = PositivePart(room) / (1 + state_pool_ratio * Indicator(largest_state))
    return Floor(of_tokens * token / (local_token_size * pool_block))


def printed_tokens(blocks):
    """Tokens of so many blocks as the engine prints them: over tables, or of requests of full length that they hold at once."""
    of_a_table = Floor(blocks / block_tables) * pool_block
    of_requests = Floor(blocks * max_model_length / request_blocks / token) * token
    return attention_groups * (prints_concurrency * of_requests + (1 - prints_concurrency) * of_a_table)


@formula("", r"N_b")
def pool_blocks():
    """Whole blocks of the pool."""
    return whole_blocks(pool_room)


@formula("token", r"T_\mathrm{pool}")
def pool_tokens():
    """Tokens of this scheme that the pools of all groups hold, as the engine prints them of each."""
    return printed_tokens(pool_blocks)


@formula("token/sequence", r"T_\mathrm{start}")
def startable_length():
    """Longest context with which the engine starts, where it must hold one request of full length."""
    left = PositivePart(pool_blocks - (request_blocks - growing_request_blocks) * sequence)
    growing = Maximum(growing_request_blocks * sequence, 1)
    return Floor(left * max_model_length * sequence / (token * growing)) * token / sequence


@formula("", r"x_\mathrm{start}")
def refuses_to_start():
    """1 where the engine does not start with the context that was stated."""
    return states_length * requires_full_length * Indicator(request_blocks * sequence - pool_blocks)


@formula("byte", r"M_\mathrm{pool}")
def memory_pool():
    """The pool on one GPU, in whole blocks."""
    return pool_blocks * pool_block / token * local_token_size


@formula("byte", r"M_\mathrm{res}")
def memory_reserve():
    """Memory that the engine leaves alone."""
    return memory_visible - memory_used - memory_pool


@formula("token/sequence", r"T_\mathrm{age}")
def generated_so_far():
    """Tokens that a running request has generated, on average: long outputs are met more often than short ones."""
    return generated * (1 + generated_cv**2) / 2


@formula("token/sequence", r"T_\mathrm{run}")
def running_context():
    """Mean context of the requests that run."""
    return prompt + generated_so_far


@formula("token/sequence", r"T_\mathrm{gen}")
def resident_generation():
    """Generated tokens for which a running request holds blocks: its age on average, or what admission reserves."""
    return Maximum(generated_so_far, reserved_generation * Minimum(generated, reserve_limit))


@formula("token/sequence", r"T_\mathrm{res}")
def resident_tokens():
    """Context at which the pool must hold a request."""
    return prompt + resident_generation


@total("byte/sequence", r"\sum m_\mathrm{seq}", "layer_group")
def local_sequence_size():
    """All bytes of a sequence on one GPU."""
    return layer_count / layer * sequence_size


@total("byte/sequence", r"\sum m_\mathrm{waste}", "layer_group")
def local_tail_padding_size():
    """Bytes of a sequence that block rounding leaves empty, on one GPU."""
    return layer_count / layer * tail_padding_size


@total("byte/token", r"\sum m_\mathrm{tok}^\mathrm{all}", "layer_group")
def kv_bytes_per_token():
    """Bytes that one more token of context adds to the cache, all layers, all GPUs before replication."""
    return layer_count / layer * marginal_size


@total("byte/token", r"\sum m_\mathrm{loc}", "layer_group")
def kv_bytes_per_token_per_gpu():
    """Bytes that one more token of context adds to the cache of one GPU."""
    return layer_count / layer * local_marginal_size


@formula("sequence", r"B_\mathrm{mem}")
def max_batch_memory():
    """Sequences that the pools of all groups hold at once."""
    return attention_groups * Floor(memory_pool / local_held_size / sequence) * sequence


@formula("sequence", r"B^{*}")
def max_batch():
    """Effective batch size: what the pool holds, at most what the scheduler runs."""
    return Minimum(max_batch_memory, attention_groups * max_sequences)
