"""The bounds of every field of every mechanism as data, so that a scheme file is checked when it is read, without SymPy.

``fields.json`` is written from ``mechanisms`` by ``python -m costmodel.evaluation.compile.generate``; a test compares it with
them. Entries are checked with the knobs as they stand; what depends on more, such as ``key_width``, is left to evaluation.
"""

import ast
import functools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import FactError, UnitError, shown
from costmodel.facts.knob_numbers import evaluate_tree, parse_entry
from costmodel.language import arithmetic, units
from costmodel.language.bounds import Bounds

FILE = Path(__file__).parents[1] / "mechanisms" / "fields.json"
DIVISOR = Bounds("", positive=True)


@functools.cache
def field_bounds() -> dict[str, dict[str, Bounds]]:
    """Kind of mechanism → field → its bounds; of ``redefine`` the slots."""
    kinds = json.loads(FILE.read_text(encoding="utf-8"))
    return {kind: {name: Bounds(**entry) for name, entry in fields.items()} for kind, fields in kinds.items()}


@dataclass(frozen=True)
class FieldEntry:
    """One entry of a ``[[mechanism]]`` table: its field, its place in a list, its text, what it amounts to, and by which names.

    ``bounds`` are those of its field, or of a divisor in it; ``number`` is that of the divisor then.
    """

    field: str
    place: int
    text: object
    number: float
    bounds: Bounds
    names: frozenset[str]


def check_bounds(mechanisms: list[dict], knobs: dict[str, float], location: str) -> None:
    """Check every number of the ``[[mechanism]]`` tables that knobs decide, divisors inside expressions included.

    Raises FactError naming ``location``, field, what was due, and the number with the knobs behind it.
    """
    for index, table in enumerate(mechanisms):
        for entry in (*_divisors(table, knobs), *entries(table, knobs)):
            if not entry.bounds.hold(entry.number):
                stated = ", ".join(f"{name} = {knobs[name]:g}" for name in sorted(entry.names & set(knobs)))
                due = "a divisor above 0" if entry.bounds is DIVISOR else entry.bounds.due
                raise FactError(
                    f"{location}: mechanism[{index}].{entry.field}: expected {due}, got {_got(entry)}"
                    + (f" (knob {stated})" if stated else "")
                )


def _got(entry: FieldEntry) -> str:
    """The number and the text it comes from, which need not be said where it is the number."""
    return f"{entry.number:g}" + ("" if isinstance(entry.text, (int, float)) else f" from {shown(entry.text)}")


def entries(table: dict, knobs: dict[str, float]) -> Iterator[FieldEntry]:
    """Every entry of a ``[[mechanism]]`` table that knobs decide."""
    known = field_bounds().get(str(table.get("kind")), {})
    for field, place, text, tree in _trees(table):
        if field in known:
            number = _number(text, tree, knobs, known[field].unit)
            if number is not None:
                yield FieldEntry(field, place, text, number, known[field], _names(tree))


def _divisors(table: dict, knobs: dict[str, float]) -> Iterator[FieldEntry]:
    """Every divisor inside an entry that knobs decide."""
    for field, place, text, tree in _trees(table):
        for node in ast.walk(tree):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                number = evaluate_tree(node.right, knobs)
                if number is not None:
                    yield FieldEntry(field, place, text, number, DIVISOR, _names(node.right))


def _trees(table: dict) -> Iterator[tuple[str, int, object, ast.expr]]:
    for field, value in table.items():
        for place, text in enumerate(value if isinstance(value, list) else [value]):
            tree = None if isinstance(text, bool) else parse_entry(text)
            if tree is not None:
                yield field, place, text, tree


def _number(text: object, tree: ast.expr, knobs: dict[str, float], unit: str) -> float | None:
    """The number of an entry in ``unit``: arithmetic over knobs, or a quantity; None for what compiling it will refuse."""
    if not isinstance(text, str) or arithmetic.parse(text) is not None:
        number = evaluate_tree(tree, knobs)
    else:
        try:
            number = units.parse_quantity(text, unit)
        except UnitError:
            return None
    return None if number is None or math.isnan(number) else number


def _names(tree: ast.expr) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
