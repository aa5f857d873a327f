"""One result of somebody's benchmark as they wrote it: its keys, read with their types, refused by name."""

import math
from dataclasses import dataclass
from typing import Any

from costmodel.errors import FactError, UnknownName, shown


@dataclass(frozen=True)
class Result:
    """One JSON object of a file of results, and where it stands (``location``)."""

    values: dict[str, Any]
    location: str

    def number(self, name: str, low: float = 0.0) -> float:
        """A finite number of at least ``low``; FactError naming the key for anything else."""
        value = self.values.get(name)
        if name not in self.values:
            raise FactError(f"{self.location}: {self._missing(name)}; expected a number, at least {low:g}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < low:
            raise FactError(f"{self.location}: {name}: expected a number, at least {low:g}, got {shown(value)}")
        return float(value)

    def positive(self, name: str) -> float:
        """A finite number above 0; FactError naming the key for anything else."""
        if (number := self.number(name)) > 0:
            return number
        raise FactError(f"{self.location}: {name}: expected a number above 0, got {number:g}")

    def optional_number(self, name: str, low: float = 0.0) -> float | None:
        """The same, None where the key is absent or null."""
        return None if self.values.get(name) is None else self.number(name, low)

    def text(self, name: str) -> str | None:
        """Text, or a whole number as text; None where the key is absent or null, FactError for anything else."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise FactError(f"{self.location}: {name}: expected text, got {shown(value)}")
        return str(value).strip() or None

    def table(self, name: str) -> "Result":
        """An object under a key, empty where the key is absent or null; FactError for anything else."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, dict):
            raise FactError(f"{self.location}: {name}: expected an object, got {shown(value)}")
        return Result(value or {}, f"{self.location}: {name}")

    def _missing(self, name: str) -> str:
        return str(UnknownName("key", name, self.values))
