"""A whole bench: every KV type that is not finished yet, one process each, into one folder."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from calibration.engine import process, records
from calibration.engine.interface import Installed, Setup
from calibration.engine.model_config import write_config
from calibration.engine.records import Subject
from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.facts.models import Model

DEFAULT_KV_TYPES = ("auto", "fp8", "int8_per_token_head", "turboquant_4bit_nc")
MAX_SEQUENCES = 256  # the largest batch that graphs are captured for
MAX_BATCHED_TOKENS = 8192  # as servers on large GPUs run


@dataclass(frozen=True)
class Bench:
    """What is measured, on what, and for how long: ``seconds`` of measuring, shared by the KV types that are measured.

    ``adapter`` is the engine's entry point ``module:factory``; ``config`` a config.json in place of the model's facts.
    """

    adapter: str
    subject: Subject
    model: Model
    kv_types: tuple[str, ...]
    seconds: float
    memory_fraction: float
    config: Path | None = None


def kv_types(requested: str | None, installed: Installed, engine: str) -> tuple[str, ...]:
    """KV types from a list with commas; without one the default ones that the engine knows.

    Raises UnknownName, with the nearest names, for one that it does not know, InputError for an empty list.
    """
    if requested is None:
        requested = ",".join(name for name in DEFAULT_KV_TYPES if name in installed.kv_types)
    names = tuple(dict.fromkeys(name.strip() for name in requested.split(",") if name.strip()))
    if not names:
        raise InputError(f"--kv-cache-dtype: expected names with commas, such as auto,fp8, got {requested!r}")
    for name in names:
        if name not in installed.kv_types:
            raise UnknownName(f"KV type of {engine} {installed.version}", name, installed.kv_types)
    return names


def run(
    bench: Bench, folder: Path, *, force: bool, log: Callable[[str], None], warn: Callable[[str], None]
) -> list[str]:
    """Measure what the folder lacks, everything with ``force``; the KV types that failed, whose reasons ``warn`` was told.

    Raises InputError, before anything starts, for a folder that holds something else or a model that cannot be described.
    """
    records.check(folder, bench.subject)
    present = [] if force else records.finished(folder)
    missing = [kv_type for kv_type in bench.kv_types if kv_type not in present]
    for kv_type in filter(present.__contains__, bench.kv_types):
        log(f"{kv_type}: measured before, kept; --force measures again")
    failed = []
    with tempfile.TemporaryDirectory(prefix="costmodel-model-") as name:
        config = write_config(bench.model, Path(name), bench.config)
        for kv_type in missing:
            setup = Setup(config, kv_type, bench.memory_fraction, MAX_SEQUENCES, MAX_BATCHED_TOKENS)
            seconds = bench.seconds / len(missing)
            log(f"{kv_type}: starting the engine")
            try:
                rows = list(_logged(process.measured(bench.adapter, setup, seconds), kv_type, seconds, log))
            except CostModelError as error:
                warn(str(error))
                failed.append(kv_type)
            else:
                records.add(folder, bench.subject, setup, rows)
    return failed


def _logged(rows: Iterator[dict], kv_type: str, seconds: float, log: Callable[[str], None]) -> Iterator[dict]:
    for row in rows:
        if row["what"] == "start":
            pool, attention = row["pool_tokens"], row["attention"]
            log(f"{kv_type}: {attention}, a pool of {pool:,} tokens; measuring for about {seconds:.0f} s")
        if row["what"] == "left out":
            log(f"{kv_type}: left out: {row['reason']}")
        if row["what"] == "end":
            log(f"{kv_type}: {row['points']} of {row['of']} decode points, all in {row['seconds']:.0f} s")
        yield row
