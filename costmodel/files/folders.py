"""A folder written whole or not at all, and removed only where costmodel itself wrote it."""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from costmodel.errors import InputError
from costmodel.files.targets import input_errors, keep_mode, resolve, unused

ATTEMPTS = 100  # at putting a folder in place while other processes do the same


def make_folder(path: str | Path) -> Path:
    """The folder, made with its parents where it is missing; InputError where it cannot be."""
    with input_errors(str(path)):
        Path(path).mkdir(parents=True, exist_ok=True)
    return Path(path)


def check_folder(path: str | Path, is_own: Callable[[Path], bool], label: str = "") -> None:
    """InputError for something at ``path`` that is no folder of costmodel's own, as ``is_own`` tells."""
    label = label or str(path)
    final = resolve(path, label)
    for _ in range(ATTEMPTS):
        before = _status(final)
        if before is None:
            return
        if not stat.S_ISDIR(before.st_mode):
            raise InputError(f"{label}: expected a folder or nothing, got a file; nothing was written")
        if is_own(final):
            return
        after = _status(final)
        if after is not None and os.path.samestat(before, after):
            break  # else another process put a new one in place while this one looked
    with input_errors(label):
        is_empty = not any(final.iterdir())
    if is_empty:
        expected = "expected a folder of costmodel's own or nothing"
        raise InputError(f"{label}: {expected}, got an empty folder: remove it or choose another name")
    raise InputError(f"{label}: expected a folder of costmodel's own, got another, or more in it; nothing was removed")


@contextlib.contextmanager
def replace_folder(path: str | Path, is_own: Callable[[Path], bool], label: str = "") -> Iterator[Path]:
    """As ``replace_file``, for a folder: only one that ``is_own`` recognises is replaced, and only by a whole one."""
    label = label or str(path)
    check_folder(path, is_own, label)
    with input_errors(label):
        final = resolve(path, label)
        temporary = unused(final.parent, "partial", final.suffix)
        try:
            temporary.mkdir()
            yield temporary
            keep_mode(final, temporary)
            _exchange(temporary, final, is_own, label)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _exchange(temporary: Path, final: Path, is_own: Callable[[Path], bool], label: str) -> None:
    """Put the folder in place; another process may do the same in between, hence again until nothing stands there."""
    for attempt in range(ATTEMPTS):
        check_folder(final, is_own, label)
        old = unused(final.parent, "old", final.suffix)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.rename(final, old)
            os.rename(temporary, final)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or attempt == ATTEMPTS - 1:
                raise
        finally:
            _settle(old, final)


def _settle(old: Path, final: Path) -> None:
    """Bring back what was moved away where nothing took its place; remove it where something did."""
    if not final.exists():
        with contextlib.suppress(OSError):
            os.rename(old, final)
    shutil.rmtree(old, ignore_errors=True)


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None
