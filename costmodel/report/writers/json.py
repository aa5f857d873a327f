"""A report as JSON: sections as they were computed, and the SHA-256 of the canonical text without date and path."""

import dataclasses
import hashlib
import json
import math
from typing import Any

from costmodel.report.build import Report

FORMAT = 1
DIGITS = 9  # significant digits of a number, so that the last bits of another machine change no hash
NOT_HASHED = ("date", "path", "hash")


def to_json(report: Report, path: str = "") -> str:
    """The whole report as one JSON document, with its hash."""
    content = _content(report) | {"date": report.date.isoformat(), "path": path, "hash": content_hash(report)}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def content_hash(report: Report) -> str:
    """SHA-256 of the canonical JSON (sorted keys, no blanks) without date and path."""
    content = {key: value for key, value in _content(report).items() if key not in NOT_HASHED}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _content(report: Report) -> dict[str, Any]:
    return to_plain({
        "format": FORMAT, "name": report.name, "scheme": report.scheme, "source": report.source,
        "deployment": report.deployment, "assumed": report.assumed, "constants": report.constants, "stamp": report.stamp,
        "sections": report.sections,
    })  # fmt: skip


def to_plain(value: Any) -> Any:
    """Dataclasses as objects, numbers to nine digits; those that are not finite become null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value
