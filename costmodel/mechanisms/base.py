"""What every primitive shares: typed fields, and a change of slots relative to what stands before it.

A scheme lists primitives in order. Each sees the slots as its predecessors left them, so schemes compose: quantising what
an eviction kept is two primitives, not a third kind of scheme.
"""

import abc
import importlib
from dataclasses import dataclass, field

import sympy as sp

from costmodel.errors import FactError, UnknownName
from costmodel.formulas import cache
from costmodel.language import expression
from costmodel.language.functions import Indicator
from costmodel.language.quantity import Slot, catalogue
from costmodel.language.symbols import layer, layer_index, layers

NAMES = ("quantize", "precise_zone", "sidecar", "evict", "select", "window", "share", "project", "entropy", "redefine")


@dataclass(frozen=True)
class Field:
    """One field of a primitive: its unit (None for a word), meaning, default (None where required), allowed words."""

    unit: str | None
    meaning: str
    default: object = None
    words: tuple[str, ...] = ()
    required: bool = False


@dataclass
class Pipeline:
    """The slots as the primitives so far have left them, and what they said of kernels."""

    slots: dict[Slot, sp.Expr] = field(default_factory=dict)
    native: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, slot: Slot) -> sp.Expr:
        return self.slots.get(slot, slot.definition)

    def __setitem__(self, slot: Slot, definition) -> None:
        self.slots[slot] = sp.sympify(definition)

    def finished(self) -> dict[Slot, sp.Expr]:
        """All redefined slots; how the cache grows follows from what it keeps."""
        if cache.kept_tokens in self.slots:
            kept, context, prompt = self.slots[cache.kept_tokens], catalogue["context"], catalogue["prompt"]
            self.slots[cache.kept_growth] = sp.diff(kept, context)
            if kept.has(prompt):  # a longer prompt is a longer context too
                self.slots[cache.prompt_growth] = sp.diff(kept, context) + sp.diff(kept, prompt)
        for slot in self.slots:
            self._check_order(slot, ())
        return dict(self.slots)

    def _check_order(self, slot: Slot, above: tuple) -> None:
        if slot in above:
            circle = " → ".join(q.name for q in (*above[above.index(slot) :], slot))
            raise FactError(f"slots stand on each other: {circle}; state one of them without the other")
        for used in self[slot].free_symbols:
            if isinstance(used, Slot):
                self._check_order(used, (*above, slot))


class Mechanism(abc.ABC):
    """A primitive: ``fields`` it takes and ``change``, which rewrites slots of a pipeline."""

    kind: str
    fields: dict[str, Field]

    @abc.abstractmethod
    def change(self, pipeline: Pipeline, given: dict) -> None:
        """Rewrite slots of the pipeline from the fields' expressions and words."""

    def read(self, table: dict, names: dict, where: str) -> dict:
        """The fields of one ``[[mechanism]]`` table as expressions and words; FactError for anything unknown or missing."""
        for key in table:
            if key not in self.fields and key != "kind":
                raise FactError(f"{where}: {UnknownName('field', key, self.fields, f'(fields of {self.kind})')}")
        return {key: self._value(key, table, names, f"{where}.{key}") for key in self.fields}

    def _value(self, key, table, names, where):
        due = self.fields[key]
        value = table.get(key, due.default)
        if key not in table and due.required:
            raise FactError(f"{where}: missing; due {due.meaning[0].lower()}{due.meaning[1:]}")
        if due.words:
            if value not in due.words:
                raise FactError(f"{where}: found {value!r}, due one of {', '.join(map(str, due.words))}")
            return value
        if isinstance(due.default, list):
            if not isinstance(value, list) or len(value) != len(due.default):
                raise FactError(f"{where}: found {value!r}, due a list of {len(due.default)}: {due.meaning}")
            return [sp.oo if v == "all" else expression.parse_expression(v, names, due.unit, where) for v in value]
        return None if value is None else expression.parse_expression(value, names, due.unit, where)


def mechanisms() -> dict[str, Mechanism]:
    """Every primitive by its kind."""
    found = {}
    for name in NAMES:
        mechanism = importlib.import_module(f"costmodel.mechanisms.{name}").MECHANISM
        found[mechanism.kind] = mechanism
    return found


def skipping(first, last) -> sp.Expr:
    """1 in the layers to which a scheme applies, 0 in its first and last ones that stay untouched."""
    mask = sp.Integer(1)
    if first != 0:
        mask *= Indicator(layer_index - first * layer + layer / 2)
    if last != 0:
        mask *= Indicator(layers - last * layer - layer_index - layer / 2)
    return mask


def mixed(mask, changed, before) -> sp.Expr:
    """The changed value in the layers of the mask, the earlier one elsewhere."""
    return changed if mask == 1 else mask * changed + (1 - mask) * before


SKIP = {
    "skip_first": Field("", "First layers that stay untouched", 0),
    "skip_last": Field("", "Last layers that stay untouched", 0),
}
