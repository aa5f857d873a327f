"""Numbers as a page shows them."""

import math

from costmodel.evaluation.ask.verdicts import ABSENT, BEYOND, LOSES, NEEDS_KERNEL, WINS
from costmodel.report.blocks import BAD, GOOD, OPEN, PLAIN

TONES = {WINS: GOOD, LOSES: BAD, NEEDS_KERNEL: OPEN, "cannot tell": OPEN, ABSENT: PLAIN, BEYOND: PLAIN}


def times(value: float) -> str:
    """A ratio: ``1.36 ×``; ``only it fits`` where the other side fits not even once."""
    if math.isinf(value):
        return "only it fits"
    return "–" if math.isnan(value) else f"{value:.2f} ×" if value < 100 else f"{value:,.0f} ×"


def span(low: float, high: float) -> str:
    """The ends of an interval: ``0.23 to 2.24``; nothing where it has none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "–"
    return f"{low:.2f} to {high:.2f}" if high < 100 else f"{low:,.1f} to {high:,.0f}"


def with_span(value: float, low: float, high: float) -> str:
    """A ratio with the ends of its interval in brackets, where it has one."""
    return times(value) if low == high or math.isnan(low) else f"{times(value)} ({span(low, high)})"


def tokens(value: float) -> str:
    """Tokens: 512, 32K, 1M where round, else with commas."""
    for size, letter in ((1024**2, "M"), (1024, "K")):
        if value >= size and value % size == 0:
            return f"{value / size:,.0f}{letter}"
    return f"{value:,.0f}"


def tone_of(verdict: str) -> str:
    """The tone of a verdict of the interface."""
    return TONES.get(verdict, PLAIN)


def words(names: tuple[str, ...]) -> str:
    """Names of coordinates as words, or a dash."""
    return ", ".join(name.replace("_", " ") for name in names) or "–"
