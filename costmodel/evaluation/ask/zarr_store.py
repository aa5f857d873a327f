"""A Zarr store that a sweep wrote, distinguished from a folder of anybody else's, so that only the former is ever replaced."""

import json
import re
from pathlib import Path

TITLE = "costmodel sweep"
CONTENT = re.compile(r"\.z(array|attrs|group|metadata)|\d+(\.\d+)*")  # metadata and chunks, in Zarr's second format


def is_own(folder: Path) -> bool:
    """Whether the folder holds a sweep's store and nothing else: no note, no link, no array that its index lacks."""
    try:
        title = json.loads((folder / ".zattrs").read_text(encoding="utf-8"))["title"]
        index = json.loads((folder / ".zmetadata").read_text(encoding="utf-8"))["metadata"]
        arrays = {key.removesuffix("/.zarray") for key in index if key.endswith("/.zarray")}
        return str(title).startswith(TITLE) and all(_belongs(path, arrays) for path in folder.iterdir())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _belongs(path: Path, arrays: set[str]) -> bool:
    if path.is_symlink():
        return False
    if path.is_dir():
        return path.name in arrays and all(_is_content(inner) for inner in path.iterdir())
    return _is_content(path)


def _is_content(path: Path) -> bool:
    return CONTENT.fullmatch(path.name) is not None and path.is_file() and not path.is_symlink()
