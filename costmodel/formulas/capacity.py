"""What fits: weights, activations, the pool of the cache, and the batch that the pool holds.

An engine fills a share of memory (of all of it, or of what is free after loading); weights, activations and libraries come
off, the rest is the pool. A request holds its prompt and, averaged over its stay, E[o](1 + CV²)/2 generated tokens.
Conditions: no prefix sharing; admission as the engine's file says; one replica.
"""

from costmodel.formulas.cache import local_cached_heads
from costmodel.formulas.paging import sequence_size, tail_padding_size, tokens_per_block
from costmodel.formulas.pooling import local_marginal_size, marginal_size, pooled_size
from costmodel.language.functions import Floor, Maximum, Minimum, PositivePart
from costmodel.language.quantity import formula, total
from costmodel.language.symbols import (
    activation_size,
    activations_outside,
    byte,
    embedding_size,
    feed_forward_width,
    fraction_of_free,
    generated,
    generated_cv,
    grows,
    hidden_size,
    layer,
    layer_count,
    layers,
    max_batched_tokens,
    max_sequences,
    memory_fraction,
    memory_visible,
    other_parameters,
    prompt,
    ranks,
    reserve_limit,
    reserved_generation,
    sequence,
    stored_weights,
    tied_embeddings,
    token,
    vocabulary_size,
    weight_size,
    workspace_size,
)


@total("byte", r"\sum W_\mathrm{layers}", "layer_group product")
def layer_weights_size():
    """Weights of all layers on one GPU."""
    return stored_weights * weight_size


@formula("byte", r"M_w")
def memory_weights():
    """All weights on one GPU: layers, embedding, head, the rest."""
    embeddings = (2 - tied_embeddings) * vocabulary_size * hidden_size * embedding_size / ranks
    return layer_weights_size + embeddings + other_parameters * embedding_size / ranks


@formula("byte", r"M_a")
def memory_activations():
    """Peak activations of a pass of max_batched_tokens: gate, up and product of a feed-forward block, two residual streams."""
    width = 3 * feed_forward_width / ranks + 2 * hidden_size
    return activation_size * max_batched_tokens / token * width


@formula("byte", r"M_l")
def memory_logits():
    """Logits and probabilities of one pass, 4 bytes each, for every sequence that may run."""
    return 2 * 4 * byte * max_sequences / sequence * vocabulary_size / ranks


@formula("byte", r"M_\mathrm{work}")
def memory_workspace():
    """Libraries, captured graphs and communication buffers."""
    return workspace_size


@formula("byte", r"M_\mathrm{used}")
def memory_used():
    """What is taken before the pool: weights, workspace, and the larger of activations and logits where they count."""
    return memory_weights + memory_workspace + (1 - activations_outside) * Maximum(memory_activations, memory_logits)


@formula("byte", r"M_\mathrm{pool}^{*}")
def pool_room():
    """Room for the pool on one GPU: the usable share less what is taken; negative where the weights do not fit."""
    usable = memory_fraction * (memory_visible - fraction_of_free * memory_used)
    return usable - (1 - fraction_of_free) * memory_used


@total("byte", r"\sum m_\mathrm{tok}", "layer_group")
def local_token_size():
    """Bytes that one stored token takes in the layers that keep every token, on one GPU."""
    return layer_count / layer * grows * local_cached_heads * pooled_size * token


@total("token", r"\bar b", "layer_group")
def pool_block():
    """Tokens of a block of the pool (a mean over the layers, where their blocks differ)."""
    return layer_count / layers * tokens_per_block


@formula("token", r"T_\mathrm{pool}")
def pool_tokens():
    """Tokens of this scheme that the pool holds, in whole blocks."""
    return Floor(PositivePart(pool_room) * token / (local_token_size * pool_block)) * pool_block


@formula("byte", r"M_\mathrm{pool}")
def memory_pool():
    """The pool on one GPU, in whole blocks."""
    return pool_tokens / token * local_token_size


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
    """Sequences that the pool holds at once."""
    return Floor(memory_pool / local_sequence_size / sequence) * sequence


@formula("sequence", r"B^{*}")
def max_batch():
    """Effective batch size: what the pool holds, at most what the scheduler runs."""
    return Minimum(max_batch_memory, max_sequences)
