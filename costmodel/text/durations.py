"""A time with its unit and its 90 % interval, in a terminal, a sentence and a report alike."""

import math

from costmodel.text.digits import format_rounded

UNITS = ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
LEAST = {"days": 2, "hours": 2, "minutes": 2}  # from so many on a unit reads more easily than the next smaller one


def format_duration(seconds: float, low: float = math.nan, high: float = math.nan) -> str:
    """``22 ms (20.3–23.9)``, ``10.1 s``: three digits in the unit in which the value has at most three before its point.

    Parameters
    ----------
    seconds
        The time, in seconds.
    low, high
        Ends of its 90 % interval, in seconds; left out, not finite, or both the time itself where it has none.
    """
    if not math.isfinite(seconds):
        return "no end" if seconds > 0 else "–"
    size, unit = _unit_of(abs(seconds))
    ends = (low, high)
    text = f"{format_rounded(seconds / size)} {unit}"
    if not all(map(math.isfinite, ends)) or all(math.isclose(end, seconds, rel_tol=1e-9) for end in ends):
        return text
    return f"{text} ({'–'.join(format_rounded(end / size) for end in ends)})"


def _unit_of(seconds: float) -> tuple[float, str]:
    if seconds == 0:
        return 1.0, "s"
    rounded = float(f"{seconds:.3g}")
    for size, unit in UNITS:
        if rounded >= LEAST.get(unit, 1) * size:
            return size, unit
    return UNITS[-1]
