"""What mechanisms imply of a life cycle, from the tables of a scheme file alone: no SymPy.

A test compares this with the compiled slots (``full_blocks_immutable``, ``prefix_cacheable``, ``reusable_next_turn``,
``residual_window_tokens``, ``unfused``), so that the two cannot disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass

from costmodel.facts.lifecycle.properties import PROPERTIES


@dataclass(frozen=True)
class Implied:
    """The value of a property, and its cause: the subject of "implies" in a message."""

    value: object
    cause: str


def implied_properties(mechanisms: list[dict], location: str) -> dict[str, Implied | None]:
    """Every property that the ``[[mechanism]]`` tables of the file at ``location`` imply; None where they leave it open."""
    implied: dict[str, Implied | None] = {
        name: Implied(lifecycle_property.order[0], f"{location}: no mechanism changes it, which")
        for name, lifecycle_property in PROPERTIES.items()
    }
    for table in mechanisms:
        implied |= dict.fromkeys(_open_properties(table))
    for index, table in enumerate(mechanisms):
        kind = str(table.get("kind"))
        for name, value in RULES[kind](table).items() if kind in RULES else ():
            order, earlier = PROPERTIES[name].order, implied[name]
            if value not in order:
                continue  # a wrong choice of a field, which the mechanism refuses
            if earlier is None or order.index(value) > order.index(earlier.value):
                implied[name] = Implied(value, f'{location}: mechanism[{index}]: kind = "{kind}"')
    return implied


def _open_properties(table: dict) -> list[str]:
    """What a mechanism may change without implying a value, so that a file's declaration decides."""
    names = list(OPEN.get(str(table.get("kind")), ()))
    if table.get("kind") == "redefine":
        names += [name for slot, opened in REDEFINED.items() if slot in table for name in opened]
    return names


def _quantize(table: dict) -> dict:
    return {"encode_when": "append", "decode_when": table.get("decode", "fused"), "reversible": False}


def _precise_zone(table: dict) -> dict:
    flushes = _number(table.get("flush", 1)) != "1"
    has_window = any(_number(table.get(key, 0)) != "0" for key in ("recent_keys", "recent_values"))
    return ({"encode_when": "flush"} if flushes else {}) | ({"fork": "copy_window"} if has_window else {})


def _evict(table: dict) -> dict:
    selected = {"request_specific": True, "prefix_shareable": "no", "reversible": False}
    if table.get("trigger", "step") == "step":
        return selected | {"encode_when": "step", "block_table": "slots", "fork": "copy_all"}
    return selected | {"encode_when": "prompt_end", "block_table": "per_head", "next_turn": "no"}


def _window(table: dict) -> dict:
    return {"encode_when": "step", "block_table": "ring", "fork": "copy_all", "reversible": False}


def _redefine(table: dict) -> dict:
    """A slot that is stated as 0; any other expression leaves its properties open."""
    zero = [slot for slot in SLOTS if _number(table.get(slot, "")) in ("0", "0.0")]
    return {name: value for slot in zero for name, value in SLOTS[slot].items()}


def _number(value: object) -> str:
    """The number with which a quantity begins, as text."""
    return str(value).strip().partition(" ")[0]


SLOTS = {
    "prefix_cacheable": {"prefix_shareable": "no", "request_specific": True},
    "full_blocks_immutable": {"fork": "copy_all"},
    "reusable_next_turn": {"next_turn": "no"},
}
RULES: dict[str, Callable[[dict], dict]] = {
    "quantize": _quantize,
    "precise_zone": _precise_zone,
    "evict": _evict,
    "window": _window,
    "select": lambda table: {"encode_when": "append"},
    "project": lambda table: {"reversible": False},
    "redefine": _redefine,
}
OPEN = {
    "quantize": ("requantised",),
    "share": ("reversible",),
    "project": ("encode_when", "decode_when"),
    "entropy": ("encode_when", "decode_when", "requantised"),
    "redefine": ("encode_when", "decode_when", "block_table", "reversible", "requantised"),
}
REDEFINED = {  # slots that formulas share by, and the properties that follow from them
    "prefix_cacheable": ("prefix_shareable", "request_specific"),
    "full_blocks_immutable": ("fork",),
    "residual_window_tokens": ("fork",),
    "reusable_next_turn": ("next_turn",),
}
