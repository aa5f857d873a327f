"""Measurements in the user's cache: one small file a scheme and unit (a conversation, a haystack), written when it is done.

Its name is a hash of all that decides it: decoder, recipe, unit, text and the code of this room. A run that was killed begins
where it stopped; a changed scheme, text or codec is measured anew.
"""

import functools
import hashlib
import json
from pathlib import Path

import numpy as np

from costmodel.evaluation.compile.user_cache import cache_folder, write_cached_file
from costmodel.numerics.unfinished import Unfinished

CODE = (
    "recipe",
    "coded_tokens",
    "layer_cache",
    "decoder",
    "texts",
    "conversation",
    "passkey",
)  # modules that decide a measurement
CODECS = ("quantisers", "eviction")
RUNS = "runs"  # folder of the notes of whole runs
Unit = int | dict[str, int]  # the number of a conversation; depth and seed of a haystack


@functools.cache
def code_digest() -> str:
    """Hash of the modules that decide what is measured."""
    room = Path(__file__).parent
    files = [room / f"{name}.py" for name in CODE] + [room.parent / "codecs" / f"{name}.py" for name in CODECS]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


class Store:
    """Measurements of one experiment; ``identity`` is what they all have in common (decoder, text, conditions)."""

    def __init__(self, experiment: str, identity: dict):
        self.folder, self.identity = cache_folder() / "numerics" / experiment, identity | {"code": code_digest()}
        self._session: dict[Path, np.ndarray] = {}  # where the cache cannot be written

    def read(self, recipe, unit: Unit) -> np.ndarray | None:
        """The measurement of a recipe in a unit, or None where it is not there or not whole."""
        path = self._path(recipe, unit)
        if path in self._session:
            return self._session[path]
        try:
            return np.array(json.loads(path.read_text(encoding="utf-8"))["values"], dtype=float)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, recipe, unit: Unit, values: np.ndarray) -> None:
        """Keep a measurement."""
        path, values = self._path(recipe, unit), np.round(values, 7)
        self._session[path] = values
        header = {"scheme": recipe.scheme, "unit": unit} | self.identity
        write_cached_file(path, json.dumps({"header": header, "values": values.tolist()}).encode())

    def _path(self, recipe, unit: Unit) -> Path:
        key = json.dumps([repr(recipe), unit, self.identity], sort_keys=True)
        return self.folder / f"{_hash(key)}.json"

    def unfinished(self, kind: str, recipe, unit: Unit) -> Unfinished:
        """The slot of a unit under way; ``kind`` names what is kept, each in a slot of its own."""
        return Unfinished(self.folder / f"unfinished-{kind}.pt", self._path(recipe, unit).name)

    def write_run(self, recipe, setting: dict) -> None:
        """Note that all units of a setting are there, so that a run can be found without knowing how it was asked for."""
        run = {"scheme": recipe.scheme, "recipe": repr(recipe), "identity": self.identity, "setting": setting}
        text = json.dumps(run, sort_keys=True)
        write_cached_file(self.folder / RUNS / f"{_hash(text)}.json", text.encode())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def read_runs(experiment: str) -> list[dict]:
    """Runs of an experiment that were noted under the present code, the newest first; what cannot be read is left out."""
    runs = []
    for path in (cache_folder() / "numerics" / experiment / RUNS).glob("*.json"):
        try:
            run, written = json.loads(path.read_text(encoding="utf-8")), path.stat().st_mtime
            if run["identity"]["code"] == code_digest() and {"scheme", "recipe", "setting"} <= set(run):
                runs.append((written, path.name, run))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return [run for *_, run in sorted(runs, key=lambda entry: entry[:2], reverse=True)]
