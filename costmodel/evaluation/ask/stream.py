"""A sweep larger than memory: written to Parquet block by block, resumed where it was cut short.

Beside the target lies a folder of finished parts with the plan that they belong to. A run that finds the same plan computes
what is missing; the parts are then joined in the order of the plan, so that the file is the same however often the run was
cut short, and in whatever order the parts came.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from costmodel import files
from costmodel.errors import InputError
from costmodel.evaluation.ask.blocks import MAX_POINTS, Block
from costmodel.evaluation.ask.frame import flat_frame
from costmodel.evaluation.ask.grid import compute_grid
from costmodel.evaluation.ask.sweep_axes import SweepAxes
from costmodel.evaluation.compile.sources import fingerprint

PLAN = "plan.json"
# Columns of words that repeat. PyArrow takes their names, but declares the argument a bool.
DICTIONARY_COLUMNS: Any = (
    "model gpu scheme engine profile calibrated weight_dtype baseline verdict binding_term".split()
)


@dataclass(frozen=True)
class Part:
    """One block of the plan: its number, its place and where its finished table lies."""

    number: int
    place: tuple[int, int]
    block: Block
    path: Path


def stream_sweep(
    axes: SweepAxes,
    target: str | Path,
    progress: Callable[[int, int], None] | None = None,
    run: Callable[[Iterable[Part], SweepAxes], Iterator[tuple[Part, pa.Table]]] | None = None,
    max_points: int = MAX_POINTS,
) -> Path:
    """Write the sweep of the axes to a Parquet file, a row a point, and return its path.

    Parameters: ``target``, a name that ends in .parquet; ``progress``, called with (parts done, parts), parts of an earlier
    run included; ``run``, what computes parts in any order (here and one by one where it is None); ``max_points`` of one
    scheme in a part.

    Raises InputError for a target that cannot be written, or beside which lies a folder of parts that is not costmodel's.
    """
    target = files.check_target(target, (".parquet",))
    folder = target.with_name(f".{target.name}.parts")
    plan = _plan_text(axes, max_points)
    _prepare(folder, plan)
    parts = [
        Part(number, place, block, folder / f"{number:06d}.parquet")
        for number, (place, block) in enumerate(axes.blocks(max_points))
    ]
    missing = [part for part in parts if not part.path.exists()]
    done = len(parts) - len(missing)
    for part, table in (run or run_parts)(missing, axes):
        with files.replace_file(part.path) as temporary:
            pq.write_table(table, temporary, use_dictionary=DICTIONARY_COLUMNS)
        done += 1
        if progress:
            progress(done, len(parts))
    _join(parts, target)
    shutil.rmtree(folder)
    return target


def run_parts(parts: Iterable[Part], axes: SweepAxes) -> Iterator[tuple[Part, pa.Table]]:
    """The tables of the parts, one by one, in this process."""
    for part in parts:
        yield part, part_table(axes.part(part.place, part.block))


def part_table(axes: SweepAxes) -> pa.Table:
    """The table of axes that fit into memory."""
    grid = compute_grid(axes)
    return pa.Table.from_pandas(flat_frame(axes, grid.columns), preserve_index=False)


def _plan_text(axes: SweepAxes, max_points: int) -> str:
    """What the parts of a run depend on: they are taken over only where all of it is the same."""
    described = {
        "costmodel": "sweep",
        "code": fingerprint(),
        "deployments": [[repr(deployment) for deployment in row] for row in axes.deployments],
        "schemes": [repr(scheme.spec) for scheme in axes.schemes],
        "facts": hashlib.sha256(repr([p.facts for s in axes.schemes for p in s.spec.parts]).encode()).hexdigest(),
        "batch": axes.batch.tolist(),
        "context": axes.context.tolist(),
        "columns": axes.names,
        "max_points": max_points,
    }
    return json.dumps(described, indent=1)


def _prepare(folder: Path, plan: str) -> None:
    """The folder of parts with its plan; parts of another plan are dropped, a folder of somebody else is refused."""
    plan_path = folder / PLAN
    if folder.exists() and not _is_own(folder):
        raise InputError(
            f"{folder}: expected the parts of a sweep that was cut short, got something else; move it away"
        )
    if plan_path.exists() and plan_path.read_text(encoding="utf-8") != plan:
        shutil.rmtree(folder)
    files.make_folder(folder)
    if not plan_path.exists():
        files.write_text(plan_path, plan)


def _is_own(folder: Path) -> bool:
    """Whether a folder holds nothing but the plan and the parts of a sweep, or what a killed run left of writing them."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() and not folder.is_symlink() else ["?"]
    return all(name == PLAN or name.endswith(".parquet") or name.startswith(".") for name in names)


def _join(parts: list[Part], target: Path) -> None:
    with files.replace_file(target) as temporary:
        schema = pq.read_schema(parts[0].path)
        with pq.ParquetWriter(temporary, schema, use_dictionary=DICTIONARY_COLUMNS) as writer:
            for part in parts:
                writer.write_table(pq.read_table(part.path).cast(schema))
