"""A worker as the parent sees it: started, its records taken as they come, its last lines shown where it fails.

Every worker leads a process group of its own, which is ended whole, for engines start processes in their turn.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from calibration.engine.interface import Installed, Setup
from costmodel.errors import CostModelError, InputError

LAST_LINES = 15
START_LIMIT = 1800.0  # seconds: large models compile for long
SILENT_LIMIT = 900.0  # seconds from one record to the next: the slowest prefills take some ten
POLL = 0.1  # seconds


class EngineFailed(CostModelError):
    """An engine that did not start, or did not finish; the text ends with its own last lines."""


def installed(adapter: str) -> Installed:
    """What is installed of an engine, asked in a process of its own: here, CUDA would take memory from the engine later.

    ``adapter`` is the entry point ``module:factory``. Raises InputError where nothing is installed.
    """
    for record in run_worker({"adapter": adapter}, ""):
        if record["what"] == "installed":
            facts = {name: value for name, value in record.items() if name != "what"}
            return Installed(**facts | {name: tuple(facts[name]) for name in ("tested", "kv_types")})
    raise EngineFailed("the worker ended without saying what is installed")


def measured(adapter: str, setup: Setup, budget: float) -> Iterator[dict]:
    """Records of one KV type as they come; the last is ``end``. ``budget`` in seconds.

    Raises EngineFailed, with the engine's last lines, where it does not start or does not come to that end.
    """
    request = {"adapter": adapter, "setup": asdict(setup) | {"config": str(setup.config)}, "budget": budget}
    return run_worker(request, setup.kv_type)


def run_worker(request: dict, label: str) -> Iterator[dict]:
    """Records of a worker; it is ended when this iteration is. ``label``, if any, opens the message of a failure."""
    with tempfile.TemporaryDirectory(prefix="costmodel-engine-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        (folder / "records.jsonl").touch()
        paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)
        with (folder / "output.log").open("wb") as log, (folder / "records.jsonl").open(encoding="utf-8") as records:
            process = subprocess.Popen(
                [sys.executable, "-m", "calibration.engine.worker", "request.json", "records.jsonl"],
                cwd=folder,  # where nothing lies that could be imported by mistake
                env=os.environ | {"PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"},  # what is printed shall survive a kill
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield from _follow(process, records, lambda: last_lines(folder / "output.log"), label)
            finally:
                _end(process)


def last_lines(path: Path, count: int = LAST_LINES) -> str:
    """The last lines of a log that are not empty, indented; what is no UTF-8 in it is replaced."""
    lines = [line.rstrip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return "\n".join(f"  {line}" for line in lines[-count:]) or "  (it printed nothing)"


def _follow(process: subprocess.Popen, records: TextIO, output: Callable[[], str], label: str) -> Iterator[dict]:
    seen, limit, last, opening = "", START_LIMIT, time.monotonic(), f"{label}: " * bool(label)
    while True:
        is_running = process.poll() is None
        for record in _whole_lines(records):
            if record["what"] == "refused":
                raise InputError(f"{opening}{record['message']}")
            yield record
            seen, limit, last = record["what"], SILENT_LIMIT, time.monotonic()
        if seen in ("end", "installed"):
            return
        if not is_running:
            what = "did not finish" if seen else "did not start"
            raise EngineFailed(f"{opening}the engine {what}, {_how_it_ended(process)}; its last lines:\n{output()}")
        if time.monotonic() - last > limit:
            raise EngineFailed(f"{opening}the engine said nothing for {limit:.0f} s; its last lines:\n{output()}")
        time.sleep(POLL)


def _whole_lines(file: TextIO) -> Iterator[dict]:
    """Records up to the last whole line; one that is still being written is left for the next time."""
    while True:
        position = file.tell()
        line = file.readline()
        if not line.endswith("\n"):
            file.seek(position)
            return
        yield json.loads(line)


def _how_it_ended(process: subprocess.Popen) -> str:
    code = process.returncode
    return f"ended by signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def _end(process: subprocess.Popen) -> None:
    """End the whole group and wait, so that the GPU's memory is free before the next one starts."""
    with contextlib.suppress(ProcessLookupError):  # it may have ended, and all that it started
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
