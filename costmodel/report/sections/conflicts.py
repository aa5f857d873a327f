"""What in a sentence contradicts itself, or the engine's blocks: one small function a conflict, each a line of words."""

from collections.abc import Iterator

from costmodel.errors import CostModelError
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.language import arithmetic
from costmodel.language.units import parse_quantity
from costmodel.report.sections.mechanisms import NUMBERS


def conflicts(scheme: Scheme, deployment: Deployment) -> list[str]:
    """Every conflict of a scheme on a deployment's engine, as sentences."""
    return [line for find in FINDERS for line in find(scheme, deployment)]


def tile_tokens(table: dict, knobs: dict[str, float]) -> float | None:
    """Tokens that one record of a ``quantize`` covers; None where it is static or depends on more than knobs."""
    entry = (table.get("tile") or ["all"])[0]
    return None if table.get("kind") != "quantize" or entry == "all" else number(entry, knobs)


def number(entry: object, knobs: dict[str, float]) -> float | None:
    """An entry of a mechanism as a plain number; None where it depends on more than knobs."""
    text = str(entry)
    tree = arithmetic.parse(text)
    try:
        if tree is not None:
            return float(arithmetic.walk(tree, NUMBERS, knobs, text, ""))
        return parse_quantity(text, "token/sequence" if "/" in text else "token")
    except (CostModelError, ArithmeticError, ValueError, TypeError):  # sizes of the model, which only evaluation knows
        return None


def _tables(scheme: Scheme) -> Iterator[tuple[dict, dict[str, float]]]:
    for part in scheme.spec.parts:
        for table in part.facts.get("mechanism", []):
            yield table, part.knobs


def _tile_and_block(scheme: Scheme, deployment: Deployment) -> Iterator[str]:
    block, engine = deployment.engine.numbers["block_size"], deployment.engine.id
    for table, knobs in _tables(scheme):
        tokens = tile_tokens(table, knobs)
        if tokens is not None and tokens > 1 and block % tokens:
            yield (
                f"a record covers {tokens:g} tokens, and {tokens:g} does not divide a block of {engine}, which holds "
                f"{block:g}: records span blocks, so that blocks cannot be shared or freed one by one "
                f"(--block-size {tokens:g}, or a smaller group)"
            )


def _replacement_in_tiles(scheme: Scheme, deployment: Deployment) -> Iterator[str]:
    replaces = any(t.get("kind") == "evict" and t.get("trigger", "step") == "step" for t, _ in _tables(scheme))
    for table, knobs in _tables(scheme):
        tokens = tile_tokens(table, knobs)
        if replaces and tokens is not None and tokens > 1:
            yield (
                f"slots are replaced one token at a time, but a record covers {tokens:g} tokens: each replacement codes "
                f"the other {tokens - 1:g} again, or keeps a scale that no longer fits (the tool prices neither)"
            )


def _flush_and_tile(scheme: Scheme, deployment: Deployment) -> Iterator[str]:
    flushes = [number(t.get("flush", 1), k) for t, k in _tables(scheme) if t.get("kind") == "precise_zone"]
    for table, knobs in _tables(scheme):
        tokens = tile_tokens(table, knobs)
        if tokens is None or tokens <= 1:
            continue
        if not flushes and not any(t.get("kind") == "evict" for t, _ in _tables(scheme)):
            yield f"a record covers {tokens:g} tokens, but no window holds them until they are complete (precise_zone)"
        for flush in flushes:
            if flush is not None and flush % tokens:
                yield f"{flush:g} tokens are flushed together, which is no multiple of the {tokens:g} that a record covers"


def _prefix_and_flush(scheme: Scheme, deployment: Deployment) -> Iterator[str]:
    block = deployment.engine.numbers["block_size"]
    if scheme.spec.lifecycle.get("prefix_shareable") != "yes":
        return
    for table, knobs in _tables(scheme):
        flush = number(table.get("flush", 1), knobs) if table.get("kind") == "precise_zone" else None
        if flush is not None and flush > block:
            yield (
                f"{flush:g} tokens are coded together, so a prefix of another request is found at multiples of {flush:g} tokens, "
                f"not of a block of {block:g} (the prefix test counts whole blocks)"
            )


def _rate_and_allocator(scheme: Scheme, deployment: Deployment) -> Iterator[str]:
    if deployment.engine.numbers["variable_allocator"]:
        return
    for table, knobs in _tables(scheme):
        if table.get("kind") != "entropy":
            continue
        mean, worst = number(table.get("mean"), knobs), number(table.get("worst", 1), knobs)
        if mean is not None and worst is not None and mean < worst:
            yield (
                f"coded blocks take {mean:g} of their size on average and {worst:g} at worst, but blocks of "
                f"{deployment.engine.id} have one size: the pool reserves the worst, so that the rate saves reads and no room"
            )


FINDERS = (_tile_and_block, _replacement_in_tiles, _flush_and_tile, _prefix_and_flush, _rate_and_allocator)
