"""Files found by standing in a folder: figures, stress tests and mechanisms, one a file, each under a name of its own."""

import importlib
import importlib.util
import pkgutil
import traceback
from collections.abc import Iterable
from types import ModuleType
from typing import TypeVar

from costmodel.errors import CostModelError, InputError

Entry = TypeVar("Entry")


def import_modules(package: str, folders: Iterable[str], except_for: Iterable[str] = ()) -> list[ModuleType]:
    """The modules of a package, sorted by name, without those named in ``except_for``.

    Raises InputError naming file and line for a module that cannot be imported.
    """
    names = sorted(name for _, name, _ in pkgutil.iter_modules(list(folders)) if name not in set(except_for))
    return [_import_module(f"{package}.{name}") for name in names]


def _import_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        spec = importlib.util.find_spec(name)
        file = name if spec is None or spec.origin is None else spec.origin
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        location = f"{file}:{lines[-1]}" if lines else file
        text = str(error) if isinstance(error, CostModelError) else f"{type(error).__name__}: {error}"
        raise InputError(f"{location}: {text}") from error


def require_type(module: ModuleType, name: str, expected: type[Entry]) -> Entry:
    """What the module holds under a name; InputError naming the file unless it is of the type."""
    entry = getattr(module, name)
    if not isinstance(entry, expected):
        raise InputError(f"{module.__file__}: {name}: expected a {expected.__name__}, got {entry!r:.80}")
    return entry


def index_by_id(kind: str, entries: Iterable[tuple[str, ModuleType, Entry]]) -> dict[str, Entry]:
    """Id → entry from (id, module, entry), in their order; InputError naming both files for an id that stands twice."""
    indexed: dict[str, Entry] = {}
    modules: dict[str, ModuleType] = {}
    for identifier, module, entry in entries:
        if identifier in indexed:
            files = " and ".join(dict.fromkeys(f"{other.__file__}" for other in (modules[identifier], module)))
            raise InputError(f"{kind} {identifier!r}: expected one, got two: {files}")
        indexed[identifier], modules[identifier] = entry, module
    return indexed
