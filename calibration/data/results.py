"""Files of other people's benchmarks: which tool wrote a result is told by its keys; it is read, or named with what it lacks.

A file holds one JSON object, several one after the other, or a list; a folder holds such files. What a file leaves out comes
as options.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from calibration.data import offline, serving
from calibration.data.result_fields import Result
from calibration.data.result_types import check_types
from costmodel.errors import FactError, InputError, shown
from costmodel.facts.stated import agree
from costmodel.text.counted import counted
from costmodel.text.json_text import parse_documents

REQUIRED = ("model", "gpu")
MAX_SIZE = 256 << 20  # bytes of a file
SUFFIXES = (".json", ".jsonl")


@dataclass(frozen=True)
class Tool:
    """One tool: the ``--format`` that names it, its name, keys that tell it, its reader, or what its results lack."""

    format: str
    name: str
    keys: tuple[str, ...]
    read: Callable[[Result], dict | None] | None = None
    lacks: str = ""


TOOLS = (
    Tool("llama-bench", "llama-bench", ("build_commit", "avg_ts"), offline.llama_bench_row),
    Tool("inferencemax", "InferenceMAX", ("hw", "conc", "framework"), offline.inferencemax_row),
    Tool("throughput", "vllm bench throughput", ("elapsed_time", "total_num_tokens"), offline.throughput_row),
    Tool("sglang", "SGLang's bench_serving", ("total_output_tokens_retokenized",), serving.sglang_row),
    Tool("sglang", "SGLang's bench_serving", ("server_info",), serving.sglang_row),
    Tool("vllm", "vllm bench serve", ("completed", "mean_tpot_ms"), serving.vllm_row),
    Tool("", "guidellm", ("benchmarks",), None, "GPU, and lengths and times under keys that change by version"),
    Tool("", "genai-perf or aiperf", ("time_to_first_token", "input_sequence_length"), None,
         "GPU and engine, and how many requests were answered"),
    Tool("", "vllm bench latency", ("avg_latency", "latencies"), None, "model, batch, and the lengths of prompt and output"),
)  # fmt: skip
BY_FORMAT = {tool.format: tool for tool in TOOLS if tool.format}
INSTEAD = (
    "give a CSV with model, gpu, mode (serving), concurrency, prompt_len, gen_len, tpot_ms, or a result of vllm bench serve "
    "--save-result, vllm bench throughput, SGLang's bench_serving, llama-bench -o jsonl, InferenceMAX"
)


def read(path: Path, form: str, column_defaults: dict) -> tuple[pd.DataFrame, str]:
    """The rows of a file or folder of results and the name of their measured column; ``form`` names the tool, "" finds it.

    ``column_defaults`` fill in what a file leaves out; where they correct it, the rows' ``attrs["remarks"]`` say so. Raises
    InputError naming file and key for what cannot be read or contradicts them.
    """
    files = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise FactError(f"{path}: expected results of a benchmark, got no .json or .jsonl file")
    rows, remarks, left_out = [], {}, 0
    for file in files:
        if not file.exists():
            raise InputError(f"{file}: there is no such file")
        for run in _runs(file):
            row, said = _row(run, form, column_defaults)
            rows += [row] if row else []
            for remark in said:  # of many runs alike the first is named
                remarks.setdefault(remark.removeprefix(run.location), []).append(run.location)
            left_out += row is None
    if not rows:
        raise FactError(
            f"{path}: expected runs that generate tokens, got {left_out or 'none'}"
            + " of prompts alone" * bool(left_out)
        )
    frame, measured = _tidy(rows, str(path))
    frame.attrs["remarks"] = [_of_runs(remark, places) for remark, places in remarks.items()]
    return frame, measured


def _of_runs(remark: str, places: list[str]) -> str:
    """A remark with the run that it is of, and how many more it is of."""
    return f"{places[0]}{remark}" + f" (and {counted(len(places) - 1, 'more run')})" * (len(places) > 1)


def looks_like_results(path: Path) -> bool:
    """Whether a file is to be read as results: a folder, or text that begins as JSON does."""
    if path.is_dir() or path.suffix in SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))


def _runs(file: Path) -> list[Result]:
    if file.stat().st_size > MAX_SIZE:
        raise InputError(f"{file}: expected results of at most {MAX_SIZE >> 20} MiB, got {file.stat().st_size >> 20}")
    try:
        text = file.read_text(encoding="utf-8")
    except ValueError:
        raise InputError(f"{file}: not text in UTF-8; expected JSON") from None
    documents = parse_documents(text, str(file), "results of a benchmark, one JSON object or several")
    if len(documents) == 1 and isinstance(documents[0], list):
        documents = documents[0]
    runs = []
    for number, document in enumerate(documents, 1):
        location = str(file) if len(documents) == 1 else f"{file}: run {number}"
        if not isinstance(document, dict):
            raise FactError(f"{location}: expected one JSON object a run, got {shown(document)}")
        runs.append(Result(document, location))
    return runs


def _row(run: Result, form: str, column_defaults: dict) -> tuple[dict | None, list[str]]:
    tool = next((tool for tool in TOOLS if set(tool.keys) <= set(run.values)), None)
    if tool is None or {tool.format, form} == {"vllm", "sglang"}:  # whose keys are alike
        tool = BY_FORMAT.get(form, tool)
    if tool is None:
        raise FactError(
            f"{run.location}: expected the result of a benchmark, got the keys {shown(list(run.values))}; {INSTEAD}"
        )
    if tool.read is None:
        raise FactError(f"{run.location}: this looks like a result of {tool.name}, which lacks {tool.lacks}: {INSTEAD}")
    row = tool.read(run)
    check_types(run)
    if row is None:
        return None, []
    if tool.read is offline.throughput_row:
        row = offline.split_lengths(row, column_defaults.get("gen_len"), run.location)
    options = {name: value for name, value in column_defaults.items() if name != "gen_len"}
    row, remarks = agree(row, options, run.location)
    if tool.read is offline.llama_bench_row and row["weight_dtype"] is None:
        kind = shown(run.values.get("model_type"))
        raise FactError(f"{run.location}: model_type: no type of weights comes near {kind}: give --weight-dtype")
    return row, remarks


def _tidy(rows: list[dict], location: str) -> tuple[pd.DataFrame, str]:
    frame = pd.DataFrame(rows)
    frame["mode"] = frame["mode"].fillna("serving") if "mode" in frame else "serving"
    for name in REQUIRED:
        if name not in frame or frame[name].isna().any():
            raise FactError(f"{location}: no {name} is stated: give --{name}" + _hint(name))
    measured = [name for name in ("tpot_ms", "throughput_tok_s") if name in frame]
    if len(measured) != 1:
        raise FactError(f"{location}: expected runs of one kind, got times and throughputs; validate them apart")
    return frame.dropna(axis=1, how="all"), measured[0]


def _hint(name: str) -> str:
    return " (or run vllm bench serve with --metadata gpu=h100-sxm tp=2)" if name == "gpu" else ""
