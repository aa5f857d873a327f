"""What generated code stands on: a digest of every source file, and of what a scheme file says.

Generated code is fresh where the digests that were written beside it are those of the files at hand; a commit that changes
one file of formulas changes one line of them.
"""

import functools
import hashlib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("language", "formulas", "mechanisms", "evaluation/compile")


@functools.cache
def source_digests() -> dict[str, str]:
    """Digest by path, below the package, of every file that generated code depends on."""
    files = [path for source in SOURCES for path in sorted((ROOT / source).glob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): _digest(path.read_bytes()) for path in files}


@functools.cache
def fingerprint() -> str:
    """One digest of all sources, by which code compiled for a user is kept."""
    return _digest(repr(sorted(source_digests().items())).encode())


def mechanisms_digest(facts: dict) -> str:
    """A digest of what a scheme file says that its compiled slots depend on."""
    knobs = {key: knob.get("unit", "") for key, knob in facts.get("knobs", {}).items()}
    return _digest(repr((facts.get("mechanism", []), sorted(knobs.items()))).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
