"""The folder in which a sweep larger than memory keeps its finished parts until all are there.

Its name holds a digest of the plan, every part holds that digest and its own number, and one process at a time works in it: what
belongs to another plan can neither be taken over nor be overwritten. Only files that were written here are ever removed.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from costmodel import files
from costmodel.errors import InputError

PLAN, LOCK = "plan.json", "lock"
PART = re.compile(r"\d{6}\.parquet")
LEFT_BEHIND = re.compile(r"\.costmodel-[0-9a-f]+\..*")  # by a run that was killed while it wrote
IDENTITY = b"costmodel part"


class PartsFolder:
    """Finished parts of one plan beside the target that they will be joined into."""

    def __init__(self, target: Path, digest: str):
        self.path, self.digest = target.with_name(f".{target.name}.{digest[:12]}.parts"), digest

    @contextlib.contextmanager
    def opened(self, plan: dict[str, Any]) -> Iterator[None]:
        """Hold the folder, made with its plan where it is missing, for this process alone.

        Raises InputError where another process holds it, or where something stands there that costmodel did not write.
        """
        if self.path.exists() and not self._is_own():
            raise InputError(
                f"{self.path}: expected the parts of a sweep that was cut short, got another; move it away"
            )
        files.make_folder(self.path)
        with self._locked():
            if not (self.path / PLAN).exists():
                files.write_text(self.path / PLAN, json.dumps({"costmodel": "sweep", "digest": self.digest} | plan))
            yield

    def path_of(self, number: int) -> Path:
        """Where the part of that number lies."""
        return self.path / f"{number:06d}.parquet"

    def has(self, number: int) -> bool:
        """Whether that part is there, whole, and of this plan."""
        try:
            metadata = pq.read_schema(self.path_of(number)).metadata or {}
        except (OSError, pa.ArrowException):
            return False
        return metadata.get(IDENTITY) == self._identity(number)

    def write(self, number: int, table: pa.Table, dictionaries: Any) -> None:
        """Write a part, whole or not at all."""
        metadata = {**(table.schema.metadata or {}), IDENTITY: self._identity(number)}
        with files.replace_file(self.path_of(number)) as temporary:
            pq.write_table(table.replace_schema_metadata(metadata), temporary, use_dictionary=dictionaries)

    def read(self, number: int) -> pa.Table:
        """A part without its identity."""
        table = pq.read_table(self.path_of(number))
        metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != IDENTITY}
        return table.replace_schema_metadata(metadata)

    def remove(self) -> None:
        """Remove the folder and what was written into it; the plan last, so that a run cut short here is known for its own."""
        for path in sorted(self.path.iterdir(), key=lambda path: (path.name == PLAN, path.name)):
            path.unlink()
        self.path.rmdir()

    def _identity(self, number: int) -> bytes:
        return f"{self.digest} {number}".encode()

    def _is_own(self) -> bool:
        if not self.path.is_dir() or self.path.is_symlink():
            return False
        names = {path.name for path in self.path.iterdir()}
        if not all(name in (PLAN, LOCK) or PART.fullmatch(name) or LEFT_BEHIND.fullmatch(name) for name in names):
            return False
        if PLAN not in names:
            return not any(PART.fullmatch(name) for name in names)  # cut short before the plan was written
        try:
            return json.loads((self.path / PLAN).read_text(encoding="utf-8")).get("digest") == self.digest
        except (OSError, ValueError, AttributeError):  # cut short: the parts themselves say whose they are
            return all(self.has(int(name[:6])) for name in names if PART.fullmatch(name))

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            import fcntl
        except ImportError:  # where the system knows no such locks, two runs at once are the user's to avoid
            yield
            return
        with open(self.path / LOCK, "ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InputError(
                    f"{self.path}: another run is writing the same sweep here (process {_holder(self.path)}); "
                    "wait for it, or choose another name"
                ) from error
            (self.path / LOCK).write_text(str(os.getpid()), encoding="utf-8")
            yield


def _holder(path: Path) -> str:
    try:
        return (path / LOCK).read_text(encoding="utf-8") or "unknown"
    except OSError:
        return "unknown"
