"""What eviction, compaction and deduplication do to a cache, in plain torch: scores, the best tokens, moves, hashes."""

import torch

PRIME, START = 1099511628211, -3750763034362895579  # FNV-1a, 64 bit; the start as a signed number


def scores(weights: torch.Tensor, before: torch.Tensor, decay: float = 1.0) -> torch.Tensor:
    """Scores [head, token] after a step: earlier ones times ``decay`` plus attention weights [head, query head, token]."""
    return before * decay + weights.float().sum(1)


def best(score: torch.Tensor, kept_tokens: int) -> torch.Tensor:
    """Tokens [head, kept_tokens] of the largest scores, in order of the token; the earlier one where two are equal."""
    order = torch.sort(score, dim=-1, descending=True, stable=True).indices
    return order[..., :kept_tokens].sort(-1).values


def gather(cache: torch.Tensor, slots: torch.Tensor) -> torch.Tensor:
    """The cache's rows [slot, ...] at those slots, in that order: what compaction writes."""
    return cache[slots.long()]


def block_hashes(words: torch.Tensor) -> torch.Tensor:
    """FNV-1a over the int32 words [block, word] of every block: int64 [block]."""
    digest = torch.full((words.shape[0],), START, dtype=torch.int64)
    for index in range(words.shape[1]):
        digest = (digest ^ (words[:, index].long() & 0xFFFFFFFF)) * PRIME
    return digest
