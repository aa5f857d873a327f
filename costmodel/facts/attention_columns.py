"""Columns of one kind of attention layer out of its TOML table: heads and widths, projections, latents, the indexer.

``get`` reads a key of the table: ``get(key, default, unit)``, an error naming the place where a required one is missing or
absurd. Widths are those of one head in the cache; columns those of the matrices that make them.
"""

import math
from collections.abc import Callable

from costmodel.errors import FactError

Get = Callable[..., float]
# Projected apart; the keys before their rotation, cached apart (Gemma 4); the cached keys themselves (DeepSeek-V4); neither
# keys nor values are projected, as an earlier layer's are read (Hunyuan-Large).
VALUES = ("own", "from-keys", "keys", "none")


def of_heads(get: Get, location: str, values: str) -> dict[str, float]:
    """Heads and widths of a layer whose cache holds keys and values of every head."""
    heads, kv_heads, key = get("query_heads"), get("kv_heads"), get("head_dim")
    value = get("value_head_dim", key)
    if heads % kv_heads:
        raise FactError(f"{location}: {heads:g} query heads do not divide into {kv_heads:g} key/value heads")
    return {
        "query_heads": heads,
        "kv_heads": kv_heads,
        "query_width": key,
        "key_width": key,
        "value_width": 0.0 if values == "keys" else value,
        "output_width": value,
        "expanded_key_width": key,
        "expanded_value_width": value,
    }


def of_projections(get: Get, values: str, gated: bool) -> dict[str, float]:
    """Columns of the projections of such a layer: queries and outputs may pass through latents of their own."""
    heads, key = get("query_heads"), get("head_dim")
    value, rank = get("value_head_dim", key), get("query_rank", 0.0)
    gate = heads * key if gated else 0.0
    groups = get("output_groups", 0.0)
    return {
        "query_columns": gate + (0.0 if rank else heads * key),
        "query_up_columns": heads * key if rank else 0.0,
        "query_rank": rank,
        "latent_columns": rank,
        "kv_columns": {"own": key + value, "none": 0.0}.get(values, key),
        "output_columns": groups * get("output_rank") if groups else heads * value,
        "output_group_width": heads * value / groups if groups else 0.0,
    }


def of_latent(get: Get, gated: bool) -> dict[str, float]:
    """The columns of multi-head latent attention."""
    heads, rank, rope = get("query_heads"), get("latent_rank"), get("rope_dim")
    nope, value, query_rank = get("nope_dim"), get("value_head_dim"), get("query_rank", 0.0)
    queries, gate = heads * (nope + rope), heads * value if gated else 0.0
    return {
        "query_heads": heads,
        "kv_heads": 1.0,
        "query_width": rank + rope,
        "key_width": rank + rope,
        "output_width": value,
        "latent_rank": rank,
        "query_rank": query_rank,
        "expanded_key_width": nope + rope,
        "expanded_value_width": value,
        "query_columns": gate + (0.0 if query_rank else queries),
        "query_up_columns": queries if query_rank else 0.0,
        "latent_columns": query_rank + rank + rope,
        "absorbed_columns": heads * (nope + value),
        "output_columns": heads * value,
    }


def with_indexer(columns: dict, get: Get, unit: str) -> dict:
    """The same with the layer's own indexer, and what else is projected whole on every GPU.

    Queries of the indexer come out of the query latent where there is one, else out of the residual stream, as its keys do.
    """
    width, heads = get("index_width", 0.0), get("index_heads", 0.0)
    queries = width * heads
    out_of_stream = width + heads * bool(columns["query_rank"]) + (0.0 if columns["query_rank"] else queries)
    added = {
        "index_width": width,
        "index_columns": queries,
        "selected_tokens": get("selected_tokens", math.inf, unit=unit),
        "latent_columns": columns["latent_columns"] + bool(width) * out_of_stream + get("compressor_columns", 0.0),
    }
    return columns | added
