"""The moves of the twist: small changes of the sentence that could make it work, one small function a move.

A move takes the scheme and the block size and yields (what changes, in words; the changed scheme). Nothing here knows a
time: the tool evaluates each changed sentence as it evaluates any other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from costmodel.errors import CostModelError
from costmodel.evaluation.compile.compiled import Scheme, compile_scheme
from costmodel.facts.field_bounds import check_bounds
from costmodel.facts.schemes import SchemeSpec, parse_scheme
from costmodel.report.sections.rewriting import (
    Change,
    each_table,
    encodes,
    format_knob,
    in_blocks,
    neighbours,
    with_mechanisms,
    with_part,
)

CODED = ("quantize", "variable_rate", "entropy", "redefine")  # what leaves no 16-bit numbers, or may


@dataclass(frozen=True)
class Move:
    """One move: which function proposed it, what changes in words, and the changed scheme."""

    name: str
    change: str
    scheme: Scheme


def moves(scheme: Scheme, block: float) -> list[Move]:
    """Every move that applies; ``block`` is the tokens of a block. One that makes no readable sentence is left out."""
    readable = []
    for move in MOVES:
        for words, spec in move(scheme.spec, block):
            try:
                readable.append(Move(move.__name__.replace("_", " "), words, compile_scheme(spec)))
            except CostModelError:
                continue
    return readable


def turn_a_knob(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Every knob to its neighbours in its sweep; twice and half of it, within its bounds, where it has none."""
    for index, part in enumerate(spec.parts):
        for name, table in part.facts.get("knobs", {}).items():
            for value in neighbours(part, name, table):
                knobs = part.knobs | {name: value}
                try:
                    check_bounds(part.facts.get("mechanism", []), knobs, part.location)
                except CostModelError:
                    continue
                unit = table.get("unit", "")
                words = f"{name}: {format_knob(part.knobs[name], unit)} → {format_knob(value, unit)}"
                changed = tuple({*part.changed, name})
                yield words, with_part(spec, index, replace(part, knobs=knobs, changed=changed))


def fuse_decoding(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Decode inside attention what a pass before it decodes."""

    def change(table: dict) -> dict | None:
        if table.get("kind") == "project" and table.get("reconstruct") == "materialised":
            return table | {"reconstruct": "fused"}
        if table.get("decode") != "unfused":
            return None
        return {k: v for k, v in table.items() if k != "decode_instructions"} | {"decode": "fused"}

    yield from each_table(spec, "decode inside attention, without a pass of its own", change)


def fuse_encoding(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Encode inside the kernel that writes the cache."""

    def change(table: dict) -> dict | None:
        return table | {"encode_kernels": 0} if table.get("encode_kernels", 0) not in (0, "0") else None

    yield from each_table(spec, "encode inside the cache write, without kernels of its own", change)


def encode_at_flush(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Encode a block at once when it is full, not a token at every append."""
    kinds = [t.get("kind") for p in spec.parts for t in p.facts.get("mechanism", [])]
    codes = any(encodes(t) for p in spec.parts for t in p.facts.get("mechanism", []))
    if codes and not {"precise_zone", "window"} & set(kinds):
        zone = {
            "kind": "precise_zone", "recent_keys": f"{block / 2:g} token/sequence",
            "recent_values": f"{block / 2:g} token/sequence", "flush": f"{block:g} token/sequence",
        }  # fmt: skip
        index = next(i for i, p in enumerate(spec.parts) if any(encodes(t) for t in p.facts.get("mechanism", [])))
        part = spec.parts[index]
        changed = with_mechanisms(part, [*part.facts["mechanism"], zone])
        yield f"encode {block:g} tokens at once when a block is full", with_part(spec, index, changed)


def block_granular_units(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Records and selected units of one block, so that blocks stay whole."""
    for index, part in enumerate(spec.parts):
        tables = part.facts.get("mechanism", [])
        changed = [in_blocks(table, part.knobs, block) for table in tables]
        if changed != tables:
            words = f"records and units of {block:g} tokens, one block of the engine"
            yield words, with_part(spec, index, with_mechanisms(part, changed))


def score_inside_attention(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Accumulate scores in the attention kernel in place of passes over written-out weights."""

    def change(table: dict) -> dict | None:
        if table.get("kind") == "score" and table.get("signal") == "attention_sum" and table.get("kernels"):
            return {k: v for k, v in table.items() if k not in ("kernels", "passes")}
        if table.get("kind") != "evict" or not table.get("score_kernels"):
            return None
        return {k: v for k, v in table.items() if k not in ("score_kernels", "score_passes")}

    yield from each_table(spec, "scores accumulated inside attention, no kernels for them", change)


def evict_at_the_end_of_the_prompt(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Choose once, by the last 32 queries of the prompt, in place of every step (as SnapKV does)."""

    def change(table: dict) -> dict | None:
        if table.get("kind") != "evict" or table.get("trigger", "step") != "step":
            return None
        kept = {k: table[k] for k in ("kind", "budget", "skip_first", "skip_last") if k in table}
        return kept | {
            "trigger": "prefill_end", "window": "32 token/sequence", "scored_queries": "32 token/sequence",
            "prompt_passes": 1,
        }  # fmt: skip

    yield from each_table(spec, "choose once, at the end of the prompt, by its last 32 queries", change)


def follow_the_mean_rate(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Allocate blocks by their coded size, in classes or exactly, where the engine's fixed blocks reserve the worst."""

    def change(table: dict) -> dict | None:
        if table.get("kind") == "variable_rate" and table.get("allocator", "fixed") == "fixed":
            return table | {"allocator": "size_classes"}
        is_varying = table.get("kind") == "entropy" and table.get("worst", 1) != table["mean"]
        return table | {"worst": table["mean"]} if is_varying else None

    yield from each_table(spec, "an allocator that follows the mean rate, not the worst", change)


def choose_a_rate_once(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Code a block at the rate that its score gives it when it is full, and leave it so: full blocks can be shared again."""

    def change(table: dict) -> dict | None:
        is_changing = table.get("kind") == "variable_rate" and str(table.get("recoded", 0)) != "0"
        return {k: v for k, v in table.items() if k != "recoded"} if is_changing else None

    yield from each_table(spec, "each block's rate chosen once, when it is full", change)


def compose_with_fp8(spec: SchemeSpec, block: float) -> Iterator[Change]:
    """Store in fp8 what is kept, where the sentence leaves numbers at 16 bit."""
    if not any(t.get("kind") in CODED for p in spec.parts for t in p.facts.get("mechanism", [])):
        yield "store what is kept in fp8", SchemeSpec((*spec.parts, *parse_scheme("fp8").parts))


MOVES: tuple[Callable[[SchemeSpec, float], Iterator[Change]], ...] = (
    turn_a_knob, fuse_decoding, fuse_encoding, encode_at_flush, block_granular_units, score_inside_attention,
    evict_at_the_end_of_the_prompt, follow_the_mean_rate, choose_a_rate_once, compose_with_fp8,
)  # fmt: skip
