"""Where mechanisms of one sentence get in each other's way, or in the way of the engine's blocks.

A conflict is no error: the formulas price each mechanism as if it were solved. It says what an implementation must solve.
"""

from dataclasses import dataclass

from costmodel.facts.lifecycle.conflict_rules import RULES
from costmodel.facts.lifecycle.placed import PlacedMechanism


@dataclass(frozen=True)
class Conflict:
    """A rule that a sentence meets, and what it means for this sentence."""

    rule: str
    text: str


def conflicts(parts, block_size: float) -> tuple[Conflict, ...]:
    """All conflicts of the parts of a sentence under blocks of so many tokens, in the order of the rules."""
    placed = [
        PlacedMechanism(part.id, table, part.knobs)
        for part in parts
        for table in part.facts.get("mechanism", [])
        if isinstance(table, dict)
    ]
    return tuple(Conflict(name, text) for name, rule in RULES.items() for text in rule(placed, block_size))
