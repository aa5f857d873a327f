"""What a scheme file declares of its life cycle, checked against what its mechanisms imply."""

import functools
import re
import warnings
from pathlib import Path

from costmodel.errors import CostModelWarning, FactError, UnknownName
from costmodel.facts.field_bounds import field_bounds
from costmodel.facts.lifecycle.implied import implied_properties
from costmodel.facts.lifecycle.properties import PROPERTIES, describe

LEGACY_KEYS = ("workspace",)  # free text of version 0.1 that is no property


def check(facts: dict, location: str) -> None:
    """Check ``[lifecycle]`` of the scheme file at ``location``.

    Free text, which version 0.1 allowed, is ignored with a CostModelWarning. Raises FactError for an unknown key, a value of
    another type, and a value that contradicts the mechanisms, with the line that declares it and what implies otherwise.
    """
    declared = facts.get("lifecycle", {})
    mechanisms = [table for table in facts.get("mechanism", []) if isinstance(table, dict)]
    implied = implied_properties(mechanisms, location) if declared else {}
    # What a misspelt mechanism would have implied is not known; its own reader names it.
    is_known = all(table.get("kind") in field_bounds() for table in mechanisms)
    for name, value in declared.items():
        if name not in PROPERTIES and name not in LEGACY_KEYS:
            raise FactError(f"{location}: lifecycle: {UnknownName('key', name, PROPERTIES)}")
        if name in LEGACY_KEYS or (isinstance(value, str) and not PROPERTIES[name].allows(value)):
            _warn_free_text(location, name, repr(value))
        elif not PROPERTIES[name].allows(value):
            line = _declaring_line(location, name)
            raise FactError(f"{line}: lifecycle.{name}: expected {_allowed(name)}, got {value!r}")
        elif is_known and (computed := implied[name]) is not None and computed.value != value:
            raise FactError(
                f"{_declaring_line(location, name)}: lifecycle.{name} = {_as_toml(value)} contradicts its mechanisms. "
                f"{computed.cause} implies {name} = {_as_toml(computed.value)} ({describe(name, computed.value)}). Remove the "
                "declaration; what one implementation leaves unused belongs into notes"
            )


def scheme_properties(parts) -> dict[str, object]:
    """Every property of a scheme of these parts: implied, or declared where no mechanism decides; None where neither is."""
    combined: dict[str, object] = {}
    for part in parts:
        implied = implied_properties(part.facts.get("mechanism", []), part.location)
        declared = part.facts.get("lifecycle", {})
        for name, lifecycle_property in PROPERTIES.items():
            stated = declared.get(name) if lifecycle_property.allows(declared.get(name)) else None
            computed = implied[name]
            value = stated if computed is None else computed.value
            earlier = combined.setdefault(name, value)
            combined[name] = (
                None if None in (earlier, value) else max(earlier, value, key=lifecycle_property.order.index)
            )
    return combined


def scheme_reasons(parts) -> dict[str, str]:
    """Why every property has its value: the mechanism and a sentence; that the file declares it; "" where nothing states it."""
    values, reasons = scheme_properties(parts), dict.fromkeys(PROPERTIES, "")
    for part in parts:
        implied = implied_properties(part.facts.get("mechanism", []), part.location)
        for name in PROPERTIES:
            computed, declared = implied[name], part.facts.get("lifecycle", {}).get(name)
            if values[name] is None or reasons[name]:
                continue
            if computed is not None and computed.value == values[name]:
                reasons[name] = computed.reason
            elif computed is None and declared == values[name]:
                reasons[name] = f"{part.id} declares it"
    return reasons


@functools.cache
def _warn_free_text(location: str, name: str, value: str) -> None:
    """Warn once per process of each declaration."""
    allowed = f"expected {_allowed(name)}" if name in PROPERTIES else "this key is no longer used"
    location_of_key = f"{_declaring_line(location, name)}: lifecycle.{name}"
    warnings.warn(
        f"{location_of_key}: {value} is free text, which is ignored; {allowed}", CostModelWarning, stacklevel=2
    )


def _allowed(name: str) -> str:
    return " or ".join(_as_toml(value) for value in PROPERTIES[name].values)


def _as_toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def _declaring_line(location: str, name: str) -> str:
    """``file: line N``, with the line of the key under ``[lifecycle]``; the file alone where it cannot be read."""
    try:
        lines = Path(location).read_text(encoding="utf-8").splitlines()
    except OSError:
        return location
    inside = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("["):
            inside = line.partition("#")[0].strip() == "[lifecycle]"
        elif inside and re.match(rf"\s*{name}\s*=", line):
            return f"{location}: line {number}"
    return location
