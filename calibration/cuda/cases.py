"""The cases of a file, one by one: operation, shape, state of L2, repeats, and the key of a run in the file of runs.

Tables come in the order in which they are needed: what the fit stands on first, so that a suite that runs out of time has it.
"""

import hashlib
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import InputError, UnknownName
from costmodel.facts.store import check_keys, check_types, read_toml

PATH = Path(__file__).with_name("cases.toml")
KEYS = ("operation", "l2", "repeats", "identifies", "axes", "shapes")
STATES = ("cold", "warm")


@dataclass(frozen=True)
class Case:
    """One shape of one operation."""

    name: str
    operation: str
    shape: dict[str, object]
    cold: bool
    repeats: int
    identifies: tuple[str, ...]

    @property
    def key(self) -> str:
        """What tells this run from all others: case, operation, state of L2 and shape."""
        return json.dumps([self.name, self.operation, self.cold, self.shape], sort_keys=True)


def load_cases(operations, path: Path = PATH, only: str | None = None) -> list[Case]:
    """All cases of a file in order; InputError or UnknownName for what is not of the schema."""
    table = read_toml(path)
    check_keys(table, ("case",), str(path), ("case",))
    if only is not None and only not in table["case"]:
        raise UnknownName("case", only, table["case"])
    selected = []
    for name, entry in table["case"].items():
        location = f"{path.name}: case.{name}"
        check_keys(entry, KEYS, location, ("operation", "l2", "repeats", "identifies"))
        check_types(entry, {"axes": dict, "shapes": list, "identifies": list}, location)
        if entry["operation"] not in operations:
            raise InputError(f"{location}: {UnknownName('operation', entry['operation'], operations)}")
        if entry["l2"] not in STATES:
            raise InputError(f"{location}: l2: expected cold or warm, got {entry['l2']!r}")
        if not isinstance(entry["repeats"], int) or entry["repeats"] < 1:
            raise InputError(f"{location}: repeats: expected a whole number, at least 1, got {entry['repeats']!r}")
        if only in (None, name):
            selected += [_case(name, entry, shape) for shape in _shapes(entry)]
    return selected


def in_order(cases: list[Case], last: set[str] = frozenset()) -> list[Case]:
    """The cases table by table as the file lists them, the shapes of a table shuffled, codecs of one shape together.

    A suite that is cut short then leaves shapes out all over the grid, and pairs whole. Cases whose keys are in ``last``
    come at the end.
    """
    tables = {name: rank for rank, name in enumerate(dict.fromkeys(case.name for case in cases))}

    def place(case: Case):
        shape = {name: value for name, value in case.shape.items() if name != "codec"}
        drawn = hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()
        return case.key in last, tables[case.name], drawn, case.key

    return sorted(cases, key=place)


def _shapes(entry: dict) -> list[dict]:
    axes = entry.get("axes", {})
    grid = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())] if axes else []
    return [*grid, *entry.get("shapes", [])]


def _case(name: str, entry: dict, shape: dict) -> Case:
    return Case(name, entry["operation"], shape, entry["l2"] == "cold", entry["repeats"], tuple(entry["identifies"]))
