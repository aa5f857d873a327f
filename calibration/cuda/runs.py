"""Raw runs as JSON lines, one a case: appended as they are made, so that a killed suite goes on where it stopped.

A run has ``microseconds`` of the device, or ``error`` with type and message of what kept it from being measured. Runs of
version 0.1 were launched by the host and lack ``timing``; they are measured anew.
"""

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from calibration.cuda.cases import Case
from calibration.cuda.measure import Times
from calibration.data.shapes import ATTENTION_KEY
from calibration.data.suite_runs import TIMES, device_rules
from costmodel import files
from costmodel.errors import InputError

KEYS = {"key", "case", "shape"}
MESSAGE = 300  # characters of an error's last line


def finished_keys(path: Path) -> set[str]:
    """Keys of the measured runs in a file; lines that a kill cut short, and runs of version 0.1, do not count."""
    return {run["key"] for run in measured(path) if "timing" in run} if path.exists() else set()


def failed_keys(path: Path) -> set[str]:
    """Keys of the cases that failed and have not been measured since."""
    if not path.exists():
        return set()
    return {run["key"] for run in read(path) if "error" in run} - finished_keys(path)


def measured(path: Path) -> list[dict]:
    """The runs that have a time; the last one where a case was measured more than once."""
    return list({run["key"]: run for run in read(path) if "microseconds" in run}.values())


def read(path: Path) -> list[dict]:
    """All whole runs of a file; InputError for a file that cannot be read or holds something else."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    runs = []
    for number, line in enumerate(lines, 1):
        try:
            run = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines):
                break
            raise InputError(f"{path}:{number}: not a run: {error}") from error
        if not isinstance(run, dict) or not run.keys() >= KEYS or ("microseconds" in run) == ("error" in run):
            raise InputError(
                f"{path}:{number}: expected a run with key, case, shape and microseconds or error, got {line[:80]}"
            )
        runs.append(run)
    return runs


def append_times(path: Path, case: Case, kernel: str, times: Times, device_state: dict) -> None:
    """Add a measured run."""
    stated = asdict(times)
    quartiles = {name: stated.pop(name) for name in ("low", "median", "high")}
    launch = stated.pop("launch")
    times_stated = {"microseconds": quartiles, "launch_microseconds": launch} | stated
    _append(path, case, {"kernel": kernel} | times_stated, device_state)


def append_error(path: Path, case: Case, error: BaseException, device_state: dict) -> dict:
    """Add a case that failed; what was recorded of the error: type, and the last line of its message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    told = lines[0] if lines[0].startswith("CUDA error") else lines[-1]  # CUDA's own are followed by advice
    recorded = {"type": type(error).__name__, "message": told[:MESSAGE]}
    _append(path, case, {"error": recorded}, device_state)
    return recorded


def _append(path: Path, case: Case, result: dict, device_state: dict) -> None:
    run = {
        "key": case.key,
        "case": case.name,
        "operation": case.operation,
        "shape": case.shape,
        "l2": "cold" if case.cold else "warm",
        **result,
        **device_state,
    }
    files.make_folder(path.parent)
    with files.input_errors(str(path)), path.open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)  # a kill may have cut the last line short
        file.write(json.dumps(run).encode() + b"\n")


def attention_rows(path: Path, l2: str = "warm") -> pd.DataFrame:
    """Decode attention in the tidy form that fits take: gpu, engine, engine_version, kernel, kv_dtype, shape, latency_us.

    ``is_device`` marks times of the device: those of graphs, and others by the rule of ``suite_runs.device_rules``.
    """
    columns = ["gpu", "engine", "engine_version", *ATTENTION_KEY, "latency_us", "timing", *TIMES]
    rows = []
    for run in measured(path):
        if run["operation"] in ("attention", "codec_attention") and run["l2"] == l2:
            shape = {"kv_dtype": run["shape"].get("codec", "bfloat16"), "window": 0} | run["shape"]
            row = {name: shape[name] for name in ATTENTION_KEY if name in shape} | {"kernel": run["kernel"]}
            row |= {"gpu": run["gpu"], "engine": "own", "engine_version": run["torch"]}
            row |= {f"microseconds_{name}": number for name, number in run["microseconds"].items()}
            rows.append(row | {"latency_us": run["microseconds"]["median"], "timing": run.get("timing", "")})
    table = pd.DataFrame(rows, columns=columns)
    is_device = (table["timing"] == "graph") | device_rules(table)
    return table.assign(is_device=is_device).drop(columns=["timing", *TIMES])
