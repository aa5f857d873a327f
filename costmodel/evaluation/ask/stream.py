"""A sweep larger than memory: written to Parquet block by block, resumed where it was cut short.

Beside the target lies a folder of finished parts with the plan that they belong to. A run that finds the same plan computes
what is missing; the parts are then joined in the order of the plan, so that the file is the same however often the run was
cut short, and in whatever order the parts came.
"""

import datetime
import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from costmodel import files
from costmodel.evaluation.ask.blocks import MAX_POINTS, Block
from costmodel.evaluation.ask.frame import flat_frame
from costmodel.evaluation.ask.grid import compute_grid
from costmodel.evaluation.ask.parts_folder import PartsFolder
from costmodel.evaluation.ask.sweep_axes import SweepAxes
from costmodel.evaluation.compile.sources import fingerprint

# Columns of words that repeat. PyArrow takes their names, but declares the argument a bool.
DICTIONARY_COLUMNS: Any = (
    "model gpu scheme engine profile calibrated weight_dtype baseline verdict binding_term implementation evidence capacity_fits"
).split()


@dataclass(frozen=True)
class Part:
    """One block of the plan: its number and its place."""

    number: int
    place: tuple[int, int]
    block: Block


@dataclass(frozen=True)
class StreamedSweep:
    """A sweep that was written: its file, the number of its parts, and how many of these an earlier run had finished."""

    path: Path
    parts: int
    resumed: int


def stream_sweep(
    axes: SweepAxes,
    target: str | Path,
    progress: Callable[[int, int], None] | None = None,
    run: Callable[[Iterable[Part], SweepAxes], Iterator[tuple[Part, pa.Table]]] | None = None,
    max_points: int = MAX_POINTS,
) -> StreamedSweep:
    """Write the sweep of the axes to a Parquet file, a row a point.

    Parameters: ``target``, a name that ends in .parquet; ``progress``, called with (parts done, parts), parts of an earlier
    run included; ``run``, what computes parts in any order (here and one by one where it is None); ``max_points`` of one
    scheme in a part.

    Raises InputError for a target that cannot be written, where another process is writing the same sweep there, or where
    something that is not costmodel's stands in place of the folder of parts.
    """
    target = files.check_target(target, (".parquet",))
    plan = _plan(axes, max_points)
    folder = PartsFolder(target, hashlib.sha256(repr(sorted(plan.items())).encode()).hexdigest())
    with folder.opened(plan):
        parts = [Part(number, place, block) for number, (place, block) in enumerate(axes.blocks(max_points))]
        missing = [part for part in parts if not folder.has(part.number)]
        resumed = done = len(parts) - len(missing)
        for part, table in (run or run_parts)(missing, axes):
            folder.write(part.number, table, DICTIONARY_COLUMNS)
            done += 1
            if progress:
                progress(done, len(parts))
        _join(folder, len(parts), target)
        folder.remove()
    return StreamedSweep(target, len(parts), resumed)


def run_parts(parts: Iterable[Part], axes: SweepAxes) -> Iterator[tuple[Part, pa.Table]]:
    """The tables of the parts, one by one, in this process."""
    for part in parts:
        yield part, part_table(axes.part(part.place, part.block))


def part_table(axes: SweepAxes) -> pa.Table:
    """The table of axes that fit into memory."""
    grid = compute_grid(axes)
    return pa.Table.from_pandas(flat_frame(axes, grid.columns), preserve_index=False)


def _plan(axes: SweepAxes, max_points: int) -> dict[str, object]:
    """What the parts of a run depend on: code, facts, axes and columns. They are taken over only where all of it is the same."""
    facts = [asdict(deployment) for row in axes.deployments for deployment in row]
    facts += [asdict(scheme.spec) for scheme in axes.schemes]
    return {
        "formulas": fingerprint(),
        "evaluation": source_digest(),
        "facts": hashlib.sha256(json.dumps(facts, sort_keys=True, default=_as_plain).encode()).hexdigest(),
        "deployments": [deployment.label for row in axes.deployments for deployment in row],
        "schemes": [scheme.id for scheme in axes.schemes],
        "batch": axes.batch.tolist(),
        "context": axes.context.tolist(),
        "columns": list(axes.names),
        "max_points": max_points,
    }


def _as_plain(value) -> object:
    """What JSON does not know, in a form that is the same in every process; TypeError for what has none."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"no plain form of {type(value).__name__}")


@functools.cache
def source_digest() -> str:
    """A digest of the code that puts numbers together, beside the formulas."""
    root = Path(__file__).parents[1]
    sources = [path.read_bytes() for stage in ("assemble", "ask") for path in sorted((root / stage).glob("*.py"))]
    return hashlib.sha256(b"".join(sources)).hexdigest()


def _join(folder: PartsFolder, count: int, target: Path) -> None:
    with files.replace_file(target) as temporary:
        first = folder.read(0)
        with pq.ParquetWriter(temporary, first.schema, use_dictionary=DICTIONARY_COLUMNS) as writer:
            for number in range(count):
                writer.write_table(folder.read(number).cast(first.schema))
