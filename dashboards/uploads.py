"""Files that a visitor uploads: a scheme, a model's config.json, measured times. Parsed as data, checked, never executed.

An upload has a name that nobody can guess, so that it is its visitor's alone. It expires some hours after its last use, the
oldest goes first when there are too many, and all are gone with the server; what was computed from it is forgotten with it.
Files larger than their kind can be are rejected before they are parsed.
"""

import base64
import binascii
import re
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from costmodel.errors import InputError
from costmodel.facts.models import Model
from dashboards.cache import clear_caches
from dashboards.selection import UPLOAD_PREFIX
from dashboards.upload_readers import FOLDER, MAX_SIZES, SUFFIXES, read_config, read_measurements, read_scheme

EXPECTED = {"scheme": "a scheme as TOML", "config": "a Hugging Face config.json", "measurements": "a table as CSV"}
LIFETIME = 4 * 3600.0  # seconds that an upload is stored after its last use
MAX_UPLOADS = 32  # at once
MAX_UPLOADS_EVER = 500  # as long as the server runs, since compiled schemes stay
STORED = f"for {LIFETIME / 3600:.0f} hours after its last use, while it runs"
STORED_PATH = re.compile(re.escape(FOLDER.name) + r"[\w./=-]*")
READERS = {"scheme": read_scheme, "config": read_config, "measurements": read_measurements}


@dataclass(frozen=True)
class Upload:
    """One upload: its kind, the name of the visitor's file, and its content (a path, a Model, or a table and its column)."""

    kind: str
    label: str
    content: object


_uploads: OrderedDict[str, Upload] = OrderedDict()  # the least recently used first
_used: dict[str, float] = {}  # when each was last used, on the monotonic clock
_count, _is_watched = [0], [False]
_lock = threading.Lock()


def store_upload(kind: str, filename: str, contents: str) -> str:
    """Check and store an upload (a data URL, as a browser sends it); returns its name for a link.

    Raises InputError for what is too large, of another kind, or wrong in itself.
    """
    label = Path(filename.replace("\\", "/")).name[:80] or "file"
    if not label.lower().endswith(SUFFIXES[kind]):
        raise InputError(f"{label}: expected {EXPECTED[kind]}, with a name that ends in {SUFFIXES[kind]}")
    if len(contents) > MAX_SIZES[kind] * 1.4 + 200:
        raise InputError(f"{label}: larger than {MAX_SIZES[kind] >> 10:,} KiB, the limit for {EXPECTED[kind]}")
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise InputError(f"{label}: the upload is incomplete; try again") from error
    with _lock:
        _count[0] += 1
        if _count[0] > MAX_UPLOADS_EVER:
            raise InputError(f"this server has accepted {MAX_UPLOADS_EVER} files, its limit; restart it")
    token = secrets.token_urlsafe(12)
    upload = Upload(kind, label, READERS[kind](token, label, content))
    with _lock:
        _uploads[token], _used[token] = upload, time.monotonic()
        is_watched, _is_watched[0] = _is_watched[0], True
    if is_watched:
        remove_expired()
    else:
        _watch()
    return UPLOAD_PREFIX + token


def find_upload(name: str, kind: str) -> Upload:
    """The upload of that name; raises InputError where the server no longer has one of that kind."""
    token = name.removeprefix(UPLOAD_PREFIX)
    remove_expired()
    with _lock:
        upload = _uploads.get(token)
        if upload is None or upload.kind != kind:
            raise InputError(
                f"{name}: this file is no longer on the server, which stores one {STORED}; upload it again"
            )
        _uploads.move_to_end(token)
        _used[token] = time.monotonic()
        return upload


def remove_expired() -> None:
    """Remove the uploads that nobody used for long, and the oldest where there are too many."""
    with _lock:
        now, stored = time.monotonic(), list(_uploads)
        for token in stored:
            if now - _used[token] > LIFETIME or len(_uploads) > MAX_UPLOADS:
                del _used[token]
                _delete(_uploads.pop(token))
        is_any_gone = len(_uploads) < len(stored)
    if is_any_gone:
        clear_caches()


def _watch() -> None:
    """Remove what has expired, and look again when the next upload will have, so that none waits for the next visitor."""
    remove_expired()
    with _lock:
        _is_watched[0] = bool(_uploads)
        if not _uploads:
            return
        timer = threading.Timer(max(1.0, min(_used.values()) + LIFETIME - time.monotonic() + 1), _watch)
    timer.daemon = True
    timer.start()


def label_of(name: str) -> str:
    """The file name of an upload, or its bare name where it is gone."""
    upload = _uploads.get(name.removeprefix(UPLOAD_PREFIX))
    return name if upload is None else upload.label


def without_paths(text: str) -> str:
    """A text in which the path of every upload is replaced by the name of its visitor's file."""
    for upload in list(_uploads.values()):
        if isinstance(upload.content, Path):
            text = text.replace(str(upload.content), upload.label)
    return STORED_PATH.sub("an upload that is gone", text)


def scheme_path_of(name: str) -> str:
    """The path of an uploaded scheme, as the library takes it."""
    return str(find_upload(name, "scheme").content)


def model_of(name: str) -> Model:
    """The model of an uploaded config.json."""
    return find_upload(name, "config").content


def measurements_of(name: str) -> tuple[pd.DataFrame, str]:
    """The table of uploaded measurements, and the name of its measured column."""
    return find_upload(name, "measurements").content


def _delete(upload: Upload) -> None:
    if upload.kind == "scheme":
        Path(upload.content).unlink(missing_ok=True)
