"""A scheme file in words: what each mechanism does, with its fields as the tool read them.

Every kind is put into words by what its file says of it and by the meanings of its fields; a few, whose fields read better
together, have a sentence of their own.
"""

import sys
from dataclasses import dataclass

from costmodel.facts.knob_numbers import evaluate_tree
from costmodel.facts.lifecycle.placed import UNITS
from costmodel.facts.schemes import SchemePart
from costmodel.language import arithmetic
from costmodel.language.units import format_quantity
from costmodel.mechanisms import load_mechanisms

TOKENS = ("token", "token/sequence")
STORED = {"key": "keys", "value": "values", "both": "keys and values"}


@dataclass(frozen=True)
class FieldRead:
    """One field of a mechanism: as written, as read (knobs put in) in ``unit``, what it means, and whether it is the default.

    The unit is empty for a plain number and for a choice.
    """

    name: str
    written: str
    read: str
    unit: str
    meaning: str
    is_default: bool

    @property
    def value(self) -> str:
        """What was read, with its unit."""
        number = _plain(self.read)
        is_number = self.unit in TOKENS and number.replace(",", "").replace(".", "").isdigit()
        return f"{number} token{'s' * (number != '1')}" if is_number else self.read


@dataclass(frozen=True)
class MechanismRead:
    """One mechanism: where it stands, its kind, what it does in one sentence, and its fields."""

    location: str
    kind: str
    sentence: str
    fields: tuple[FieldRead, ...]


def read_mechanisms(part: SchemePart, name: str) -> list[MechanismRead]:
    """Every mechanism of one file, in its order; ``name`` is what the file is called in locations."""
    mechanisms = []
    for index, table in enumerate(part.facts.get("mechanism", [])):
        kind = str(table["kind"])
        fields = _fields(kind, table, part.knobs)
        values = {field.name: field.read for field in fields}
        sentence = SENTENCES[kind](values) if kind in SENTENCES else _sentence(kind, fields)
        mechanisms.append(MechanismRead(f"{name}: mechanism[{index}]", kind, sentence, tuple(fields)))
    return mechanisms


def _fields(kind: str, table: dict, knobs: dict[str, float]) -> list[FieldRead]:
    """The fields that the file states, then those left to a default that is not nothing."""
    mechanism = load_mechanisms()[kind]
    known = mechanism.listed_fields
    fields = []
    for name in known:
        if name not in table and (not mechanism.fields or known[name].default is None):
            continue
        written = table.get(name, known[name].default)
        unit = known[name].unit or ""
        fields.append(
            FieldRead(name, _text(written), _read(written, unit, knobs), unit, known[name].meaning, name not in table)
        )
    return fields


def _text(value: object) -> str:
    return " × ".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(value: object, unit: str, knobs: dict[str, float]) -> str:
    if isinstance(value, list):
        return " × ".join(_read(entry, unit, knobs) for entry in value)
    tree = arithmetic.parse(str(value))
    if tree is None or not unit and isinstance(value, str) and value not in knobs and value.isidentifier():
        return str(value)
    number = evaluate_tree(tree, UNITS | knobs if unit in TOKENS else knobs)
    if number is None:
        return str(value)
    if unit == "byte":
        return f"{8 * number:g} bit" if number < 64 else format_quantity(number, unit)
    return f"{number:,g}" if unit in ("", *TOKENS) else format_quantity(number, unit)


def _plain(text: str) -> str:
    """A quantity without the unit that the sentence says itself."""
    return text.removesuffix(" token/sequence").removesuffix(" token")


def _is_zero(text: str) -> bool:
    return _plain(text).split(" ")[0] in ("0", "0.0")


def _quantize(f: dict[str, str]) -> str:
    text = f"{STORED.get(f['target'], f['target'])} are stored in {f['bits']}"
    if not _is_zero(f["metadata"]) and "all" not in f["tile"]:
        tokens, channels, heads = (entry for entry in f["tile"].split(" × "))
        counted = (_count(tokens, "token"), _count(channels, "channel"), _count(heads, "head"))
        text += f", one record of {f['metadata']} for {' × '.join(counted)}"
    elif "all" in f["tile"]:
        text += ", scales fixed beforehand"
    return f"{text}; decoded {'inside attention' if f['decode'] == 'fused' else 'in a pass before attention'}"


def _count(number: str, thing: str) -> str:
    return f"{number} {thing}" if number == "1" else f"{number} {thing}s"


def _precise_zone(f: dict[str, str]) -> str:
    keys, values, sinks, flush = (_plain(f[name]) for name in ("recent_keys", "recent_values", "sinks", "flush"))
    text = f"the newest {keys} keys (mean over the fill) and {values} values stay at 16 bit"
    text += "" if _is_zero(sinks) else f", and the first {sinks} tokens"
    return text + ("" if flush in ("1", "0") else f"; {flush} tokens are coded together")


def _evict(f: dict[str, str]) -> str:
    when = "at every step" if f["trigger"] == "step" else "at the end of the prompt"
    score = "" if _is_zero(f["score_kernels"]) and _is_zero(f["scored_queries"]) else ", by attention scores"
    return f"{_plain(f['budget'])} tokens are kept, {_plain(f['window'])} of them the newest; the rest is dropped {when}{score}"


def _window(f: dict[str, str]) -> str:
    return f"the first {_plain(f['sinks'])} and the newest {_plain(f['recent'])} tokens are kept, the rest dropped"


def _select(f: dict[str, str]) -> str:
    return f"everything is stored; a step reads {_plain(f['budget'])} tokens, chosen in units of {_plain(f['unit'])}"


def _sentence(kind: str, fields: list[FieldRead]) -> str:
    """What the file of a kind says of it, then the meaning and value of every field that is stated."""
    says = (sys.modules[type(load_mechanisms()[kind]).__module__].__doc__ or kind).partition("\n")[0]
    purpose = says.partition(": ")[2].rstrip(".") or says
    stated = [f"{f.meaning[0].lower()}{f.meaning[1:]}: {f.value}" for f in fields if not f.is_default]
    return "; ".join([purpose, *stated])


SENTENCES = {
    "quantize": _quantize, "precise_zone": _precise_zone, "evict": _evict, "window": _window, "select": _select,
}  # fmt: skip
