"""How an engine cuts a model's layers into block tables: what follows from the layers of the model, once.

Layers of one kind (one mixer, one window, heads of one width) are cut into tables of equally many layers; where kinds differ
in size, the smallest gives the length of a table, or the largest where it is less than half as large again.
"""

import math
from dataclasses import dataclass

MOST_PADDING = 1.5  # vLLM v1/core/kv_cache_utils.py _get_kv_cache_groups_uniform_page_size


@dataclass(frozen=True)
class BlockTables:
    """Columns by group of layers (``table_share``, ``pool_share``, ``page_ratio``), and the layers of one table."""

    columns: tuple[dict[str, float], ...]
    layers: float


def block_tables(groups: tuple[dict, ...], engine: dict[str, float]) -> BlockTables:
    """The block tables of a model's ``groups`` in an engine of those numbers.

    An engine with one pool for all pages has a table for every ``layers`` layers of a kind; any other has one table, of the
    layers that keep every token, and room for ``window_pool_share`` of their tokens in the others.
    """
    sizes = [_token_size(group) for group in groups]
    ratios = [size / max(sizes) if size else 1.0 for size in sizes]
    shares = _unified(groups) if engine["unified_pages"] else _single(groups, engine["window_pool_share"])
    tables, pooled, length = shares
    columns = (
        {"table_share": share, "pool_share": room, "page_ratio": ratio}
        for share, room, ratio in zip(
            tables, pooled, ratios if engine["unified_pages"] else [1.0] * len(groups), strict=True
        )
    )
    return BlockTables(tuple(columns), length)


def _token_size(group: dict) -> float:
    return group["kv_heads"] * (group["key_width"] + group["value_width"]) if group["attends"] else 0.0


def _kind(group: dict) -> tuple | None:
    """What layers of one table have in common; None for layers without a cache.

    Full attention is one kind whatever its width; chunks count as full (vLLM keeps them whole by default).
    """
    if group["mixer"] == "recurrent":
        return "recurrent", group["state_size"]
    if not group["attends"] or not group["owns_cache"]:
        return None
    if math.isinf(group["window"]) or group["mixer"] == "chunked":
        return ("full",)
    return "sliding", group["window"], _token_size(group)


def _unified(groups: tuple[dict, ...]) -> tuple[list[float], list[float], float]:
    counts: dict[tuple, float] = {}
    for group in groups:
        if (kind := _kind(group)) is not None:
            counts[kind] = counts.get(kind, 0.0) + group["layer_count"]
    if not counts:
        return [0.0] * len(groups), [0.0] * len(groups), 1.0
    length = min(counts.values())
    if max(counts.values()) < MOST_PADDING * length:
        length = max(counts.values())
    paged = [kind for kind in counts if kind[0] != "recurrent"]
    first = ("full",) if ("full",) in counts else (paged or list(counts))[0]
    kinds = [_kind(group) for group in groups]
    tables = [math.ceil(counts[kind] / length) / counts[kind] if kind is not None else 0.0 for kind in kinds]
    return tables, [length / counts[first] if kind == first else 0.0 for kind in kinds], length


def _single(groups: tuple[dict, ...], window_share: float) -> tuple[list[float], list[float], float]:
    whole = [float(group["grows"]) for group in groups]
    if not any(whole):
        whole = [float(group["attends"]) for group in groups]
    length = sum(share * group["layer_count"] for share, group in zip(whole, groups, strict=True)) or 1.0
    pooled = [
        share or window_share * float(group["attends"] and group["owns_cache"] and math.isfinite(group["window"]))
        for share, group in zip(whole, groups, strict=True)
    ]
    return [share / length for share in whole], pooled, length
