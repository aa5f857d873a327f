"""A scheme is a sentence: files of mechanisms, knobs in brackets, composed with ``+``.

``kivi-2bit[group=64] + streaming-llm`` names two files and one knob. Reading the sentence needs no SymPy; turning its
mechanisms into slots does, and is done once (``evaluation.library``).
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from costmodel.errors import FactError, UnitError, UnknownName
from costmodel.facts import store
from costmodel.language import units

KEYS = [
    "name",
    "idea",
    "aliases",
    "paper",
    "source",
    "status",
    "read",
    "notes",
    "baseline",
    "knobs",
    "mechanism",
    "lifecycle",
    "claims",
    "family",
    "measured",
]
KNOB_KEYS = ("meaning", "unit", "default", "low", "high", "sweep")
LIFECYCLE = [
    "encode_when",
    "decode_when",
    "request_specific",
    "prefix_shareable",
    "block_table",
    "fork",
    "reversible",
    "requantised",
    "workspace",
]
PART = re.compile(r"\s*([^\[\]+]+?)\s*(?:\[([^\]]*)\])?\s*$")


@dataclass(frozen=True)
class SchemePart:
    """One file of a sentence: its table and its knobs as numbers in SI units."""

    id: str
    facts: dict = field(repr=False)
    where: str
    knobs: dict[str, float]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class SchemeSpec:
    """A scheme as asked for: parts in order."""

    parts: tuple[SchemePart, ...]

    @property
    def id(self) -> str:
        """Canonical text: ids, knobs that differ from their defaults, joined by +."""
        return "+".join(_text(part) for part in self.parts)

    @property
    def name(self) -> str:
        """Names of the parts."""
        return " + ".join(part.facts["name"] for part in self.parts)

    @property
    def baseline(self) -> str:
        """The scheme that this one is held against."""
        return next((part.facts["baseline"] for part in self.parts if "baseline" in part.facts), "none")


def _text(part: SchemePart) -> str:
    if not part.changed:
        return part.id
    units_of = part.facts.get("knobs", {})
    shown = ",".join(f"{k}={part.knobs[k]:.12g}" for k in sorted(part.changed) if k in units_of)
    return f"{part.id}[{shown}]"


def parse_scheme(text: str) -> SchemeSpec:
    """The sentence of ids, aliases, brackets and ``+``, or a path to a TOML file.

    Raises UnknownName for no such scheme or knob, FactError for a malformed sentence or a knob out of bounds.
    """
    if not text.strip():
        raise FactError(
            "a scheme is an id such as 'fp8', 'h2o[budget=1024]' or 'kivi-2bit + streaming-llm'; found nothing"
        )
    parts = []
    for piece in _split(text):
        match = PART.match(piece)
        if not match:
            raise FactError(f"scheme {text!r}: cannot read {piece.strip()!r}; due id, or id[knob=value,…], joined by +")
        parts.append(_part(match[1], match[2] or "", text))
    return SchemeSpec(tuple(parts))


def _split(text: str) -> list[str]:
    if text.strip().endswith(".toml") and Path(text.strip()).exists():
        return [text]
    return re.split(r"\+(?![^\[]*\])", text)


def _part(name: str, knobs: str, text: str) -> SchemePart:
    if name.endswith(".toml"):
        path = Path(name)
        identifier, facts, where = store.normal(path.stem), store.read_toml(path), str(path)
    else:
        identifier = store.resolve("schemes", name)
        facts, where = store.read_fact_file("schemes", identifier), str(store.files("schemes")[identifier])
    check(facts, where)
    defaults = {knob: _knob(facts, knob, table["default"], where) for knob, table in facts.get("knobs", {}).items()}
    given = {}
    for item in filter(None, (piece.strip() for piece in knobs.split(","))):
        key, equals, value = (piece.strip() for piece in item.partition("="))
        if not equals or not value:
            raise FactError(f"scheme {text!r}: found {item!r} in brackets, due knob=value")
        if key not in defaults:
            raise FactError(f"scheme {text!r}: {UnknownName('knob', key, defaults, f'(knobs of {identifier})')}")
        given[key] = _knob(facts, key, _literal(value), f"scheme {text!r}")
    changed = tuple(k for k, v in given.items() if v != defaults[k])
    return SchemePart(identifier, facts, where, defaults | given, changed)


def _literal(value: str):
    try:
        return float(value)
    except ValueError:
        return value


def _knob(facts: dict, key: str, value, where: str) -> float:
    table = facts["knobs"][key]
    unit = table.get("unit", "")
    try:
        number = units.parse_quantity(value, unit)
        low = units.parse_quantity(table.get("low", 0), unit) if "low" in table else 0.0
        high = units.parse_quantity(table["high"], unit) if "high" in table else float("inf")
    except UnitError as error:
        raise FactError(f"{where}: knob {key}: {error}") from error
    if not low <= number <= high:
        raise FactError(f"{where}: knob {key}: found {value!r}, due {low:g} to {high:g} {unit}".rstrip())
    return number


def check(facts: dict, where: str) -> None:
    """FactError for unknown or missing keys of a scheme file."""
    store.check_keys(facts, KEYS, where, ("name", "source"))
    if not isinstance(facts.get("mechanism", []), list):
        raise FactError(f"{where}: mechanism: found {facts['mechanism']!r}, due [[mechanism]] tables")
    store.check_types(facts, {"knobs": dict, "lifecycle": dict, "notes": list, "aliases": list}, where)
    for key, table in facts.get("knobs", {}).items():
        if not isinstance(table, dict) or not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            raise FactError(f"{where}: knobs.{key}: due a table with meaning and default, under a lower-case name")
        store.check_keys(table, KNOB_KEYS, f"{where}: knobs.{key}", ("meaning", "default"))
    for place, table in enumerate(facts.get("mechanism", [])):
        if not isinstance(table, dict):
            raise FactError(f"{where}: mechanism[{place}]: found {table!r}, due a [[mechanism]] table")
    store.check_keys(facts.get("lifecycle", {}), LIFECYCLE, f"{where}: lifecycle")
