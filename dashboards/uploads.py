"""What a visitor brings: a scheme, a model's config.json, measured times. Read as data, checked, never executed.

An upload has a name that nobody can guess, so that it is its visitor's alone; so many are held, the oldest goes first, and
all are gone with the server. Files larger than their kind can be are refused before they are read.
"""

import base64
import binascii
import io
import secrets
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.compile import compiled
from costmodel.facts import models, store
from dashboards.selection import UPLOADED

LIMITS = {"scheme": 64 << 10, "config": 1 << 20, "measurements": 4 << 20}  # bytes
ENDINGS = {"scheme": ".toml", "config": ".json", "measurements": ".csv"}
DUE = {"scheme": "a scheme as TOML", "config": "a config.json of Hugging Face", "measurements": "a table as CSV"}
MORE = {
    "measurements": "Calls of one kernel with latency_us, or points with tpot_ms: the columns of costmodel predict. Files of "
    "vLLM's and SGLang's own benchmarks do not say which GPU ran: costmodel validate --data takes them, with --gpu."
}
HELD, EVER = 32, 500  # at once; as long as the server runs, since compiled schemes stay
MOST_ROWS = 50_000


@dataclass(frozen=True)
class Upload:
    """One upload: its kind, the name that the visitor's file had, and its content: a path, a Model, a table and its times."""

    kind: str
    label: str
    content: object


_held: OrderedDict[str, Upload] = OrderedDict()
_count = [0]
_lock = threading.Lock()
_folder = tempfile.TemporaryDirectory(prefix="costmodel-uploads-")


def take(kind: str, filename: str, contents: str) -> str:
    """Check and hold an upload (a data URL, as a browser sends it); its name for a link.

    Raises InputError for what is too large, of another kind, or wrong in itself, in the words of whoever reads it.
    """
    label = Path(filename.replace("\\", "/")).name[:80] or "file"
    if not label.lower().endswith(ENDINGS[kind]):
        raise InputError(f"{label}: due {DUE[kind]}, a name that ends in {ENDINGS[kind]}")
    if len(contents) > LIMITS[kind] * 1.4 + 200:
        raise InputError(f"{label}: larger than {LIMITS[kind] >> 10:,} KiB, which is more than {DUE[kind]} takes")
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise InputError(f"{label}: did not arrive whole; try again") from error
    with _lock:
        _count[0] += 1
        if _count[0] > EVER:
            raise InputError(f"this server has taken {EVER} files; start it anew")
    token = secrets.token_urlsafe(12)
    upload = Upload(kind, label, READERS[kind](token, label, content))
    with _lock:
        _held[token] = upload
        while len(_held) > HELD:
            _drop(_held.popitem(last=False)[1])
    return UPLOADED + token


def get(name: str, kind: str) -> Upload:
    """The upload of that name; InputError where the server no longer holds one of that kind."""
    with _lock:
        found = _held.get(name.removeprefix(UPLOADED))
        if found is None or found.kind != kind:
            raise InputError(
                f"{name}: this file is no longer held here (files last as long as the server); upload it again"
            )
        _held.move_to_end(name.removeprefix(UPLOADED))
        return found


def label(name: str) -> str:
    """How an upload is called, or its bare name where it is gone."""
    found = _held.get(name.removeprefix(UPLOADED))
    return name if found is None else found.label


def scheme(name: str) -> str:
    """The path of an uploaded scheme, as the library takes it."""
    return str(get(name, "scheme").content)


def model(name: str) -> models.Model:
    """The model of an uploaded configuration."""
    return get(name, "config").content


def table(name: str) -> tuple:
    """The table of uploaded measurements, and the name of its measured column."""
    return get(name, "measurements").content


def _drop(upload: Upload) -> None:
    if upload.kind == "scheme":
        Path(upload.content).unlink(missing_ok=True)


def _place(token: str, label: str) -> Path:
    """A file of the server's own folder under a name that it chose itself, apart from letters that no path can misread."""
    stem = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in store.normal(Path(label).stem))
    folder = Path(_folder.name) / token
    folder.mkdir(mode=0o700)
    return folder / f"{stem.strip('.-')[:40] or 'mine'}{Path(label).suffix.lower()}"


def _told(error: CostModelError, path: Path, label: str) -> InputError:
    return InputError(str(error).replace(str(path), label))


def _read_scheme(token: str, label: str, content: bytes) -> Path:
    path = _place(token, label)
    path.write_bytes(content)
    try:
        compiled.load_scheme(str(path))
    except CostModelError as error:
        path.unlink()
        raise _told(error, path, label) from None
    return path


def _read_config(token: str, label: str, content: bytes) -> models.Model:
    path = _place(token, label)
    path.write_bytes(content)
    try:
        return models.from_config(path)
    except CostModelError as error:
        raise _told(error, path, label) from None
    finally:
        path.unlink()


def _read_measurements(token: str, label: str, content: bytes) -> tuple:
    import pandas as pd

    from calibration.data.table import check_measured

    try:
        found = pd.read_csv(io.BytesIO(content), nrows=MOST_ROWS + 1)
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{label}: not a table: {str(error).splitlines()[0] if str(error) else 'empty'}") from None
    if len(found) > MOST_ROWS:
        raise InputError(f"{label}: more than {MOST_ROWS:,} rows; the command line takes more")
    return check_measured(found, label)


READERS = {"scheme": _read_scheme, "config": _read_config, "measurements": _read_measurements}
