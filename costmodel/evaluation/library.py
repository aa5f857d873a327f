"""Compiled formulas and schemes: from the package, where fresh; from a cache or anew, where not.

Generated code carries a fingerprint of the sources it came from. A run whose sources are unchanged never loads SymPy; a
changed formula or a scheme of one's own is compiled once and kept in the user's cache directory.
"""

import functools
import hashlib
import importlib.util
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from costmodel import files
from costmodel.errors import FactError
from costmodel.facts.schemes import Sentence, parse

ROOT = Path(__file__).parents[1]
SOURCES = ("language", "formulas", "mechanisms", "evaluation/compile.py", "evaluation/pipeline.py")


@functools.cache
def fingerprint() -> str:
    """A digest of every source that generated code depends on."""
    digest = hashlib.sha256()
    for source in SOURCES:
        path = ROOT / source
        for file in [path] if path.is_file() else sorted(path.glob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Law:
    """Generated tables: formulas, dispatch rules, shapes of the matrix products."""

    formulas: dict
    rules: dict
    products: dict


@dataclass(frozen=True, eq=False)
class Scheme:
    """A scheme ready to evaluate: its sentence, redefined slots, knobs by argument name, and what kernels it takes."""

    sentence: Sentence
    slots: dict = field(repr=False)
    knobs: dict[str, float]
    native: str

    @property
    def id(self) -> str:
        """Canonical text of the sentence."""
        return self.sentence.id

    @property
    def name(self) -> str:
        """Names of its parts."""
        return self.sentence.name

    @property
    def baseline(self) -> str:
        """The scheme it is held against."""
        return self.sentence.baseline

    @property
    def per_layer(self) -> bool:
        """Whether its slots differ from layer to layer."""
        return any("layer_index" in arguments for _, arguments, _ in self.slots.values())


@functools.cache
def law() -> Law:
    """The compiled formulas."""
    from costmodel.evaluation.generated import law as shipped

    if fingerprint() == shipped.FINGERPRINT:
        return Law(shipped.LAW, shipped.RULES, shipped.PRODUCTS)
    module = _cached(f"law_{fingerprint()}", lambda: _builder().law_source())
    return Law(module.LAW, module.RULES, module.PRODUCTS)


@functools.cache
def scheme(text: str) -> Scheme:
    """The scheme that a sentence names, compiled; errors are those of reading it."""
    sentence = parse(text)
    knobs = {
        f"knob{place}__{key}": value for place, part in enumerate(sentence.parts) for key, value in part.knobs.items()
    }
    table = _shipped(sentence)
    if table is None:
        digest = "-".join(mechanisms_digest(part.facts) for part in sentence.parts)
        module = _cached(f"scheme_{fingerprint()}_{digest}", lambda: _builder().scheme_module(sentence))
        table = (module.SLOTS, module.NATIVE)
    return Scheme(sentence, table[0], knobs, table[1])


def _builder():
    """What writes generated code; it loads SymPy, so only where code must be written."""
    from costmodel.evaluation import build

    return build


def _shipped(sentence: Sentence):
    if len(sentence.parts) != 1:
        return None
    from costmodel.evaluation.generated import schemes as shipped

    part = sentence.parts[0]
    if fingerprint() != shipped.FINGERPRINT or shipped.DIGESTS.get(part.id) != mechanisms_digest(part.facts):
        return None
    return shipped.SLOTS[part.id], shipped.NATIVE[part.id]


def mechanisms_digest(facts: dict) -> str:
    """A digest of what a scheme file says that its compiled slots depend on."""
    knobs = {key: table.get("unit", "") for key, table in facts.get("knobs", {}).items()}
    return hashlib.sha256(repr((facts.get("mechanism", []), sorted(knobs.items()))).encode()).hexdigest()[:16]


def cache_folder() -> Path:
    """Where code compiled for this user is kept."""
    if own := os.environ.get("COSTMODEL_CACHE"):
        return Path(own)
    import platformdirs

    return Path(platformdirs.user_cache_dir("costmodel"))


def keep(path: Path, content: bytes) -> Path:
    """Write a file of the cache, or one that lasts as long as the process: a read-only home costs time, not results."""
    try:
        files.make_folder(path.parent)
        files.write_bytes(path, content)
    except FactError:
        path = Path(_session_folder().name) / path.name
        files.write_bytes(path, content)
    return path


@functools.cache
def _session_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="costmodel-")


def _cached(name: str, source):
    path = cache_folder() / f"{name}.py"
    if not path.exists():
        text = source()
        path = keep(path, text.encode())
    spec = importlib.util.spec_from_file_location(f"costmodel_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
