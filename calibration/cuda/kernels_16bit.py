"""Decode attention over a 16-bit cache by what is installed: FlashInfer, flash-attn, else torch.

Caches are [sequence, token, head, channel], contiguous; FlashInfer and flash-attn see them as pages of 16 tokens where the
context is whole pages. Neither library is needed, and neither could be run where this was written.
"""

from collections.abc import Callable
from importlib.util import find_spec

import torch

PAGE = 16
WORKSPACE = 128 * 2**20  # bytes that FlashInfer asks for


def best(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> tuple[str, Callable[[], torch.Tensor]]:
    """Name and call of the kernel; query [sequence, head, channel]."""
    on_cuda, whole = query.device.type == "cuda", keys.shape[1] % PAGE == 0
    if on_cuda and whole and find_spec("flashinfer"):
        return "flashinfer", _flashinfer(query, keys, values)
    if on_cuda and find_spec("flash_attn"):
        return "flash_attn", _flash_attn(query, keys, values)
    return "torch_sdpa", _torch(query, keys, values)


def _flashinfer(query, keys, values):
    import flashinfer

    sequences, context, heads, width = keys.shape
    pages = context // PAGE
    cache = torch.stack((keys, values), 2).view(sequences * pages, PAGE, 2, heads, width).transpose(1, 2).contiguous()
    workspace = torch.empty(WORKSPACE, dtype=torch.uint8, device=query.device)
    wrapper = flashinfer.BatchDecodeWithPagedKVCacheWrapper(workspace, "NHD")
    counting = torch.arange(sequences * pages, dtype=torch.int32, device=query.device)
    starts = torch.arange(sequences + 1, dtype=torch.int32, device=query.device) * pages
    last = torch.full((sequences,), PAGE, dtype=torch.int32, device=query.device)
    wrapper.plan(
        starts,
        counting,
        last,
        query.shape[1],
        heads,
        width,
        PAGE,
        q_data_type=query.dtype,
        kv_data_type=keys.dtype,
    )
    return lambda: wrapper.run(query, cache)


def _flash_attn(query, keys, values):
    from flash_attn import flash_attn_with_kvcache

    lengths = torch.full((len(keys),), keys.shape[1], dtype=torch.int32, device=query.device)
    step = query.unsqueeze(1)
    return lambda: flash_attn_with_kvcache(step, keys, values, cache_seqlens=lengths)


def _torch(query, keys, values):
    step, keys_by_head, values_by_head = query.unsqueeze(2), keys.transpose(1, 2), values.transpose(1, 2)
    return lambda: torch.nn.functional.scaled_dot_product_attention(step, keys_by_head, values_by_head, enable_gqa=True)
