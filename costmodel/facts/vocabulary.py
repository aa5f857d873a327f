"""The vocabulary as data: name → unit, LaTeX, meaning, kind, table; so that reading facts needs no SymPy.

``vocabulary.json`` is written from ``language.symbols`` and ``formulas`` by
``python -m costmodel.evaluation.compile.generate``; a test compares it with them.
"""

import functools
import json
from pathlib import Path

from costmodel.errors import FactError, UnitError
from costmodel.language import units

FILE = Path(__file__).parents[1] / "language" / "vocabulary.json"


_recompiled: dict[str, dict] = {}


@functools.cache
def vocabulary() -> dict[str, dict]:
    """Name → {unit, tex, meaning, kind, table, default} for every quantity."""
    return _recompiled or json.loads(FILE.read_text(encoding="utf-8"))


def use_recompiled(entries: dict[str, dict]) -> None:
    """Take these entries in place of the file's, which is older than the formulas that were compiled anew."""
    _recompiled.clear()
    _recompiled.update(entries)
    for cached in (vocabulary, schema, required):
        cached.cache_clear()


@functools.cache
def schema(table: str) -> dict[str, str]:
    """Name → unit of the inputs that one kind of fact file supplies."""
    return {name: entry["unit"] for name, entry in vocabulary().items() if entry.get("table") == table}


@functools.cache
def required(table: str) -> tuple[str, ...]:
    """Names of the inputs that a fact file of that kind must state: those without a default, in the files' own order."""
    return tuple(name for name in schema(table) if "default" not in vocabulary()[name])


def complete(numbers: dict[str, float], table: str) -> dict[str, str]:
    """Add what a file does not state and costmodel has a default for; name → where the default comes from."""
    origins = {}
    for name in schema(table):
        for default in vocabulary()[name].get("default", ()) if name not in numbers else ():
            value = numbers.get(default) if isinstance(default, str) else float(default)
            if value is not None:
                numbers[name] = value
                origins[name] = "default of costmodel" + (f": its {default}" if isinstance(default, str) else "")
                break
    return origins


def number(facts: dict, key: str, unit: str, location: str, default=None, low=0.0, positive=False) -> float:
    """The plain number under one key of ``facts``, in ``unit``; ``default`` where the key is absent.

    Raises FactError, naming location and key, for a missing key without a default, another unit, or a number below ``low``.
    """
    if key not in facts:
        if default is None:
            raise FactError(
                f"{location}: {key} is missing; expected a quantity in {unit or 'no unit'} such as {units.example(unit)!r}"
            )
        return default
    try:
        value = units.parse_quantity(facts[key], unit)
    except UnitError as error:
        raise FactError(f"{location}: {key}: {error}") from error
    if value < low or (positive and value <= 0):
        raise FactError(
            f"{location}: {key}: expected a {'positive' if positive else 'non-negative'} number, got {facts[key]!r}"
        )
    return value
