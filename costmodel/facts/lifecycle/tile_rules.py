"""Conflicts of tokens that are coded together: with single tokens that are replaced, with blocks, and with each other."""

import math
from collections.abc import Iterator

from costmodel.facts.lifecycle.placed import Placed

CODERS = ("quantize", "variable_rate")


def replaced_in_tiles(placed: Placed, block_size: float) -> Iterator[str]:
    """Single tokens are replaced, but several share one scale."""
    for one in filter(lambda mechanism: mechanism.replaces_tokens, placed):
        for tiled in placed:
            if tiled.kind in CODERS and tiled.tile_tokens > 1:
                yield (
                    f"{one.name} replaces single tokens, but {tiled.name} codes {tiled.tile_tokens:g} tokens of a channel "
                    "with one scale: each replacement decodes its tile and codes it again, or the tile is dropped whole"
                )


def tile_spans_blocks(placed: Placed, block_size: float) -> Iterator[str]:
    """A scale belongs to several blocks."""
    for one in placed:
        tokens = one.tile_tokens
        if tokens > 1 and block_size % tokens:
            yield (
                f"a tile of {tokens:g} tokens ({one.name}) does not divide a block of {block_size:g}: "
                f"its scale belongs to several blocks; --block-size {_multiple(tokens, block_size):g} keeps it in one"
            )


def coded_before_complete(placed: Placed, block_size: float) -> Iterator[str]:
    """Tokens wait for the others of their tile, and nothing holds them at 16 bit."""
    if any(one.kind in ("precise_zone", "evict") for one in placed):
        return
    for one in placed:
        if one.kind == "quantize" and one.tile_tokens > 1:
            yield (
                f"{one.name} codes {one.tile_tokens:g} tokens with one scale, but no window holds them until the last is there "
                "(precise_zone)"
            )


def flushed_in_part(placed: Placed, block_size: float) -> Iterator[str]:
    """A window is coded in steps that are no whole tiles."""
    for zone, flush in _flushes(placed):
        for one in placed:
            if one.kind in CODERS and one.tile_tokens > 1 and flush % one.tile_tokens:
                yield (
                    f"{zone.name} flushes {flush:g} tokens together, which is no multiple of the {one.tile_tokens:g} that one "
                    f"scale of {one.name} covers"
                )


def prefix_of_whole_flushes(placed: Placed, block_size: float) -> Iterator[str]:
    """A prefix of another request ends where something was coded, not with every block."""
    if any(one.is_request_specific for one in placed):
        return
    for zone, flush in _flushes(placed):
        if flush > block_size:
            yield (
                f"{zone.name} codes {flush:g} tokens together: another request finds a common prefix in coded form only at "
                f"multiples of {_multiple(flush, block_size):g} tokens, not of a block of {block_size:g}"
            )


def _flushes(placed: Placed) -> Iterator[tuple]:
    """Every window and the tokens that it codes together, where knobs decide them."""
    for one in placed:
        flush = one.number("flush", 1) if one.kind == "precise_zone" else None
        if flush is not None and 0 < flush < math.inf:
            yield one, flush


def _multiple(tokens: float, block_size: float) -> float:
    """The fewest tokens that are whole tiles and whole blocks."""
    return math.lcm(int(tokens), int(block_size)) if tokens == int(tokens) else tokens
