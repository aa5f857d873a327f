"""Readers of uploaded files, one per kind; messages name the visitor's file, never a path of this machine."""

import io
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.ask import table_io
from costmodel.evaluation.compile import compiled
from costmodel.facts import models, store

MAX_SIZES = {"scheme": 64 << 10, "config": 1 << 20, "measurements": 4 << 20}  # bytes
SUFFIXES = {"scheme": ".toml", "config": ".json", "measurements": ".csv"}
MAX_ROWS = 50_000
FOLDER = tempfile.TemporaryDirectory(prefix="costmodel-uploads-")


def read_scheme(token: str, label: str, content: bytes) -> Path:
    """The path under which a scheme is stored; raises InputError for one that does not load."""
    path = _build_path(token, label)
    path.write_bytes(content)
    try:
        compiled.load_scheme(str(path))
    except CostModelError as error:
        path.unlink()
        raise _without_path(error, path, label) from None
    return path


def read_config(token: str, label: str, content: bytes) -> models.Model:
    """The model of a config.json, which is not stored; raises InputError for one that is not understood."""
    path = _build_path(token, label)
    path.write_bytes(content)
    try:
        model = models.from_config(path)
        return replace(model, id=store.normal(model.name), source=f"config.json given as {label}")
    except CostModelError as error:
        raise _without_path(error, path, label) from None
    finally:
        path.unlink()


def read_measurements(token: str, label: str, content: bytes) -> tuple[pd.DataFrame, str]:
    """A table of measurements and the name of its measured column; raises InputError for no table or no such column."""
    from calibration.data.table import check_measured

    try:
        frame = table_io.read_csv(io.BytesIO(content), MAX_ROWS + 1)
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{label}: not a table: {str(error).splitlines()[0] if str(error) else 'empty'}") from None
    if len(frame.columns) > table_io.MAX_COLUMNS:
        raise InputError(f"{label}: expected at most {table_io.MAX_COLUMNS:,} columns, got {len(frame.columns):,}")
    if len(frame) > MAX_ROWS:
        raise InputError(f"{label}: more than {MAX_ROWS:,} rows; the command line takes more")
    return check_measured(frame, label)


def _build_path(token: str, label: str) -> Path:
    """A file of the server's own folder, named after letters that no path can misread."""
    stem = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in store.normal(Path(label).stem))
    folder = Path(FOLDER.name) / token
    folder.mkdir(mode=0o700)
    return folder / f"{stem.strip('.-')[:40] or 'mine'}{Path(label).suffix.lower()}"


def _without_path(error: CostModelError, path: Path, label: str) -> InputError:
    return InputError(str(error).replace(str(path), label))
