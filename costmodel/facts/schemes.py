"""A scheme is a sentence: files of mechanisms, knobs in brackets, composed with ``+``.

``kivi-2bit[group=64] + streaming-llm`` names two files and one knob. Parsing the sentence needs no SymPy; turning its
mechanisms into slots does, and is done once (``evaluation.compile``).
"""

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path

from costmodel.errors import FactError, UnitError, UnknownName, shown
from costmodel.facts import lifecycle, store
from costmodel.facts.codec_defaults import CodecDefault, codec_defaults
from costmodel.facts.composition import check_codes
from costmodel.facts.field_bounds import check_bounds
from costmodel.facts.lifecycle.conflicts import Conflict
from costmodel.facts.vocabulary import vocabulary
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
STATUSES = ("read", "recalled", "assumed")
UNCODED = {"encode_when": "never", "decode_when": "never"}  # life cycle of a file that changes nothing
KNOB_KEYS = ("meaning", "unit", "default", "low", "high", "sweep")
TYPES = dict.fromkeys(("name", "idea", "paper", "source", "status", "baseline", "family"), str) | {
    "knobs": dict, "lifecycle": dict, "notes": list[str], "aliases": list[str],
}  # fmt: skip
MAX_ENTRIES, MAX_PARTS = 64, 16  # mechanisms, knobs, notes of a file; files of a sentence
PART = re.compile(r"\s*([^\[\]+]+?)\s*(?:\[([^\]]*)\])?\s*$")


@dataclass(frozen=True)
class SchemePart:
    """One file of a sentence: its table, its path (``location``), and its knobs as numbers in SI units."""

    id: str
    facts: dict = field(repr=False)
    location: str
    knobs: dict[str, float]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class SchemeSpec:
    """A scheme as written by the user: its parts in order."""

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
        """The scheme that this one is compared with."""
        return next((part.facts["baseline"] for part in self.parts if "baseline" in part.facts), "none")

    @property
    def codec_defaults(self) -> tuple[CodecDefault, ...]:
        """Compiled codecs that price a decoding for which a file states nothing."""
        return tuple(
            default
            for part in self.parts
            for default in codec_defaults(part.facts.get("mechanism", []), Path(part.location).name)
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the files leave to defaults that decide a result, one sentence each without a full stop."""
        return tuple(default.text for default in self.codec_defaults)

    @property
    def lifecycle(self) -> dict[str, object]:
        """Every property of the life cycle; None for one that neither mechanisms nor files state."""
        return lifecycle.scheme_properties(self.parts)

    @property
    def lifecycle_reasons(self) -> dict[str, str]:
        """Why every property has its value, in a sentence that names the mechanism; "" where nothing states it."""
        return lifecycle.scheme_reasons(self.parts)

    def conflicts(self, block_size: float) -> tuple[Conflict, ...]:
        """Where its mechanisms get in each other's way, or in the way of blocks of so many tokens."""
        return lifecycle.conflicts(self.parts, block_size)


def _text(part: SchemePart) -> str:
    if not part.changed:
        return part.id
    units_of = part.facts.get("knobs", {})
    shown = ",".join(f"{k}={_number(part.knobs[k], units_of[k])}" for k in sorted(part.changed) if k in units_of)
    return f"{part.id}[{shown}]"


def _number(value: float, knob: dict) -> str:
    """A knob's number as it is read again: with its unit, where a bare number would be refused."""
    unit = knob.get("unit", "")
    return f"{value:.12g}" if units.is_plain(unit) else f"{value:.12g} {unit}"


def parse_scheme(text: str) -> SchemeSpec:
    """The scheme that a text names: ids or aliases with knobs in brackets, joined by ``+``, or a path to a TOML file.

    Raises UnknownName for no such scheme or knob, FactError for a malformed sentence or a knob out of bounds.
    """
    if not text.strip():
        raise FactError(
            "expected a scheme such as 'fp8', 'h2o[budget=1024]' or 'kivi-2bit + streaming-llm', got nothing"
        )
    parts = []
    pieces = _split(text)
    if len(pieces) > MAX_PARTS:
        raise FactError(f"scheme {shown(text)}: expected at most {MAX_PARTS} parts, got {len(pieces):,}")
    for piece in pieces:
        match = PART.match(piece)
        if not match:
            raise FactError(
                f"scheme {text!r}: cannot read {piece.strip()!r}; expected id, or id[knob=value,…], joined by +"
            )
        parts.append(_part(match[1], match[2] or "", text))
    check_codes(parts, text)
    return SchemeSpec(tuple(parts))


def _split(text: str) -> list[str]:
    if text.strip().endswith(".toml") and Path(text.strip()).exists():
        return [text]
    return re.split(r"\+(?![^\[]*\])", text)


def _part(name: str, knobs: str, text: str) -> SchemePart:
    if name.endswith(".toml"):
        path = Path(name)
        identifier, facts, location = store.normal(path.stem), store.read_toml(path), str(path)
    else:
        identifier = store.resolve("schemes", name)
        facts, location = store.read_fact_file("schemes", identifier), str(store.files("schemes")[identifier])
    check(facts, location)
    defaults = {knob: _knob(facts, knob, table["default"], location) for knob, table in facts.get("knobs", {}).items()}
    overrides = {}
    for item in filter(None, (piece.strip() for piece in knobs.split(","))):
        key, equals, value = (piece.strip() for piece in item.partition("="))
        if not equals or not value:
            raise FactError(f"scheme {text!r}: expected knob=value in brackets, got {item!r}")
        if key not in defaults:
            raise FactError(f"scheme {text!r}: {UnknownName('knob', key, defaults, f'(knobs of {identifier})')}")
        if key in overrides:
            raise FactError(f"scheme {text!r}: knob {key}: expected once, got it twice")
        overrides[key] = _knob(facts, key, _literal(value), f"scheme {text!r}")
    _check_baseline(facts, location)
    _require_change(facts, location)
    check_bounds(facts.get("mechanism", []), defaults | overrides, location)
    changed = tuple(k for k, v in overrides.items() if v != defaults[k])
    return SchemePart(identifier, facts, location, defaults | overrides, changed)


def _literal(value: str):
    try:
        return float(value)
    except ValueError:
        return value


def _knob(facts: dict, key: str, value, location: str) -> float:
    table = facts["knobs"][key]
    unit = table.get("unit", "")
    try:
        number = units.parse_quantity(value, unit)
    except UnitError as error:
        raise FactError(f"{location}: knob {key}: {error}") from error
    low, high = knob_bounds(facts, key, location)
    if not low <= number <= high:
        raise FactError(
            f"{location}: knob {key}: expected {f'{low:g} to {high:g} {unit}'.rstrip()}, got {shown(value)}"
        )
    return number


def knob_bounds(facts: dict, key: str, location: str) -> tuple[float, float]:
    """The lowest and highest number that a file allows a knob; 0 and infinity where it states none."""
    table = facts["knobs"][key]
    unit = table.get("unit", "")
    try:
        low = units.parse_quantity(table["low"], unit) if "low" in table else 0.0
        high = units.parse_quantity(table["high"], unit) if "high" in table else float("inf")
    except UnitError as error:
        raise FactError(f"{location}: knob {key}: {error}") from error
    return low, high


def check(facts: dict, location: str) -> None:
    """Check keys and types of a scheme file and its declared life cycle; raises FactError naming ``location``."""
    store.check_keys(facts, KEYS, location, ("name", "source"))
    if not isinstance(facts.get("mechanism", []), list):
        raise FactError(f"{location}: mechanism: expected [[mechanism]] tables, got {shown(facts['mechanism'])}")
    store.check_types(facts, TYPES, location)
    for key in ("name", "source"):
        if not facts[key].strip():
            raise FactError(f"{location}: {key}: expected text, got nothing")
    for key in ("knobs", "mechanism", "notes", "aliases"):
        if len(facts.get(key, ())) > MAX_ENTRIES:
            raise FactError(f"{location}: {key}: expected at most {MAX_ENTRIES}, got {len(facts[key]):,}")
    for key, table in facts.get("knobs", {}).items():
        if not isinstance(table, dict) or not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            raise FactError(
                f"{location}: knobs.{key}: expected a table with meaning and default, under a lower-case name"
            )
        _check_unit(table, f"{location}: knobs.{key}")
        store.check_keys(table, KNOB_KEYS, f"{location}: knobs.{key}", ("meaning", "default"))
    for index, table in enumerate(facts.get("mechanism", [])):
        if not isinstance(table, dict):
            raise FactError(f"{location}: mechanism[{index}]: expected a [[mechanism]] table, got {shown(table)}")
        store.check_types(table, {"kind": str}, f"{location}: mechanism[{index}]")
    if (status := facts.get("status", "read")) not in STATUSES:
        raise FactError(f"{location}: status: expected one of {', '.join(STATUSES)}, got {shown(status)}")
    store.check_date(facts, "read", location)
    lifecycle.check(facts, location)


def _check_unit(knob: dict, location: str) -> None:
    """FactError for a knob's unit that is no text or no unit, before anything is read in it."""
    unit = knob.get("unit", "")
    try:
        units.check_unit(unit)
    except UnitError as error:
        raise FactError(f"{location}.unit: {error}") from error
    if unit not in known_units() and not units.is_unit(unit):
        raise FactError(f"{location}.unit: expected a unit such as 'token/sequence', got {shown(unit)}")


@functools.cache
def known_units() -> frozenset[str]:
    """The units of the vocabulary, which are units without asking pint."""
    return frozenset(entry["unit"] for entry in vocabulary().values())


def _check_baseline(facts: dict, location: str) -> None:
    """FactError for a baseline that is no text of a scheme, or names none."""
    for piece in _split(facts.get("baseline", "none")):
        match = PART.match(piece)
        if not match:
            raise FactError(
                f"{location}: baseline: expected a scheme such as 'none' or 'mha', got {facts['baseline']!r}"
            )
        if piece.strip().endswith(".toml"):
            continue
        try:
            store.resolve("schemes", match[1])
        except UnknownName as error:
            raise FactError(f"{location}: baseline: {error}") from error


def _require_change(facts: dict, location: str) -> None:
    """FactError for a file that changes nothing and does not say that it is a baseline, or what it is compared with."""
    is_baseline = "baseline" in facts or UNCODED.items() <= facts.get("lifecycle", {}).items()
    if not facts.get("mechanism") and not is_baseline:
        raise FactError(
            f"{location}: expected a [[mechanism]]; a file without one states its baseline, or that it never encodes nor decodes "
            "([lifecycle] encode_when, decode_when)"
        )
