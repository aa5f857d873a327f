"""The user's cache of compiled code: Python modules and libraries, each under a name that says what it was compiled from.

The name of a compiled file also holds a digest of its content, so that one cut short, by a full disk or a machine that lost
power, is known for what it is and written again.
"""

import contextlib
import functools
import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from costmodel import files
from costmodel.errors import InputError

DIGITS = 16  # of the digest of a content


def cache_folder() -> Path:
    """The folder of code compiled for this user: ``COSTMODEL_CACHE``, or the user's cache directory."""
    if own := os.environ.get("COSTMODEL_CACHE"):
        return Path(own)
    import platformdirs

    return Path(platformdirs.user_cache_dir("costmodel"))


def write_cached_file(path: Path, content: bytes) -> Path:
    """Write a file of the cache and return where it lies.

    Where the cache cannot be written it lasts as long as the process: a read-only home costs time, not results.
    """
    try:
        files.make_folder(path.parent)
        files.write_bytes(path, content)
    except InputError:
        path = Path(_session_folder().name) / path.name
        files.write_bytes(path, content)
    return path


@functools.cache
def _session_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="costmodel-")


def compiled_file(stem: str, suffix: str, compile_content: Callable[[], bytes]) -> Path:
    """The whole file of the cache that ``stem`` and ``suffix`` name; ``compile_content`` gives its content where none is there.

    A file whose content is not what its name says was cut short: it is removed and compiled again.
    """
    for path in sorted(cache_folder().glob(f"{stem}.{'[0-9a-f]' * DIGITS}{suffix}")):
        with contextlib.suppress(OSError):
            if path.name == _name(stem, suffix, path.read_bytes()):
                return path
            path.unlink()
    content = compile_content()
    return write_cached_file(cache_folder() / _name(stem, suffix, content), content)


def _name(stem: str, suffix: str, content: bytes) -> str:
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:DIGITS]}{suffix}"


def load_cached_module(name: str, write_source: Callable[[], str]) -> ModuleType:
    """The module of that name out of the cache; ``write_source`` gives its text where it is not there, or not whole."""
    path = compiled_file(name, ".py", lambda: write_source().encode())
    try:
        return _import_file(name, path)
    except (
        EOFError,
        ValueError,
        TypeError,
    ):  # what Python raises for its own bytecode, kept beside the file, cut short
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
        return _import_file(name, path)


def _import_file(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"costmodel_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
