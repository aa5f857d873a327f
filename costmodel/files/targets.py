"""Where something is to be written: what a path may be, before any work is done, and what it leads to."""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from costmodel.errors import InputError

DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")


def check_target(path: str | Path, endings: Collection[str] = (), label: str = "", stream: str = "") -> Path:
    """The path, where it could be written: InputError, before any work is done, for a wrong ending, a folder, no folder.

    ``label`` stands before the message (the path without it). Without ``endings`` any will do; a device or a pipe needs none
    where ``stream`` says which one is meant. What a folder may be replaced by, ``check_folder`` says.
    """
    target, label = Path(path), label or str(path)
    if endings and target.suffix not in endings and not (stream and not target.suffix and is_stream(target)):
        *most, last = endings
        expected = f"{', '.join(most)} or {last}" if most else last
        raise InputError(f"{label}: expected the ending {expected}, got {target.suffix or 'none'!r}")
    if not is_stream(target) and not os.path.isdir(resolve(target, label).parent):
        raise InputError(f"{label}: the folder {target.parent} does not exist")
    if target.suffix != ".zarr" and os.path.isdir(target):
        raise InputError(f"{label}: expected a file, got a folder; nothing was written")
    return target


def is_stream(path: str | Path) -> bool:
    """Whether the path is a pipe or a device, or the name of an open file such as /dev/stdout: nothing to be replaced."""
    if descriptor(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def descriptor(path: str | Path) -> int | None:
    """The number of the open file that a path such as /dev/stdout or /dev/fd/3 names; None for any other path."""
    if str(path) in ("/dev/stdout", "/dev/stderr"):
        return 1 if str(path).endswith("out") else 2
    match = DESCRIPTOR.fullmatch(str(path))
    return int(match[1]) if match else None


def resolve(path: str | Path, label: str) -> Path:
    """What the path leads to through links, which may not exist yet; InputError for links that lead in a circle."""
    final = Path(os.path.realpath(path))
    if final.is_symlink():
        raise InputError(f"{label}: cannot be written: {os.strerror(errno.ELOOP)}")
    return final


def unused(folder: Path, purpose: str, suffix: str) -> Path:
    """A name that no other process takes; short, for the name that it stands for may be as long as names can be."""
    return folder / f".costmodel-{os.urandom(8).hex()}.{purpose}{suffix}"


def keep_mode(old: Path, new: Path) -> None:
    """Give what replaces something the mode of what it replaces, where that stands there."""
    try:
        status = old.stat()
    except FileNotFoundError:  # or another writer has just moved it away
        return
    new.chmod(stat.S_IMODE(status.st_mode) & 0o777)


@contextlib.contextmanager
def input_errors(label: str) -> Iterator[None]:
    """Errors of the system as InputErrors after the label; a pipe whose reader went away is no mistake and stays what it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"{label}: cannot be written: {error.strerror or error}") from error
