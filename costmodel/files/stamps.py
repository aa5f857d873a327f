"""What costmodel wrote and nobody changed since, distinguished from what is the user's own.

A stamp is a line that holds the digests of files written together; it is the first line of one of them, as a comment.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from costmodel.errors import InputError
from costmodel.files.targets import input_errors, is_stream

STAMP = "costmodel wrote sha256"


def stamp(contents: Iterable[bytes]) -> str:
    """One line that names these contents, to be the first line, as a comment, of a file written together with them."""
    return " ".join([STAMP, *map(_digest, contents)])


def refuse_existing(paths: Iterable[Path], record: Path, force: bool = False, label: str = "") -> None:
    """InputError for files that exist and are not as the stamp in the first line of ``record`` names them, unless forced."""
    own = _stamped(record)
    foreign = [path for path in paths if os.path.lexists(path) and not is_stream(path) and not _is_named(path, own)]
    if foreign and not force:
        names = ", ".join(map(str, foreign))
        raise InputError(
            f"{label or record}: {names} would be overwritten, which costmodel did not write or which was changed since;"
            " --force overwrites, or name another file"
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _stamped(record: Path) -> set[str]:
    if not os.path.isfile(record):
        return set()
    with input_errors(str(record)), open(record, "rb") as file:
        _, _, digests = file.readline(1000).partition(STAMP.encode())
    return {digest.decode() for digest in re.findall(rb"\b[0-9a-f]{32}\b", digests)}


def _is_named(path: Path, digests: set[str]) -> bool:
    """Whether the digests name the file's content, or what follows a stamp in its first line."""
    if not digests or not os.path.isfile(path):
        return False
    with input_errors(str(path)):
        content = path.read_bytes()
    first, _, rest = content.partition(b"\n")
    return _digest(content) in digests or (STAMP.encode() in first and _digest(rest) in digests)
