"""Redefine: a user's own idea states slots directly, as arithmetic in the vocabulary."""

from costmodel.errors import FactError, UnknownName
from costmodel.language import expression
from costmodel.language.quantity import Slot, catalogue
from costmodel.language.renamed import RENAMED
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Redefine(Mechanism):
    """``kept_tokens = "min(context, sinks + recent)"``: every key is a slot, checked for its unit."""

    kind = "redefine"
    fields = {}

    @property
    def listed_fields(self) -> dict[str, Field]:
        """Every slot; one that is not stated keeps the definition that it has."""
        slots = {name: q for name, q in catalogue.items() if isinstance(q, Slot)}
        return {name: _field(slot) for name, slot in sorted(slots.items())}

    def read(self, table: dict, names: dict, location: str) -> dict:
        """Slot → expression; raises FactError for a key that is no slot or a value of another unit."""
        slots = {name: q for name, q in catalogue.items() if isinstance(q, Slot)}
        definitions = {}
        for key, text in table.items():
            if key == "kind":
                continue
            slot = slots.get(RENAMED.get(key, key))
            if slot is None:
                raise FactError(f"{location}: {UnknownName('slot', key, slots)}")
            here = f"{location}.{key}"
            definitions[slot] = _field(slot).check(
                expression.parse_expression(text, names, slot.unit, here), text, here
            )
        return definitions

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        before = {slot: pipeline[slot] for slot in fields}
        for slot, definition in fields.items():
            pipeline[slot] = definition.xreplace({slot: before[slot]})


def _field(slot: Slot) -> Field:
    return Field(slot.unit, slot.meaning.rstrip("."), low=slot.low, high=slot.high, positive=slot.above_low)


MECHANISM = Redefine()
