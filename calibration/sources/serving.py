"""Runs of a serving benchmark of one's own: what ``vllm bench serve --save-result`` and SGLang's bench_serving write.

One row a run in the columns of ``costmodel predict`` (mode serving), with ``tpot_ms``, ``ttft_ms`` and their provenance.
The files do not say which GPU ran: GPU, ranks and types come as options, or from vLLM's ``--metadata key=value``.
"""

import json
import math
from pathlib import Path

import pandas as pd

from costmodel.errors import FactError

GIVEN = ("model", "gpu", "tp", "engine", "engine_version", "weight_dtype", "scheme")
REQUIRED = ("model", "gpu")
COMPLETE = 0.99  # share of the requests that must have been answered
MILLI = 1e3


def vllm(path: Path, given: dict) -> pd.DataFrame:
    """Runs of ``vllm bench serve``: a file of one JSON object, or a folder of such files."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise FactError(f"{path}: found no .json file, due results of vllm bench serve --save-result")
    rows = []
    for file in files:
        run = _object(file.read_text(encoding="utf-8"), str(file))
        row = {"engine": "vllm", "model": run.get("model_id")} | {k: run[k] for k in GIVEN if k in run} | given
        rows.append(row | _measured(run, str(file)) | {"date": str(run.get("date", ""))})
    return _tidy(rows, str(path))


def sglang(path: Path, given: dict) -> pd.DataFrame:
    """Runs of SGLang's bench_serving: one JSON object a line."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            where = f"{path}: line {number}"
            run = _object(line, where)
            server = run.get("server_info") or {}
            told = {"engine": "sglang", "model": server.get("model_path"), "tp": server.get("tp_size")}
            rows.append(told | given | _measured(run, where) | {"date": ""})
    return _tidy(rows, str(path))


def _object(text: str, where: str) -> dict:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise FactError(f"{where}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise FactError(f"{where}: found {type(found).__name__}, due one JSON object")
    return found


def _measured(run: dict, where: str) -> dict:
    """Concurrency, mean lengths and times of one run; FactError for what cannot be a steady load."""
    completed = int(_number(run, "completed", where))
    asked = int(run.get("num_prompts") or completed)
    if completed < 1 or completed < COMPLETE * asked:
        raise FactError(
            f"{where}: {completed} of {asked} requests were answered: a run that failed says nothing of a load"
        )
    tpot, ttft = (_number(run, f"mean_{name}_ms", where) for name in ("tpot", "ttft"))
    prompt, generated = (_number(run, f"total_{name}_tokens", where) / completed for name in ("input", "output"))
    if generated < 2:
        raise FactError(f"{where}: {generated:g} output tokens a request: a time per output token needs two")
    return {
        "concurrency": _concurrency(run, completed, ttft + tpot * (generated - 1), where),
        "prompt_len": prompt,
        "gen_len": generated,
        "tpot_ms": tpot,
        "ttft_ms": ttft,
        "source": where,
    }


def _concurrency(run: dict, completed: int, stay_ms: float, where: str) -> float:
    """Requests in flight: the cap where requests waited for it, else what Little's law says of the rate answered."""
    cap, observed = run.get("max_concurrency"), run.get("concurrency")
    open_loop = str(run.get("request_rate", "inf")) not in ("inf", "Infinity")
    if cap and not open_loop:
        return float(cap)
    if observed:
        return float(observed)
    duration = _number(run, "duration", where)
    return max(completed / duration * stay_ms / MILLI, 1.0)


def _number(run: dict, name: str, where: str) -> float:
    value = run.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise FactError(f"{where}: {name}: found {value!r}, due a number from 0")
    return float(value)


def _tidy(rows: list[dict], where: str) -> pd.DataFrame:
    if not rows:
        raise FactError(f"{where}: found no runs")
    table = pd.DataFrame(rows).assign(mode="serving")
    for name in REQUIRED:
        if name not in table or table[name].isna().any():
            raise FactError(f"{where}: no {name} is stated: give --{name}" + _hint(name))
    return table.dropna(axis=1, how="all")


def _hint(name: str) -> str:
    return " (or run vllm bench serve with --metadata gpu=h100-sxm tp=2)" if name == "gpu" else ""


READERS: dict = {"vllm": vllm, "sglang": sglang}
