"""Between which numbers a quantity must lie: declared once with a field or a slot, checked wherever its number is known."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """Lowest and highest number in ``unit``; ``low`` itself is excluded where the quantity must be ``positive``.

    Fractions are excluded where it is ``whole``: what is counted.
    """

    unit: str
    low: float = 0.0
    high: float = math.inf
    positive: bool = False
    whole: bool = False

    def hold(self, number: float) -> bool:
        """Whether a number is within; NaN and infinity never are."""
        above = number > self.low if self.positive else number >= self.low
        return above and number <= self.high and number < math.inf and not (self.whole and number % 1)

    @property
    def due(self) -> str:
        """What is expected, in words: "a number above 0, at most 4 byte"."""
        if self.low == -math.inf:
            return "a finite number"
        start = f"a {'whole ' * self.whole}number {'above' if self.positive else 'from'} {self.low:g}"
        end = "" if self.high == math.inf else f"{', at most' if self.positive else ' to'} {self.high:g}"
        return f"{start}{end} {self.unit}".rstrip()
