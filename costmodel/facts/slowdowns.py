"""How much slower shipped kernels stream the cache than ideal ones: what measured implementations show.

A number is the time per cached token of an implementation over that of the engine's 16-bit kernel times the ratio of bytes.
Formats (other numbers) and selections (fewer tokens) are told apart; the table is an empirical distribution, not a fit.
"""

import functools
import math
from dataclasses import dataclass

from costmodel.errors import FactError
from costmodel.facts import store

FILE = store.PACKAGE / "measurements" / "slowdowns.toml"
KEYS = ("implementation", "gpu", "model", "slowdown", "rows", "kind", "source", "read")
KINDS = ("format", "selection")
MIN_ROWS = 5  # fewer of a kind, and all are taken
SLOW_QUANTILE = 0.95


@dataclass(frozen=True)
class Slowdowns:
    """Slowdowns of one kind in ascending order, one an implementation and GPU."""

    kind: str
    values: tuple[float, ...]

    @property
    def count(self) -> int:
        """Implementations and GPUs that were measured."""
        return len(self.values)

    @property
    def slow_end(self) -> float:
        """The 95 % quantile, at least 1, by linear interpolation of the order statistics."""
        place = SLOW_QUANTILE * (self.count - 1)
        low = int(place)
        high = min(low + 1, self.count - 1)
        return max(1.0, self.values[low] + (place - low) * (self.values[high] - self.values[low]))

    def describe(self) -> str:
        """The slow end and what it stands on, as one phrase."""
        return f"slow end {self.slow_end:.1f} × ideal: 95 % quantile of {self.count} measured implementations"


@functools.cache
def slowdowns(kind: str) -> Slowdowns:
    """The distribution for formats or selections; FactError naming file, row and key for what cannot be trusted."""
    rows = read_rows()
    values = sorted(row["slowdown"] for row in rows if row["kind"] == kind)
    if len(values) < MIN_ROWS:
        values = sorted(row["slowdown"] for row in rows)
    return Slowdowns(kind, tuple(values))


def read_rows() -> list[dict]:
    """Every row of the table, checked."""
    facts = store.read_toml(FILE)
    rows = facts.get("row", [])
    if not rows:
        raise FactError(f"{FILE.name}: expected at least one [[row]], got none")
    for index, row in enumerate(rows):
        location = f"{FILE.name}: row[{index}]"
        store.check_keys(row, KEYS, location, KEYS)
        if row["kind"] not in KINDS:
            raise FactError(f"{location}: kind: expected {' or '.join(KINDS)}, got {row['kind']!r}")
        value = row["slowdown"]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
            raise FactError(f"{location}: slowdown: expected a number above 0, got {value!r}")
    return rows
