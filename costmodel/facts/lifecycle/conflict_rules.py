"""The rules by which mechanisms conflict, one function each: mechanisms in order and the block size → sentences."""

import math
from collections.abc import Callable, Iterator

from costmodel.facts.lifecycle.placed import PlacedMechanism

BUDGETS = ("evict", "window", "retrieval_heads")
SIDES = {"key": ("key",), "value": ("value",), "both": ("key", "value")}
Placed = list[PlacedMechanism]
Rule = Callable[[Placed, float], Iterator[str]]


def _replaced_in_tiles(placed: Placed, block_size: float) -> Iterator[str]:
    for one in filter(lambda mechanism: mechanism.replaces_tokens, placed):
        for tiled in placed:
            if tiled.kind in ("quantize", "variable_rate") and tiled.tile_tokens > 1:
                yield (
                    f"{one.name} replaces single tokens, but {tiled.name} codes {tiled.tile_tokens:g} tokens of a channel "
                    "with one scale: each replacement decodes its tile and codes it again, or the tile is dropped whole"
                )


def _tile_spans_blocks(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        tokens = one.tile_tokens
        if tokens > 1 and block_size % tokens:
            needed = math.lcm(int(tokens), int(block_size)) if tokens == int(tokens) else tokens
            yield (
                f"a tile of {tokens:g} tokens ({one.name}) does not divide a block of {block_size:g}: "
                f"its scale belongs to several blocks; --block-size {needed:g} keeps it in one"
            )


def _heads_of_one_block(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        if one.kind == "evict":
            yield (
                f"{one.name} keeps other tokens in every head, but a block holds {block_size:g} tokens of all heads of a "
                "layer: it is free only when no head needs any of them, so slots must be replaced, entries compacted, or "
                "every head given a table of its own"
            )


def _several_budgets(placed: Placed, block_size: float) -> Iterator[str]:
    budgets = [one for one in placed if one.kind in BUDGETS]
    if len(budgets) > 1:
        yield (
            f"{' and '.join(one.name for one in budgets)} each limit the tokens of one cache: the smaller decides, and the "
            "larger saves nothing where both are full"
        )


def _request_specific(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        if one.kind == "evict" or (one.kind == "variable_rate" and (one.number("recoded", 0) or 0) > 0):
            yield (
                f"what {one.name} keeps depends on later tokens of its request: another request with the same prefix cannot "
                "use it, so the engine's prefix cache serves the uncompressed prefix or none"
            )


def _coded_twice(placed: Placed, block_size: float) -> Iterator[str]:
    for side in ("key", "value"):
        coders = [one for one in placed if _codes(one, side)]
        if len(coders) > 1:
            names = " and ".join(one.name for one in coders)
            yield f"{names} code the same {side}: the last one counts, and the first one's work is paid as well"


def _codes(one: PlacedMechanism, side: str) -> bool:
    targets = SIDES.get(str(one.table.get("target", "both")), ())
    return one.kind == "variable_rate" or (one.kind == "quantize" and side in targets)


def _rotated_keys(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        projects_keys = one.kind == "project" and one.table.get("target", "latent") in ("key", "both")
        is_absorbed = one.table.get("reconstruct", "absorbed") == "absorbed"
        if projects_keys and is_absorbed and not (one.number("rotary", 0) or 0) > 0:
            yield (
                f"{one.name} absorbs the basis of keys, but rotary embedding stands between basis and query: keys must be "
                'multiplied back first (reconstruct = "fused"), or a rotary part cached beside the code'
            )


def _fixed_slots(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        if one.kind == "variable_rate" and one.table.get("allocator", "fixed") == "fixed":
            yield (
                f"{one.name} stores blocks of several sizes in slots of one size: each reserves the widest code, and nothing "
                "below it is saved"
            )


def _everything_fetched(placed: Placed, block_size: float) -> Iterator[str]:
    for index, one in enumerate(placed):
        is_selected = any(other.kind == "select" for other in placed[:index])
        if one.kind == "tier" and not is_selected and (one.number("fetched", 1) or 0) > 0:
            yield (
                f"{one.name} keeps entries on the host and nothing before it selects what attention reads: all of them cross "
                "the link in every step"
            )


def _hashed_already(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        if one.kind != "dedup":
            continue
        yield (
            f"{one.name}: blocks of equal prefixes are shared by the engine's hashed prefix cache and by copy on write already; "
            "behind another prefix, keys and values above the first layer differ even where tokens are the same"
        )
        if one.table.get("keys", "rotated") == "rotated":
            yield (
                f"{one.name}: cached keys carry their position, so the same text at another position has other keys and does "
                "not match"
            )


RULES: dict[str, Rule] = {
    "tokens replaced inside a tile": _replaced_in_tiles,
    "a tile over several blocks": _tile_spans_blocks,
    "heads that share a block": _heads_of_one_block,
    "two budgets": _several_budgets,
    "a prefix that others share": _request_specific,
    "coded twice": _coded_twice,
    "keys rotated after their basis": _rotated_keys,
    "several sizes in one slot": _fixed_slots,
    "everything over the link": _everything_fetched,
    "merged already": _hashed_already,
}
