"""The rules by which mechanisms conflict, one function each: mechanisms in order and the block size → sentences."""

from collections.abc import Callable, Iterator

from costmodel.facts.lifecycle import tile_rules
from costmodel.facts.lifecycle.placed import Placed, PlacedMechanism

BUDGETS = ("evict", "window", "retrieval_heads")
SIDES = {"key": ("key",), "value": ("value",), "both": ("key", "value")}
Rule = Callable[[Placed, float], Iterator[str]]


def _heads_of_one_block(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        if one.kind != "evict":
            continue
        by_head = one.table.get("lengths") == "by_head"
        keeps = "other tokens, and another number of them," if by_head else "other tokens"
        unit = one.number("unit", 1) or 1
        if unit >= max(block_size, 2):
            together = f"; it drops {unit:g} tokens of a head together, which are whole blocks only where each head has its own"
        else:
            together = f"; the {unit:g} tokens that it drops together fill no block" if unit > 1 else ""
        yield (
            f"{one.name} keeps {keeps} in every head, but a block holds {block_size:g} tokens of all heads of a "
            "layer: it is free only when no head needs any of them, so slots must be replaced, entries compacted, or "
            f"every head given a table of its own{together}"
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
        if one.is_request_specific:
            yield (
                f"what {one.name} keeps depends on later tokens of its request: another request with the same prefix cannot "
                "use it, so the engine's prefix cache serves the uncompressed prefix or none"
            )


def _coded_twice(placed: Placed, block_size: float) -> Iterator[str]:
    for side in ("key", "value"):
        coders = [one for one in placed if _codes(one, side)]
        if len(coders) > 1:
            names = " and ".join(one.name for one in coders)
            yield f"{names} code the same {side}: the last one counts in the layers that it covers, the first one in the others"


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
        mean, worst = one.number("mean", 1), one.number("worst", 1)
        if one.kind == "entropy" and mean is not None and worst is not None and mean < worst:
            yield (
                f"{one.name} codes blocks to {mean:g} of their size on average and {worst:g} at worst: in blocks of one size the "
                "worst is reserved, so that the rate saves no room"
            )


def _size_classes(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        if one.kind == "variable_rate" and one.table.get("allocator", "fixed") == "size_classes":
            share = one.number("utilisation", 1)
            stated = (
                "is not stated, and priced as 1" if "utilisation" not in one.table else "depends on more than knobs"
            )
            if share is not None and "utilisation" in one.table:
                stated = f"is {share:g} here: the bytes saved are divided by it"
            yield (
                f"{one.name} keeps blocks in size classes: the share of their memory that holds blocks is part of the ratio; it "
                f"{stated}"
            )


def _coded_again(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        if one.kind == "variable_rate" and (one.number("recoded", 0) or 0) > 0:
            yield (
                f"{one.name} codes a block again when its score changes, from its coded form: a score that comes too late "
                "restores no precision, and more bits for what was rounded save nothing"
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


def _similar_pages(placed: Placed, block_size: float) -> Iterator[str]:
    for one in placed:
        if one.kind == "dedup" and one.table.get("match", "exact") == "similar":
            error = one.number("threshold", 0)
            stated = f"up to {error:g} of a value" if error else "of a size that is not stated (threshold)"
            yield (
                f"{one.name} reads another block in place of a similar one: an error {stated} enters every answer that uses the "
                "page, and pages that are shared so are no exact prefix"
            )


def _scored_by_position(placed: Placed, block_size: float) -> Iterator[str]:
    for index, one in enumerate(placed):
        evicts = any(other.kind == "evict" for other in placed[index:])
        if one.kind == "score" and one.table.get("signal") == "position" and evicts:
            yield (
                f'{one.name} ranks by position alone: that is a window (kind = "window", as StreamingLLM), the same for all '
                "heads and requests; stated as evict it is taken for a choice that later tokens make"
            )


RULES: dict[str, Rule] = {
    "a window in disguise": _scored_by_position,
    "tokens replaced inside a tile": tile_rules.replaced_in_tiles,
    "a tile over several blocks": tile_rules.tile_spans_blocks,
    "a tile that is not complete": tile_rules.coded_before_complete,
    "tiles flushed in part": tile_rules.flushed_in_part,
    "a prefix of whole flushes": tile_rules.prefix_of_whole_flushes,
    "heads that share a block": _heads_of_one_block,
    "two budgets": _several_budgets,
    "a prefix that others share": _request_specific,
    "coded twice": _coded_twice,
    "keys rotated after their basis": _rotated_keys,
    "several sizes in one slot": _fixed_slots,
    "room in size classes": _size_classes,
    "rates that change": _coded_again,
    "everything over the link": _everything_fetched,
    "merged already": _hashed_already,
    "pages that are only similar": _similar_pages,
}
