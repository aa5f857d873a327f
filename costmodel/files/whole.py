"""A file written whole or not at all, whatever else writes to the same name at the same time."""

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from costmodel.errors import InputError
from costmodel.files.targets import descriptor, input_errors, is_stream, keep_mode, resolve, unused


@contextlib.contextmanager
def replace_file(path: str | Path, label: str = "") -> Iterator[Path]:
    """A new temporary file to write, which takes the place of ``path`` at the end of the block; none is left on failure.

    A link stays a link, and what it points to is replaced; a new file gets the mode that ``open`` would give it, an old
    one keeps its own; a pipe or a device is written to. Raises InputError, after ``label`` or the path, where the system
    refuses or a folder stands there.
    """
    label = label or str(path)
    with input_errors(label):
        stream = is_stream(path)
        final = Path(path) if stream else resolve(path, label)
        if not stream and os.path.isdir(final):
            raise InputError(f"{label}: expected a file, got a folder; nothing was written")
        if os.path.exists(final) and not os.access(final, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        temporary = unused(Path(tempfile.gettempdir()) if stream else final.parent, "partial", Path(path).suffix)
        try:
            # Made here, not by tempfile, whose files only their owner may read.
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600 if stream else 0o666))
            yield temporary
            if stream:
                _copy(temporary, path)
            else:
                keep_mode(final, temporary)
                os.replace(temporary, final)
        finally:
            temporary.unlink(missing_ok=True)


def write_bytes(path: str | Path, content: bytes, label: str = "") -> None:
    """Write a whole file; errors as those of ``replace_file``."""
    with replace_file(path, label) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, text: str, label: str = "") -> None:
    """Write a whole file in UTF-8, line ends as they stand; errors as those of ``replace_file``."""
    write_bytes(path, text.encode(), label)


def _copy(source: Path, stream: str | Path) -> None:
    """Into the open file itself where the path names one: opened anew, it would be written from its beginning."""
    for printed in (sys.stdout, sys.stderr):
        printed.flush()
    number = descriptor(stream)
    with open(source, "rb") as file, open(stream if number is None else os.dup(number), "wb") as target:
        shutil.copyfileobj(file, target)
