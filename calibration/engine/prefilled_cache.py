"""A KV connector of vLLM that declares prompts' caches present, so that a request begins with its first decode step.

vLLM's own DecodeBenchConnector does so and writes numbers into the blocks of each request, which takes longer than the
steps; here the whole cache is filled once, when the engine registers it. ``SWITCH`` turns the declaration off for real
prefills. vLLM imports this file by name in the process of the engine.
"""

from dataclasses import dataclass
from typing import Any

import torch
from vllm.distributed.kv_transfer.kv_connector.v1.decode_bench_connector import DecodeBenchConnector

BYTES_BELOW = 0x3C  # bytes below it make finite numbers of moderate size as e4m3, fp16, bf16, fp32 and int8 alike
PARTS = 64  # in which a tensor is filled, for some hold more numbers than a 32-bit index counts


@dataclass
class Switch:
    """Whether requests that are scheduled from now on count as prefilled."""

    is_prefilled: bool = True


SWITCH = Switch()


class PrefilledCacheConnector(DecodeBenchConnector):
    """As its parent, but the cache is filled once, and only while ``SWITCH`` says so are prompts declared present."""

    def __init__(self, vllm_config: Any, role: Any, kv_cache_config: Any):
        super().__init__(vllm_config, role, kv_cache_config)

    def get_num_new_matched_tokens(self, request: Any, num_computed_tokens: int) -> tuple[int | None, bool]:
        """Tokens whose cache is declared present: all but the prompt's last, or none."""
        if not SWITCH.is_prefilled:
            return 0, False
        return super().get_num_new_matched_tokens(request, num_computed_tokens)

    def register_kv_caches(self, kv_caches: dict[str, Any]) -> None:
        """Take the engine's cache, one tensor or several a layer, and fill it."""
        super().register_kv_caches(kv_caches)
        for cache in kv_caches.values():
            for tensor in cache if isinstance(cache, list | tuple) else (cache,):
                fill(tensor)

    def start_load_kv(self, forward_context: Any, **kwargs: Any) -> None:
        """Load nothing: the cache is full since it was registered."""


def fill(cache: torch.Tensor) -> None:
    """Write random finite numbers: of unit scale where the type is a wide float, bytes that are finite as any type else."""
    for part in cache.chunk(PARTS):
        if part.element_size() == 1:
            part.view(torch.uint8).random_(0, BYTES_BELOW)
        else:
            part.normal_(0, 0.5)
