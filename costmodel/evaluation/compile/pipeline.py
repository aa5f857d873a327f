"""A scheme's sentence turned into redefined slots: each mechanism changes what stands before it.

Knobs are symbols of the pipeline in which they stand, so the same scheme may stand twice. This needs SymPy; shipped
schemes are turned once and kept as generated code.
"""

import sympy as sp

import costmodel.formulas  # noqa: F401 - defines every slot
from costmodel.errors import FactError, UnknownName
from costmodel.facts.schemes import SchemePart, SchemeSpec
from costmodel.language.quantity import Quantity, catalogue
from costmodel.mechanisms import Pipeline, load_mechanisms


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

    Raises FactError naming file, mechanism and field of whatever cannot be read.
    """
    mechanisms = load_mechanisms()
    pipeline = Pipeline()
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
            mechanisms[kind].apply(pipeline, mechanisms[kind].read(table, names, location))
    return pipeline.finalize(), dict(pipeline.native)


def native_type(native: dict[str, str]) -> str:
    """The KV type of kernel tables that measure this very format, or ``none``."""
    types = {native.get("key", "none"), native.get("value", "none")}
    return types.pop() if len(types) == 1 else "none"
