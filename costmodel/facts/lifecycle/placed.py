"""A mechanism where it stands: its table, the file that holds it, and the knobs that its entries may use."""

import math
from dataclasses import dataclass

from costmodel.facts.knob_numbers import evaluate_entry

UNITS = {"token": 1.0, "sequence": 1.0}  # arithmetic may name the unit of a number of tokens


@dataclass(frozen=True)
class PlacedMechanism:
    """A ``[[mechanism]]`` table with the id of its file and the knobs that its entries may use."""

    scheme: str
    table: dict
    knobs: dict[str, float]

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.table.get("kind"))

    def number(self, field: str, default: object) -> float | None:
        """The number of one of its fields; None where knobs alone do not decide it."""
        return evaluate_entry(self.table.get(field, default), UNITS | self.knobs)

    @property
    def tile_tokens(self) -> float:
        """Tokens of the tile that share one metadata record; 1 where it is not stated or spans all tokens."""
        tile = self.table.get("tile", ["all"] * 3)
        tokens = evaluate_entry(tile[0], self.knobs) if isinstance(tile, list) and tile else None
        return 1.0 if tokens is None or math.isinf(tokens) else tokens

    @property
    def name(self) -> str:
        """The file and the kind, as sentences name it."""
        return f"{self.scheme} ({self.kind})"

    @property
    def replaces_tokens(self) -> bool:
        """Whether single tokens are replaced inside blocks."""
        if self.kind == "evict":
            return self.table.get("trigger", "step") == "step"
        return self.kind == "merge" and self.table.get("axis", "tokens") == "tokens"

    @property
    def is_request_specific(self) -> bool:
        """Whether later tokens of the request decide what it keeps or how, so that its prefix serves nobody else."""
        return self.kind == "evict" or (self.kind == "variable_rate" and (self.number("recoded", 0) or 0) > 0)


Placed = list[PlacedMechanism]
