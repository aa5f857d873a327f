"""Runs of a user's own serving benchmark: what ``vllm bench serve --save-result`` and SGLang's bench_serving write.

One row per run in the columns of ``costmodel predict`` (mode serving), with ``tpot_ms``, ``ttft_ms`` and their provenance.
The files do not state the GPU: GPU, ranks and types come as options, or from vLLM's ``--metadata key=value``.
"""

import json
import math
from pathlib import Path

import pandas as pd

from costmodel.errors import FactError

RUN_KEYS = ("model", "gpu", "tp", "engine", "engine_version", "weight_dtype", "scheme")
REQUIRED = ("model", "gpu")
MIN_ANSWERED_FRACTION = 0.99  # of the requests
MILLI = 1e3


def vllm(path: Path, column_defaults: dict) -> pd.DataFrame:
    """Runs of ``vllm bench serve``: a file of one JSON object, or a folder of such files."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise FactError(f"{path}: expected results of vllm bench serve --save-result, got no .json file")
    rows = []
    for file in files:
        run = _object(file.read_text(encoding="utf-8"), str(file))
        row = (
            {"engine": "vllm", "model": run.get("model_id")}
            | {k: run[k] for k in RUN_KEYS if k in run}
            | column_defaults
        )
        rows.append(row | _measured(run, str(file)) | {"date": str(run.get("date", ""))})
    return _tidy(rows, str(path))


def sglang(path: Path, column_defaults: dict) -> pd.DataFrame:
    """Runs of SGLang's bench_serving: one JSON object per line."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            location = f"{path}: line {number}"
            run = _object(line, location)
            server = run.get("server_info") or {}
            row = {"engine": "sglang", "model": server.get("model_path"), "tp": server.get("tp_size")}
            rows.append(row | column_defaults | _measured(run, location) | {"date": ""})
    return _tidy(rows, str(path))


def _object(text: str, location: str) -> dict:
    try:
        run = json.loads(text)
    except json.JSONDecodeError as error:
        raise FactError(f"{location}: not JSON: {error}") from error
    if not isinstance(run, dict):
        raise FactError(f"{location}: expected one JSON object, got {type(run).__name__}")
    return run


def _measured(run: dict, location: str) -> dict:
    """Concurrency, mean lengths and times of one run; FactError for what cannot be a steady load."""
    completed = int(_number(run, "completed", location))
    requested = int(run.get("num_prompts") or completed)
    if completed < 1 or completed < MIN_ANSWERED_FRACTION * requested:
        raise FactError(
            f"{location}: {completed} of {requested} requests were answered: a failed run says nothing about a load"
        )
    tpot, ttft = (_number(run, f"mean_{name}_ms", location) for name in ("tpot", "ttft"))
    prompt, generated = (_number(run, f"total_{name}_tokens", location) / completed for name in ("input", "output"))
    if generated < 2:
        raise FactError(f"{location}: {generated:g} output tokens per request: a time per output token needs two")
    return {
        "concurrency": _concurrency(run, completed, ttft + tpot * (generated - 1), location),
        "prompt_len": prompt,
        "gen_len": generated,
        "tpot_ms": tpot,
        "ttft_ms": ttft,
        "source": location,
    }


def _concurrency(run: dict, completed: int, residence_ms: float, location: str) -> float:
    """Requests in flight: the cap where requests waited for it, else by Little's law from the rate of answers."""
    cap, observed = run.get("max_concurrency"), run.get("concurrency")
    open_loop = str(run.get("request_rate", "inf")) not in ("inf", "Infinity")
    if cap and not open_loop:
        return float(cap)
    if observed:
        return float(observed)
    duration = _number(run, "duration", location)
    return max(completed / duration * residence_ms / MILLI, 1.0)


def _number(run: dict, name: str, location: str) -> float:
    value = run.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise FactError(f"{location}: {name}: expected a number, at least 0, got {value!r}")
    return float(value)


def _tidy(rows: list[dict], location: str) -> pd.DataFrame:
    if not rows:
        raise FactError(f"{location}: no runs")
    frame = pd.DataFrame(rows).assign(mode="serving")
    for name in REQUIRED:
        if name not in frame or frame[name].isna().any():
            raise FactError(f"{location}: no {name} is stated: give --{name}" + _hint(name))
    return frame.dropna(axis=1, how="all")


def _hint(name: str) -> str:
    return " (or run vllm bench serve with --metadata gpu=h100-sxm tp=2)" if name == "gpu" else ""


READERS: dict = {"vllm": vllm, "sglang": sglang}
