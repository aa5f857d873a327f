"""Numbers, ranges and durations as people type them: 8, 4K, 1:256, 30%, 15us."""

import math

from costmodel.errors import InputError, UnitError

MIN_COUNT = 1e-9  # smaller ones too
MAX_COUNT = 1e9  # larger counts are typing errors
MAX_AXIS_POINTS = 100_000
DEFAULT_SPREAD, MAX_SPREAD = 0.5, 10.0  # coefficients of variation of lengths


def parse_count(text: str, name: str) -> float:
    """A number such as 8, 4K (× 1024) or 1M; raises InputError for anything else or nothing positive."""
    number = _parse_number(text, name)
    if not MIN_COUNT <= number < MAX_COUNT:
        raise InputError(f"{name}: expected a number above 0 and below 1e9, got {text!r}")
    return number


def _parse_number(text: str, name: str) -> float:
    digits, factor = text.strip(), 1
    if digits and digits[-1] in "kKmM":
        digits, factor = digits[:-1], 1024 if digits[-1] in "kK" else 1024**2
    try:
        return float(digits) * factor
    except ValueError as error:
        raise InputError(f"{name}: expected a number such as 8, 4K or 1M, got {text!r}") from error


def parse_axis(text: str | None, name: str) -> list[float] | None:
    """The numbers of an axis: one, a list, a doubling range ``a:b``, or ``a:b:n`` points evenly spaced in log.

    None without a text. Raises InputError, naming the option ``name``, for a text that is none of these.
    """
    if text is None:
        return None
    parts = text.split(":")
    if len(parts) == 1:
        return [parse_count(item, name) for item in text.split(",")]
    if len(parts) > 3:
        raise InputError(f"{name}: expected a:b or a:b:n, got {text!r}")
    low, high = parse_count(parts[0], name), parse_count(parts[1], name)
    if high < low:
        raise InputError(f"{name}: expected the smaller number first, got {text!r}")
    if len(parts) == 2:
        return [low * 2**k for k in range(int(math.log2(high / low) + 1e-9) + 1)]
    steps = int(parse_count(parts[2], f"{name} points"))
    if steps < 1:
        raise InputError(f"{name}: expected at least 1 point, got {parts[2]!r}")
    if low < 1:  # its points are rounded
        raise InputError(f"{name}: expected a:b:n from 1, got {text!r}")
    if steps > MAX_AXIS_POINTS:
        raise InputError(f"{name}: expected at most {MAX_AXIS_POINTS:,} points, got {steps}")
    spaced = [low * (high / low) ** (k / max(steps - 1, 1)) for k in range(steps)]
    return sorted({float(round(value)) for value in spaced})


def parse_lengths(text: str, name: str) -> tuple[float, float]:
    """Mean and coefficient of variation of lengths: ``2K`` (a spread of 0.5) or ``2K,0``; raises InputError for anything else."""
    mean, comma, spread = text.partition(",")
    try:
        variation = float(spread) if comma else DEFAULT_SPREAD
    except ValueError:
        variation = -1.0
    if not 0 <= variation <= MAX_SPREAD:
        raise InputError(f"{name}: expected tokens, or tokens and a spread from 0 to 10 such as 2K,0.5, got {text!r}")
    return parse_count(mean, name), variation


def parse_gpu_counts(text: str, name: str) -> tuple[int, ...]:
    """Numbers of GPUs, ascending, from the text of an axis; raises InputError for any that is not whole."""
    counts = parse_axis(text, name) or [1.0]
    if any(count != int(count) or count < 1 for count in counts):
        raise InputError(f"{name}: expected whole numbers of GPUs, got {text!r}")
    return tuple(sorted({int(count) for count in counts}))


def parse_conditions(text: str | None) -> dict[str, float]:
    """Non-negative numbers by name from a text such as ``context=64K private=1K``; the test checks names and bounds."""
    conditions = {}
    for item in (text or "").replace(",", " ").split():
        name, equals, value = item.partition("=")
        if not equals or not value:
            raise InputError(f"--with: expected name=number, such as context=64K, got {item!r}")
        if name in conditions:
            raise InputError(f"--with {name}: expected once, got it twice")
        conditions[name] = _parse_number(value, f"--with {name}")
        if not 0 <= conditions[name] < MAX_COUNT:
            raise InputError(f"--with {name}: expected a number from 0 to below 1e9, got {value!r}")
    return conditions


def parse_fraction(text: str, name: str) -> float:
    """A fraction such as 30% or 0.3, from 0 to below 1; raises InputError for anything else."""
    try:
        number = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError as error:
        raise InputError(f"{name}: expected a fraction such as 30% or 0.3, got {text!r}") from error
    if not 0 <= number < 1:
        raise InputError(f"{name}: expected a fraction from 0 to below 1, got {text!r}")
    return number


def parse_duration(text: str | None, name: str) -> float | None:
    """Seconds from a text such as 15us or 50 ms; None without a text, InputError for anything else."""
    if text is None:
        return None
    from costmodel.language import units

    if text.strip().replace(".", "", 1).isdigit():
        bare = text.strip()
        raise InputError(f"{name}: expected a time with its unit, got {bare!r}; try {bare}ms, {bare}us or {bare}s")
    try:
        number = units.parse_quantity(text, "second")
    except UnitError as error:
        raise InputError(f"{name}: {error}") from error
    if number < 0:
        raise InputError(f"{name}: expected a time of at least 0, got {text!r}")
    return number
