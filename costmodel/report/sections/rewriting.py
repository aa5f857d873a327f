"""A sentence rewritten: tables, parts and knobs replaced, as every move needs it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from costmodel.facts.lifecycle.placed import PlacedMechanism
from costmodel.facts.schemes import SchemePart, SchemeSpec
from costmodel.language import units

Change = tuple[str, SchemeSpec]


def each_table(spec: SchemeSpec, words: str, change: Callable[[dict], dict | None]) -> Iterator[Change]:
    """The sentence with every table changed to which the change applies; nothing where it applies to none."""
    parts = list(spec.parts)
    for index, part in enumerate(spec.parts):
        tables = part.facts.get("mechanism", [])
        changed = [change(table) or table for table in tables]
        if changed != tables:
            parts[index] = with_mechanisms(part, changed)
    if parts != list(spec.parts):
        yield words, SchemeSpec(tuple(parts))


def with_mechanisms(part: SchemePart, tables: list[dict]) -> SchemePart:
    """The part with other mechanisms; it is no longer the file that implementations and declarations know."""
    facts = {key: value for key, value in part.facts.items() if key != "lifecycle"} | {"mechanism": tables}
    return replace(part, id=f"{part.id}-changed", facts=facts)


def with_part(spec: SchemeSpec, index: int, part: SchemePart) -> SchemeSpec:
    """The sentence with one of its parts replaced."""
    return SchemeSpec((*spec.parts[:index], part, *spec.parts[index + 1 :]))


def encodes(table: dict) -> bool:
    """Whether a table states that coding what a step appends costs something."""
    stated = (table.get("encode_kernels", 0), table.get("encode_instructions", 0))
    return table.get("kind") == "quantize" and any(str(value) != "0" for value in stated)


def in_blocks(table: dict, knobs: dict[str, float], block: float) -> dict:
    """The table with records or selected units of one block; itself where they are."""
    tokens = PlacedMechanism("", table, knobs).tile_tokens
    if tokens > 1 and block % tokens:
        return table | {"tile": [int(block), *table["tile"][1:]]}
    if table.get("kind") == "select" and table.get("unit") not in (None, f"{block:g} token") and "index" in table:
        return table | {"unit": f"{block:g} token"}
    return table


def neighbours(part: SchemePart, name: str, table: dict) -> list[float]:
    """The values just below and just above the knob's."""
    unit, value = table.get("unit", ""), part.knobs[name]
    low, high = (
        units.parse_quantity(table[key], unit) if key in table else end
        for key, end in (("low", 0.0), ("high", float("inf")))
    )
    listed = [units.parse_quantity(entry, unit) for entry in table.get("sweep", ())] or [value / 2, value * 2]
    below, above = [v for v in listed if v < value], [v for v in listed if v > value]
    return [v for v in (max(below, default=value), min(above, default=value)) if v != value and low <= v <= high]


def format_knob(value: float, unit: str) -> str:
    """A knob's number with its unit, as a person writes it."""
    return f"{8 * value:g} bit" if unit in ("bit", "byte") else f"{value:,g} {unit.removesuffix('/sequence')}".rstrip()
