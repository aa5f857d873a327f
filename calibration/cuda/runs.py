"""Raw runs as JSON lines, one a shape: appended as they are made, so that a killed suite goes on where it stopped."""

import json
from pathlib import Path

import pandas as pd

from calibration.cuda.cases import Case
from calibration.cuda.measure import Times
from calibration.data.shapes import ATTENTION_KEY
from costmodel import files
from costmodel.errors import InputError


def finished_keys(path: Path) -> set[str]:
    """Keys of the runs in a file; a line that a kill cut short does not count."""
    return {run["key"] for run in read(path)} if path.exists() else set()


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
        if not isinstance(run, dict) or not {"key", "case", "shape", "microseconds"} <= run.keys():
            raise InputError(f"{path}:{number}: expected a run with key, case, shape and microseconds")
        runs.append(run)
    return runs


def append(path: Path, case: Case, kernel: str, times: Times, device_state: dict) -> None:
    """Add one run."""
    run = {
        "key": case.key,
        "case": case.name,
        "operation": case.operation,
        "shape": case.shape,
        "l2": "cold" if case.cold else "warm",
        "kernel": kernel,
        "microseconds": {"low": times.low, "median": times.median, "high": times.high},
        "repeats": times.repeats,
        **device_state,
    }
    files.make_folder(path.parent)
    with files.input_errors(str(path)), path.open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)  # a kill may have cut the last line short
        file.write(json.dumps(run).encode() + b"\n")


def attention_rows(path: Path, l2: str = "warm") -> pd.DataFrame:
    """Decode attention in the tidy form that fits take: gpu, engine, engine_version, kernel, kv_dtype, shape, latency_us."""
    rows = []
    for run in read(path):
        if run["operation"] in ("attention", "codec_attention") and run["l2"] == l2:
            shape = {"kv_dtype": run["shape"].get("codec", "bfloat16"), "window": 0} | run["shape"]
            row = {name: shape[name] for name in ATTENTION_KEY if name in shape} | {"kernel": run["kernel"]}
            origin = {"gpu": run["gpu"], "engine": "own", "engine_version": run["torch"]}
            rows.append(
                origin | {name: row[name] for name in ATTENTION_KEY} | {"latency_us": run["microseconds"]["median"]}
            )
    return pd.DataFrame(rows, columns=["gpu", "engine", "engine_version", *ATTENTION_KEY, "latency_us"])
