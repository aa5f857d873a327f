"""What mechanisms imply of a life cycle, from the tables of a scheme file alone: no SymPy.

A test compares this with the compiled slots (``full_blocks_immutable``, ``prefix_cacheable``, ``reusable_next_turn``,
``residual_window_tokens``, ``unfused``), so that the two cannot disagree.
"""

from dataclasses import dataclass

from costmodel.facts.lifecycle.properties import PROPERTIES
from costmodel.facts.lifecycle.rules import OPEN, REDEFINED, RULES

UNCHANGED = "no mechanism changes it"


@dataclass(frozen=True)
class Implied:
    """The value of a property, its cause (the subject of "implies" in a message) and the reason: mechanism, then a sentence."""

    value: object
    cause: str
    reason: str


def implied_properties(mechanisms: list[dict], location: str) -> dict[str, Implied | None]:
    """Every property that the ``[[mechanism]]`` tables of the file at ``location`` imply; None where they leave it open."""
    implied: dict[str, Implied | None] = {
        name: Implied(lifecycle_property.order[0], f"{location}: no mechanism changes it, which", UNCHANGED)
        for name, lifecycle_property in PROPERTIES.items()
    }
    for table in mechanisms:
        implied |= dict.fromkeys(_open_properties(table))
    for index, table in enumerate(mechanisms):
        kind = str(table.get("kind"))
        for name, (value, reason) in RULES[kind](table).items() if kind in RULES else ():
            order, earlier = PROPERTIES[name].order, implied[name]
            if value not in order:
                continue  # a wrong choice of a field, which the mechanism refuses
            if earlier is None or order.index(value) > order.index(earlier.value):
                cause = f'{location}: mechanism[{index}]: kind = "{kind}"'
                implied[name] = Implied(value, cause, f"{kind}: {reason}")
    return implied


def _open_properties(table: dict) -> list[str]:
    """What a mechanism may change without implying a value, so that a file's declaration decides."""
    names = list(OPEN.get(str(table.get("kind")), ()))
    if table.get("kind") == "redefine":
        names += [name for slot, opened in REDEFINED.items() if slot in table for name in opened]
    return names
