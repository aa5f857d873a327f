"""Whether the parts of a sentence go together: a number has one code, so that two codes of the same numbers are one too many."""

from costmodel.errors import FactError, shown
from costmodel.facts.knob_numbers import evaluate_entry

SIDES = {"both": ("key", "value"), "key": ("key",), "value": ("value",)}
CODES = ("quantize", "variable_rate")  # kinds that say how numbers are stored


def check_codes(parts, text: str) -> None:
    """FactError for a code of keys or values that a later one replaces in every layer, named with what would go together.

    ``parts`` are those of the sentence ``text``, in order.
    """
    coded: dict[str, str] = {}
    for part in parts:
        for table in part.facts.get("mechanism", []):
            if table.get("kind") not in CODES:
                continue
            sides = SIDES.get(str(table.get("target", "both")), ())
            earlier = [side for side in sides if side in coded]
            if earlier and _covers_every_layer(table, part.knobs):
                what = " and ".join(f"{side}s" for side in earlier)
                raise FactError(
                    f"scheme {shown(text)}: {part.id} codes {what} that {coded[earlier[0]]} codes, in every layer; a number is "
                    f"stored in one code: name one of them, or let {part.id} leave out layers (skip_first, skip_last)"
                )
            coded |= dict.fromkeys(sides, part.id)


def _covers_every_layer(table: dict, knobs: dict[str, float]) -> bool:
    """Whether no layer is left out; one that depends on more than knobs may be."""
    return all(evaluate_entry(table.get(name, 0), knobs) == 0 for name in ("skip_first", "skip_last"))
