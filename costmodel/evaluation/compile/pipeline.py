"""A scheme's sentence turned into redefined slots: each mechanism changes what stands before it.

Knobs are symbols of the pipeline in which they stand, so the same scheme may stand twice. This needs SymPy; shipped
schemes are turned once and kept as generated code.
"""

from collections.abc import Iterator

import sympy as sp

import costmodel.formulas  # noqa: F401 - defines every slot
from costmodel.errors import FactError, UnknownName
from costmodel.evaluation.compile.range_check import field_key
from costmodel.facts.schemes import SchemePart, SchemeSpec
from costmodel.language.bounds import Bounds
from costmodel.language.quantity import Quantity, catalogue
from costmodel.mechanisms import Mechanism, Pipeline, load_mechanisms


class KnobSymbol(sp.Symbol):
    """A number of one scheme in one place of a pipeline, with unit, LaTeX and meaning; not in the catalogue."""

    unit: str
    tex: str
    meaning: str

    def __new__(cls, name: str, unit: str, meaning: str):
        self = sp.Symbol.__new__(cls, name, nonnegative=True)
        self.unit, self.meaning = unit, meaning
        self.tex = rf"\mathit{{{name.rsplit('__', 1)[-1].replace('_', chr(92) + '_')}}}"
        return self

    def _latex(self, printer, exp=None):
        return self.tex if exp is None else f"{{{self.tex}}}^{{{exp}}}"

    def __reduce__(self):
        return KnobSymbol, (self.name, self.unit, self.meaning)


def knob_name(place: int, part: SchemePart, knob: str) -> str:
    """The argument name under which a knob of the part at that place (from 0) reaches generated code."""
    return f"knob{place}__{knob}"


def slots(sentence: SchemeSpec) -> tuple[dict, dict[str, str]]:
    """Redefined slots (Slot → expression) and the KV type whose measured kernels read keys and values.

    Raises FactError naming file, mechanism and field of whatever cannot be read, or the mechanism that another part of the
    sentence leaves without effect.
    """
    placed = list(tables(sentence))
    pipeline = _apply(placed)
    if len(sentence.parts) > 1:
        _refuse_what_changes_nothing(sentence, placed, pipeline)
    return pipeline.finalize(), dict(pipeline.native)


def _apply(placed) -> Pipeline:
    """The slots as so many mechanisms leave them."""
    pipeline = Pipeline()
    for _, _, mechanism, fields in placed:
        mechanism.apply(pipeline, fields)
    return pipeline


def _refuse_what_changes_nothing(sentence: SchemeSpec, placed: list, whole: Pipeline) -> None:
    """FactError for a mechanism that changes slots in its own file and none in the sentence: another part replaces all of it."""
    for index, (place, number, mechanism, _) in enumerate(placed):
        if _are_alike(_apply(placed[:index] + placed[index + 1 :]), whole):
            own = [table for table in placed if table[0] == place]
            if not _are_alike(_apply([table for table in own if table[1] != number]), _apply(own)):
                raise FactError(
                    f"scheme {sentence.id!r}: mechanism[{number}] ({mechanism.kind}) of {sentence.parts[place].id} changes "
                    "nothing: what stands after it replaces all of it; leave it out"
                )


def _are_alike(one: Pipeline, other: Pipeline) -> bool:
    return one.slots == other.slots and one.native == other.native


def bounded_fields(sentence: SchemeSpec) -> dict[str, tuple[sp.Expr, Bounds]]:
    """What the fields of a sentence state and between which numbers it must lie, by ``range_check.field_key``.

    Slots that are redefined are left out: they are checked as slots.
    """
    bounded = {}
    for place, number, mechanism, values in tables(sentence):
        for name, field in mechanism.fields.items():
            if field.unit is not None and values[name] is not None:
                entries = values[name] if isinstance(values[name], list) else [values[name]]
                for entry, value in enumerate(entries):
                    if value is not sp.oo and not value.is_number:
                        bounded[field_key(place, number, name, entry)] = value, field.bounds
    return bounded


def tables(sentence: SchemeSpec) -> Iterator[tuple[int, int, Mechanism, dict]]:
    """(place of the part, number of the table, its mechanism, its fields as expressions), in order.

    Raises FactError naming file, mechanism and field of whatever cannot be read.
    """
    mechanisms = load_mechanisms()
    for place, part in enumerate(sentence.parts):
        knobs = {
            key: KnobSymbol(knob_name(place, part, key), table.get("unit", ""), table["meaning"])
            for key, table in part.facts.get("knobs", {}).items()
        }
        names = {name: q for name, q in catalogue.items() if isinstance(q, Quantity)} | knobs
        for number, table in enumerate(part.facts.get("mechanism", [])):
            location = f"{part.location}: mechanism[{number}]"
            kind = table.get("kind")
            if kind not in mechanisms:
                raise FactError(f"{location}: kind: {UnknownName('mechanism', str(kind), mechanisms)}")
            yield place, number, mechanisms[kind], mechanisms[kind].read(table, names, location)


def native_type(native: dict[str, str]) -> str:
    """The KV type of kernel tables that measure this very format, or ``none``."""
    types = {native.get("key", "none"), native.get("value", "none")}
    return types.pop() if len(types) == 1 else "none"
