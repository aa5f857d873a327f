"""Requests split over groups of GPUs (attention data parallel): a group holds the cache of its own, all share the experts.

Heads are split over the GPUs of a group, and weights of attention and dense layers are held by every group. All run a layer
together, because their tokens meet at the experts. Conditions: one node; requests spread evenly over the groups.
"""

from costmodel.language.quantity import formula
from costmodel.language.symbols import batch, expert_gpus, expert_tokens, forward_tokens, ranks


@formula("", r"n_\gamma")
def attention_groups():
    """Groups over which requests are split; one where attention is tensor parallel alone."""
    return expert_gpus / ranks


@formula("", r"n_\gamma^*")
def busy_groups():
    """Groups that compute a token in the pass."""
    return expert_tokens / forward_tokens


@formula("sequence", r"B_\gamma")
def batch_of_groups():
    """Sequences that all groups decode together; ``batch`` are those of one."""
    return busy_groups * batch
