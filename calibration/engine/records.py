"""What was measured of one model on one GPU under one version of an engine: a folder of tables, written whole.

A KV type that is finished is in all tables, one that is not is in none: the folder is replaced by one that has it too.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from calibration.engine.interface import Setup
from costmodel import files
from costmodel.errors import InputError

KEY = ["model", "gpu", "tp", "engine", "engine_version", "weight_dtype", "kv_cache_dtype"]
TABLES = {
    "steps.csv": "batch prompt_len context step_ms step_ms_q25 step_ms_q75 steps repeat".split(),
    "ttft.csv": "prompt_len ttft_ms all_ms".split(),
    "kernels.csv": "batch prompt_len kernel calls_a_step us_a_step us_a_call".split(),
    "pools.csv": (
        "pool_tokens block_size attention gpu_memory_utilization max_num_batched_tokens max_num_seqs "
        "cuda_total_bytes max_context graphs device"
    ).split(),
}
BURST = "burst.json"
TEXTS = {name: str for name in (*KEY, "attention", "graphs", "device", "kernel", "all_ms") if name != "tp"}


@dataclass(frozen=True)
class Subject:
    """Whose measurements a folder holds, by canonical ids; ``tp`` GPUs."""

    model: str
    gpu: str
    engine: str
    engine_version: str
    tp: int = 1


def check(folder: Path, subject: Subject) -> None:
    """InputError for a folder that is not costmodel's own or holds measurements of something else."""
    files.check_folder(folder, is_own)
    if not folder.exists():
        return
    for name, expected in asdict(subject).items():
        for found in read(folder, "pools.csv")[name].unique():
            if str(found) != str(expected):
                raise InputError(
                    f"{folder / 'pools.csv'}: {name}: expected {expected}, got {found}; name another folder with --out"
                )


def is_own(folder: Path) -> bool:
    """Whether a folder holds these tables and nothing else."""
    names = {path.name for path in folder.iterdir()}
    return names == {*TABLES, BURST}


def finished(folder: Path) -> list[str]:
    """KV types that a folder holds, none where there is no folder."""
    return list(read(folder, "pools.csv")["kv_cache_dtype"]) if folder.exists() else []


def read(folder: Path, name: str) -> pd.DataFrame:
    """One table of a folder; InputError where it cannot be read or lacks columns."""
    path = folder / name
    try:
        table = pd.read_csv(path, dtype=TEXTS, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    if missing := [column for column in (*KEY, *TABLES[name]) if column not in table]:
        raise InputError(f"{path}: column {missing[0]} is missing; expected {', '.join((*KEY, *TABLES[name]))}")
    return table


def add(folder: Path, subject: Subject, setup: Setup, records: Iterable[dict]) -> None:
    """Put one KV type's records into the folder, in place of those that it may hold of this type."""
    tables, bursts = tables_of(subject, setup, list(records))
    if folder.exists():
        for name in TABLES:
            old = read(folder, name)
            tables[name] = pd.concat([old[old["kv_cache_dtype"] != setup.kv_type], tables[name]], ignore_index=True)
        bursts = [old for old in read_bursts(folder) if old["kv_cache_dtype"] != setup.kv_type] + bursts
    files.make_folder(folder.parent)
    with files.replace_folder(folder, is_own) as partial:
        for name, table in tables.items():
            table.to_csv(partial / name, index=False)
        (partial / BURST).write_text(json.dumps(bursts) + "\n", encoding="utf-8")


def read_bursts(folder: Path) -> list[dict]:
    """The bursts of a folder, one a KV type; InputError where they cannot be read."""
    path = folder / BURST
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def tables_of(subject: Subject, setup: Setup, records: list[dict]) -> tuple[dict[str, pd.DataFrame], list[dict]]:
    """Tables by file name, and bursts, of the records of one KV type, which begin with how the engine started."""
    (start,) = (record for record in records if record["what"] == "start")
    key = asdict(subject) | {"weight_dtype": start["weight_dtype"], "kv_cache_dtype": setup.kv_type}
    key = {name: key[name] for name in KEY}
    pool = start | {
        "gpu_memory_utilization": setup.memory_fraction,
        "max_num_batched_tokens": setup.max_batched_tokens,
        "max_num_seqs": setup.max_sequences,
    }
    first_tokens = [record | {"all_ms": json.dumps(record["all_ms"])} for record in _of(records, "first token")]
    kernels = [record | _kernel_columns(kernel) for record in _of(records, "kernels") for kernel in record["kernels"]]
    rows = {"steps.csv": _of(records, "step"), "ttft.csv": first_tokens, "kernels.csv": kernels, "pools.csv": [pool]}
    tables = {
        name: pd.DataFrame(
            [key | {column: row[column] for column in columns} for row in rows[name]], columns=[*KEY, *columns]
        )
        for name, columns in TABLES.items()
    }
    bursts = [
        key | {name: value for name, value in record.items() if name != "what"} for record in _of(records, "burst")
    ]
    return tables, bursts


def _of(records: list[dict], what: str) -> list[dict]:
    return [record for record in records if record["what"] == what]


def _kernel_columns(kernel: dict) -> dict:
    calls, microseconds = kernel["calls"], kernel["microseconds"]
    return {
        "kernel": kernel["name"],
        "calls_a_step": calls,
        "us_a_step": microseconds,
        "us_a_call": microseconds / calls,
    }
