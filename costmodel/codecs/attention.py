"""Decode attention in plain torch, over a contiguous or a paged cache that may be coded: the truth of every fused kernel.

One query token a sequence; ``group`` query heads share a cached head. Softmax in float32 over the tokens that exist.
"""

import torch

from costmodel.codecs.quantisers import Coded, decode


def slots_of(table: torch.Tensor, page: int, length: int) -> torch.Tensor:
    """Slots [length] of one sequence's tokens in order, from its row of the block table."""
    tokens = torch.arange(length)
    return table.long()[tokens // page] * page + tokens % page


def decode_attention(
    query: torch.Tensor,
    keys: Coded,
    values: Coded,
    lengths: torch.Tensor,
    table: torch.Tensor,
    page: int,
    scale: float | None = None,
) -> torch.Tensor:
    """Output [sequence, query head, channel] in float32 of queries of that shape.

    ``lengths`` [sequence] tokens each, at least 1; ``table`` [sequence, page] names the pages of ``page`` slots. A contiguous
    cache is a table that counts up.
    """
    decoded_keys, decoded_values = decode(keys), decode(values)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    rows = []
    for sequence, length in enumerate(lengths.tolist()):
        slots = slots_of(table[sequence], page, length)
        key, value = decoded_keys[slots].transpose(0, 1), decoded_values[slots].transpose(0, 1)
        grouped = query[sequence].float().unflatten(0, (key.shape[0], -1))
        weights = torch.softmax(grouped @ key.transpose(1, 2) * scale, -1)
        rows.append((weights @ value).flatten(0, 1))
    return torch.stack(rows)
