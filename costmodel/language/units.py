"""Units: read "3.35 TB/s" from a file, and prove that an equation is dimensionally sound.

pint does the algebra. Counted things (token, sequence, head, SM, layer, flop) are units too, so that a forgotten
batch or a dropped number of SMs fails the proof. Parsing is a pure function of its text; the results for every shipped
file are kept in ``quantities.json``, so that an ordinary run need not load pint at all.
"""

import functools
import json
import math
import re
from pathlib import Path

from costmodel.errors import UnitError, shown

QUANTITY = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(1/[A-Za-z][\w*/ ]*|[A-Za-zµμ][\w*/ µμ^-]*)?\s*"
)
UNIT_CHARACTERS = re.compile(r"[\w*/ .^-]*", re.ASCII)
EXPONENT = re.compile(r"(?:\*\*|\^)\s*-?(\d*)(\s*(?:\*\*|\^))?")
MAX_EXPONENT, MAX_CHARACTERS = 9, 100
COUNTS = ("token", "sequence", "head", "multiprocessor", "layer", "flop")
MAX_NUMBER = 1e30
MEMO = Path(__file__).with_name("quantities.json")


@functools.cache
def registry():
    """The one pint registry, with our counts as base units."""
    import pint

    units = pint.UnitRegistry()
    for count in COUNTS:
        units.define(f"{count} = [{count}]")
    units.define("sm = multiprocessor")
    return units


def check_unit(unit: str) -> None:
    """Check the text of a unit before pint evaluates it: its length, its letters, and its powers, none upon another.

    Raises UnitError in words that follow "expected".
    """
    if not isinstance(unit, str):
        raise UnitError(f"expected a unit as text, such as 'token/sequence', got {shown(unit)}")
    if len(unit) > MAX_CHARACTERS:
        raise UnitError(f"expected a unit of at most {MAX_CHARACTERS} characters, got {len(unit):,}")
    if not UNIT_CHARACTERS.fullmatch(unit.replace("µ", "u").replace("μ", "u")):
        raise UnitError(f"expected a unit such as 'token/sequence', got {shown(unit)}")
    for exponent, next_one in EXPONENT.findall(unit):
        if next_one or not exponent or len(exponent) > 1:
            raise UnitError(f"expected a unit with powers up to {MAX_EXPONENT}, none upon another, got {shown(unit)}")


def is_unit(unit: str) -> bool:
    """Whether a text that ``check_unit`` lets pass names a unit that pint knows."""
    try:
        registry().Unit(unit)
    except Exception:  # pint raises many unrelated types for a unit that it cannot read
        return False
    return True


@functools.cache
def _memo() -> dict[str, float]:
    return json.loads(MEMO.read_text(encoding="utf-8")) if MEMO.exists() else {}


def parse_quantity(value: object, unit: str) -> float:
    """The plain number, in ``unit``, that a text such as ``"3.35 TB/s"`` or ``"4 KiB"`` states.

    A bare number is taken only where the unit is a pure number or a count of tokens, heads or sequences.
    Raises UnitError for another dimension, an unknown unit, or something that is no quantity.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not is_plain(unit):
            raise UnitError(
                f"expected a quantity in {unit} such as {example(unit)!r}, got the bare number {shown(value)}"
            )
        if not abs(value) < float("inf"):
            raise UnitError(f"expected a finite number, got {shown(value)}")
        if abs(value) > MAX_NUMBER:
            raise UnitError(f"expected a number of at most {MAX_NUMBER:g}, got a larger one")
        return float(value)
    if not isinstance(value, str):
        raise UnitError(f"expected a quantity in {unit or 'no unit'}, got {shown(value)}")
    parsed = _memo().get(f"{value} | {unit}")
    return parse_quantity_uncached(value, unit) if parsed is None else parsed


def parse_quantity_uncached(text: str, unit: str) -> float:
    """``parse_quantity`` without its memory: always through pint."""
    import pint

    expected = f"expected a quantity in {unit or 'no unit'}"
    if len(text) > 2 * MAX_CHARACTERS:
        raise UnitError(f"{expected} such as {example(unit)!r}, got {shown(text)}")
    if "nan" in text.lower() or not (match := QUANTITY.fullmatch(text)):
        suffix = ", which is not a number" if "nan" in text.lower() else ""
        raise UnitError(f"{expected} such as {example(unit)!r}, got {shown(text)}{suffix}")
    check_unit(match[2] or "")
    units = registry()
    try:
        quantity = units.Quantity(float(match[1]), match[2] or "")
        if information_power(quantity.units) != information_power(units.Unit(unit)):
            raise pint.DimensionalityError(quantity.units, units.Unit(unit))
        number = float(quantity.to("" if quantity.dimensionless and is_plain(unit) else unit).magnitude)
    except pint.DimensionalityError as error:
        if not match[2]:
            raise UnitError(f"{expected} such as {example(unit)!r}, got the bare number {match[1]!r}") from error
        raise UnitError(f"{expected}, got {shown(text)} ({quantity.units:~})") from error
    except Exception as error:  # pint raises many unrelated types for a unit that it cannot read
        raise UnitError(f"{expected} such as {example(unit)!r}, got {shown(text)}") from error
    if not abs(number) < float("inf"):
        raise UnitError(f"expected a finite number, got {shown(text)}")
    return number


def information_power(unit) -> float:
    """The power of bits in a unit; to pint a bit is a pure number, so that bytes would pass for tokens."""
    return sum(power for name, power in unit._units.items() if name.endswith(("bit", "byte", "octet")))


def is_plain(unit: str) -> bool:
    """Whether a bare number is accepted as a quantity of that unit: pure numbers and counts."""
    return all(part in ("", "1", *COUNTS, "sm", "bit") for part in unit.replace("*", "/").split("/"))


def example(unit: str) -> str:
    """A correct text in that unit, for error messages."""
    samples = {
        "byte": "80 GB",
        "byte/second": "3.35 TB/s",
        "flop/second": "989 Tflop/s",
        "second": "5 us",
        "hertz": "1.98 GHz",
        "1/second": "1.98 GHz",
        "watt": "700 W",
    }
    return samples.get(unit, f"8 {unit}".strip())


def format_quantity(number: float, unit: str) -> str:
    """A number of ``unit`` for people: engineering prefixes, four digits (``3.35 TB/s``)."""
    if not math.isfinite(number):
        return "∞" if number > 0 else "-∞" if number < 0 else "?"
    symbols = {"byte": "B", "byte/second": "B/s", "second": "s", "flop/second": "flop/s", "watt": "W", "1/second": "Hz"}
    if unit not in symbols:
        return f"{number:,.4g} {unit}".strip() if number < 1e6 else f"{number:,.0f} {unit}".strip()
    if number == 0:
        return f"0 {symbols[unit]}"
    prefixes = {-9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P"}
    number = float(f"{number:.4g}")
    power = max(min(3 * math.floor(math.log10(abs(number)) / 3 + 1e-12), 15), -9)
    if unit != "second" and power < 0:
        power = 0
    if unit == "second" and power > 0:
        power = 0
    return f"{number / 10**power:.4g} {prefixes[power]}{symbols[unit]}"


def unit_of(expression):
    """The pint unit of a SymPy expression, from the units that its symbols carry.

    Raises UnitError where a sum mixes units or an exponent is no pure number.
    """
    import sympy as sp

    units = registry()
    if hasattr(expression, "unit"):
        return units.Unit(expression.unit)
    if expression.is_number:
        return units.Unit("")
    if expression.is_Mul:
        return functools.reduce(lambda product, factor: product * unit_of(factor), expression.args, units.Unit(""))
    if expression.is_Pow:
        if expression.exp.is_number:
            return unit_of(expression.base) ** float(expression.exp)
        return pure(expression.base) * pure(expression.exp)
    if rule := getattr(expression, "unit_rule", None):
        return rule(unit_of, pure, same)
    if expression.is_Add or isinstance(expression, (sp.Max, sp.Min)):
        return same(expression.args, expression)
    for argument in expression.args:
        pure(argument)
    return units.Unit("")


def pure(expression):
    """The empty unit; UnitError unless the expression is a pure number."""
    if (unit := unit_of(expression)) != registry().Unit(""):
        raise UnitError(f"{expression} must be a pure number, is {unit}")
    return unit


def same(terms, whole):
    """The one unit that all terms share; a literal 0 fits every unit."""
    units = [(term, unit_of(term)) for term in terms if term != 0]
    for term, unit in units:
        if unit != units[0][1]:
            raise UnitError(f"{whole} mixes {units[0][1]} with {unit} (in {term})")
    return units[0][1]
