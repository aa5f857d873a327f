"""What every primitive shares: typed fields, and a change of slots relative to those of its predecessors.

A scheme lists primitives in order. Each sees the slots as its predecessors left them, so schemes compose: quantising what
an eviction kept is two primitives, not a third kind of scheme.
"""

import abc
import math
import sys
from dataclasses import dataclass, field

import sympy as sp

from costmodel.errors import FactError, InputError, UnknownName, shown
from costmodel.files import discovery
from costmodel.formulas import cache
from costmodel.language import expression
from costmodel.language.bounds import Bounds
from costmodel.language.functions import Indicator
from costmodel.language.quantity import Slot, catalogue
from costmodel.language.symbols import layer, layer_index, layers

MAX_BYTES = 4.0  # of a cached number: 32 bit
SHARED = ("base",)  # modules that hold no primitive


@dataclass(frozen=True)
class Field:
    """One field of a primitive: its unit (None for a choice), meaning, default (None for none), allowed choices, bounds.

    No field is negative unless its ``low`` says so; ``positive`` excludes ``low`` itself, for what is divided by; ``whole``
    admits no fraction, for what is counted. Bounds of a list are those of its entries.
    """

    unit: str | None
    meaning: str
    default: object = None
    choices: tuple[str, ...] = ()
    required: bool = False
    low: float = 0.0
    high: float = math.inf
    positive: bool = False
    whole: bool = False

    @property
    def bounds(self) -> Bounds:
        """Between which numbers its values must lie, in its unit."""
        return Bounds(self.unit or "", self.low, self.high, self.positive, self.whole)

    def check(self, value: sp.Expr, text: object, location: str) -> sp.Expr:
        """The expression of a value; FactError naming ``location`` for a number outside the bounds."""
        if value.is_number and value is not sp.oo and not self.bounds.hold(float(value)):
            raise FactError(f"{location}: expected {self.bounds.due}, got {shown(text)}")
        return value


@dataclass
class Pipeline:
    """The slots as the primitives so far have left them, and by target the KV type whose measured kernels read it.

    ``work`` holds, by slot and target, what the code of keys or values adds there: a later code replaces it.
    """

    slots: dict[Slot, sp.Expr] = field(default_factory=dict)
    native: dict[str, str] = field(default_factory=dict)
    work: dict[tuple[Slot, str], sp.Expr] = field(default_factory=dict)

    def __getitem__(self, slot: Slot) -> sp.Expr:
        return self.slots.get(slot, slot.definition)

    def __setitem__(self, slot: Slot, definition) -> None:
        self.slots[slot] = sp.sympify(definition)

    def replace_work(self, slot: Slot, target: str, work: sp.Expr, mask: sp.Expr) -> None:
        """Let ``work`` stand in the slot for what the target's earlier code added, in the layers of the mask."""
        before = self.work.get((slot, target), sp.S.Zero)
        after = blend_by_mask(mask, work, before)
        self[slot] = self[slot] - before + after
        self.work[slot, target] = after

    def finalize(self) -> dict[Slot, sp.Expr]:
        """All redefined slots, with the growth of the cache that follows from what it keeps.

        Raises FactError for slots that are defined in terms of each other.
        """
        if cache.kept_tokens in self.slots:
            kept_tokens, context, prompt = self.slots[cache.kept_tokens], catalogue["context"], catalogue["prompt"]
            self.slots[cache.kept_growth] = sp.diff(kept_tokens, context)
            if kept_tokens.has(prompt):  # a longer prompt is a longer context too
                self.slots[cache.prompt_growth] = sp.diff(kept_tokens, context) + sp.diff(kept_tokens, prompt)
        for slot in self.slots:
            self._check_order(slot, ())
        return dict(self.slots)

    def _check_order(self, slot: Slot, above: tuple) -> None:
        if slot in above:
            cycle = " → ".join(q.name for q in (*above[above.index(slot) :], slot))
            raise FactError(f"circular slot definitions: {cycle}; define one of them without the other")
        for used in self[slot].free_symbols:
            if isinstance(used, Slot):
                self._check_order(used, (*above, slot))


class Mechanism(abc.ABC):
    """A primitive: the ``fields`` that it takes and ``apply``, which rewrites slots of a pipeline."""

    kind: str
    fields: dict[str, Field]

    @property
    def listed_fields(self) -> dict[str, Field]:
        """The fields of a ``[[mechanism]]`` table of this kind, as documentation lists them."""
        return self.fields

    @abc.abstractmethod
    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        """Rewrite slots of the pipeline from ``fields``, the expressions and choices that ``read`` returns."""

    def read(self, table: dict, names: dict, location: str) -> dict:
        """The fields of one ``[[mechanism]]`` table as expressions and choices.

        ``names`` are the quantities that expressions may use, ``location`` the place in a file that errors name. Raises
        FactError for anything unknown, missing or of another unit.
        """
        for key in table:
            if key not in self.fields and key != "kind":
                raise FactError(f"{location}: {UnknownName('field', key, self.fields, f'(fields of {self.kind})')}")
        return {key: self._value(key, table, names, f"{location}.{key}") for key in self.fields}

    def _value(self, key, table, names, location):
        field = self.fields[key]
        value = table.get(key, field.default)
        if key not in table and field.required:
            raise FactError(f"{location}: missing; expected {field.meaning[0].lower()}{field.meaning[1:]}")
        if field.choices:
            if value not in field.choices:
                raise FactError(f"{location}: expected one of {', '.join(map(str, field.choices))}, got {shown(value)}")
            return value
        if isinstance(field.default, list):
            length = len(field.default)
            if not isinstance(value, list) or len(value) != length:
                raise FactError(f"{location}: expected a list of {length} ({field.meaning}), got {shown(value)}")
            return [sp.oo if v == "all" else self._expression(field, v, names, location) for v in value]
        return None if value is None else self._expression(field, value, names, location)

    def _expression(self, field, value, names, location):
        return field.check(expression.parse_expression(value, names, field.unit, location), value, location)


def load_mechanisms() -> dict[str, Mechanism]:
    """Every primitive by its kind: those of all files of this room that hold a ``MECHANISM``.

    Raises InputError naming the file for a ``MECHANISM`` that is none or lacks kind or fields, both files for a kind that
    stands twice.
    """
    package = sys.modules[__package__]
    modules = discovery.import_modules(package.__name__, package.__path__, except_for=SHARED)
    listed = []
    for module in modules:
        if hasattr(module, "MECHANISM"):
            mechanism = discovery.require_type(module, "MECHANISM", Mechanism)
            for name, expected in (("kind", str), ("fields", dict)):
                if not isinstance(value := getattr(mechanism, name, None), expected):
                    raise InputError(f"{module.__file__}: {name}: expected a {expected.__name__}, got {value!r:.80}")
            listed.append((mechanism.kind, module, mechanism))
    return discovery.index_by_id("mechanism", listed)


def layer_mask(first, last) -> sp.Expr:
    """1 in the layers to which a scheme applies, 0 in its first and last ones that stay untouched."""
    mask = sp.Integer(1)
    if first != 0:
        mask *= Indicator(layer_index - first * layer + layer / 2)
    if last != 0:
        mask *= Indicator(layers - last * layer - layer_index - layer / 2)
    return mask


def blend_by_mask(mask, changed, before) -> sp.Expr:
    """The changed value in the layers of the mask (1 or 0 per layer), the earlier one elsewhere."""
    return changed if mask == 1 else mask * changed + (1 - mask) * before


SKIP = {
    "skip_first": Field("", "First layers that stay untouched", 0, whole=True),
    "skip_last": Field("", "Last layers that stay untouched", 0, whole=True),
}
