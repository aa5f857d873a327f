"""What a layer keeps and reads otherwise than all of its own: sparse indexers, compressed entries, caches of earlier layers.

An indexer keeps a key a token beside the cache, and attention reads the tokens that it selects; layers may share a selection
(GLM-5.2) or a cache (Gemma 4). DeepSeek-V4 keeps a window and, behind it, one entry for several tokens.
"""

from collections.abc import Mapping
from typing import Any

from costmodel.errors import FactError
from costmodel.facts.huggingface.fields import Fields, shown

OVERLAPPING = 4  # tokens of an entry in DeepSeek-V4's layers whose entries overlap, and which have an indexer


def with_selection(fields: Fields, layer: dict[str, Any], place: int, count: int) -> dict[str, Any]:
    """A layer's keys with those of its indexer, its compression and whose cache it reads; ``place`` counts from 0."""
    if layer["mixer"] in ("recurrent", "none"):
        return layer
    if fields.entries("compress_ratios", count) is not None:
        return compressed(fields, layer, place, count)
    return layer | indexer(fields, place, count) | blocks(fields, place, count) | shared_cache(fields, place, count)


def indexer(fields: Fields, place: int, count: int) -> dict[str, Any]:
    """The indexer of DeepSeek-V3.2 and GLM-5: keys of one head a token, in layers that do not take an earlier selection."""
    if fields.get("index_topk") is None:
        return {}
    selected = {"selected_tokens": f"{fields.integer('index_topk')} token"}
    return selected | index_keys(fields) if has_indexer(fields, place, count) else selected


def index_keys(fields: Fields) -> dict[str, Any]:
    """Heads and width of an indexer."""
    return {"index_heads": fields.integer("index_n_heads"), "index_width": fields.integer("index_head_dim")}


def has_indexer(fields: Fields, place: int, count: int) -> bool:
    """Whether the layer has an indexer of its own; FactError for a list of other entries than full and shared."""
    stated = fields.entries("indexer_types", count)
    if stated is not None:
        if stated[place] not in ("full", "shared"):
            raise FactError(
                f"{fields.location}: indexer_types: expected entries full or shared, got {shown(stated[place])}"
            )
        return stated[place] == "full"
    every, first = fields.integer("index_topk_freq", default=1), fields.integer("index_skip_topk_offset", default=1)
    return place < first or (place - first + 1) % every == 0


def blocks(fields: Fields, place: int, count: int) -> dict[str, Any]:
    """The indexer of MiniMax M3, which selects blocks of tokens; FactError for no object."""
    stated = fields.get("sparse_attention_config")
    if stated is None:
        return {}
    if not isinstance(stated, Mapping):
        raise fields.wrong("sparse_attention_config", "an object with sparse_topk_blocks and sparse_block_size")
    inner = Fields(stated, f"{fields.location}: sparse_attention_config")
    chosen = inner.entries("sparse_attention_freq", count)
    if not inner.flag("use_sparse_attention", default=True) or (chosen is not None and not chosen[place]):
        return {}
    extra = sum(inner.integer(name, default=0, minimum=0) for name in ("sparse_init_block", "sparse_local_block"))
    tokens = (inner.integer("sparse_topk_blocks") + extra) * inner.integer("sparse_block_size")
    return {
        "selected_tokens": f"{tokens} token",
        "index_heads": inner.integer("sparse_num_index_heads"),
        "index_width": inner.integer("sparse_index_dim"),
    }


def shared_cache(fields: Fields, place: int, count: int) -> dict[str, Any]:
    """Whether the layer reads the cache of an earlier one: the last layers of Gemma 4, every so many of Hunyuan-Large."""
    last = fields.integer("num_kv_shared_layers", default=0, minimum=0)
    if last and place >= count - last:
        return {"owns_cache": False, "values": "none"}
    share = fields.integer("cla_share_factor", default=1)
    if fields.flag("use_cla") and place % share:
        return {"owns_cache": False, "values": "none"}
    return {}


def compressed(fields: Fields, layer: dict[str, Any], place: int, count: int) -> dict[str, Any]:
    """A layer of DeepSeek-V4: keys that are the values, low-rank queries, outputs in groups, and a compressor of its ratio."""
    tokens = (fields.entries("compress_ratios", count) or [])[place]
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0:
        raise fields.wrong("compress_ratios", "whole numbers of tokens, one per layer")
    layer = layer | {
        "values": "keys",
        "query_rank": fields.integer("q_lora_rank"),
        "output_groups": fields.integer("o_groups"),
        "output_rank": fields.integer("o_lora_rank"),
    }
    if not tokens:
        return layer
    width = fields.integer("head_dim")
    if tokens != OVERLAPPING:
        return layer | {"compressed_share": 1 / tokens, "compressor_columns": 2 * width}
    keys = index_keys(fields)
    selected = fields.integer("index_topk") + fields.integer("sliding_window")
    return layer | {
        "compressed_share": 1 / tokens,
        "selected_tokens": f"{selected} token",
        "compressor_columns": 4 * width + 3 * keys["index_width"],
        **keys,
    }
