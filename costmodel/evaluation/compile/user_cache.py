"""The user's cache of compiled code: Python modules and libraries, each under a name that says what it was compiled from."""

import functools
import importlib.util
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from costmodel import files
from costmodel.errors import InputError


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


def load_cached_module(name: str, write_source: Callable[[], str]) -> ModuleType:
    """The module of that name out of the cache; ``write_source`` gives its text where it is not there yet."""
    path = cache_folder() / f"{name}.py"
    if not path.exists():
        path = write_cached_file(path, write_source().encode())
    spec = importlib.util.spec_from_file_location(f"costmodel_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
