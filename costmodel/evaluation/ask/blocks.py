"""A block of a sweep: some batches × some contexts on one deployment, for all schemes, a few rows at a time.

Blocks bound what is held of the terms that vary along one axis; chunks of rows bound what is held of those that vary along
both, and stay in the processor's cache. A block depends on nothing but its place, so that it can be computed anywhere, in any
order, and again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.passes import GridPasses
from costmodel.evaluation.assemble.grid_evaluator import StepGrid
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.deployment import Deployment

CHUNK = 16_384  # points evaluated at once
MAX_BATCHES, MAX_CONTEXTS = 4_096, 16_384  # of a block that is held in memory with all others
MAX_POINTS = 1 << 20  # of one scheme in a block that is written or reduced before the next


@dataclass(frozen=True)
class Block:
    """Some batches and contexts of a sweep on one deployment, as slices of its axes."""

    deployment: Deployment
    batches: slice
    contexts: slice


def blocks_of(deployment: Deployment, batches: int, contexts: int, max_points: int | None = None) -> Iterator[Block]:
    """The blocks of one deployment in a fixed order, each of at most ``max_points`` points of a scheme.

    ``batches`` and ``contexts`` are the numbers of them along the axes of the sweep.
    """
    width = min(contexts, MAX_CONTEXTS)
    height = MAX_BATCHES if max_points is None else max(1, min(MAX_BATCHES, max_points // width))
    for first_batch in range(0, batches, height):
        for first_context in range(0, contexts, width):
            yield Block(
                deployment,
                slice(first_batch, min(first_batch + height, batches)),
                slice(first_context, min(first_context + width, contexts)),
            )


def evaluate_block(
    block: Block,
    schemes: Sequence[Scheme],
    batch: np.ndarray,
    context: np.ndarray,
    names: Sequence[str],
    targets: dict[str, np.ndarray],
) -> Iterator[Scheme]:
    """Fill the block's part of every column; yields each scheme when the last of its rows is there.

    ``batch`` and ``context`` are the whole axes; ``targets`` maps columns to arrays (scheme, batches or 1, contexts or 1) of
    the block.
    """
    batch, context = batch[block.batches], context[block.contexts]
    whole: dict[str, GridPasses] = {}
    shared = None
    for scheme in schemes:
        for side in (scheme, load_scheme(scheme.baseline)):
            if side.id not in whole:
                grid = StepGrid(block.deployment, side, batch, context, shared)
                shared = shared or grid
                whole[side.id] = GridPasses(grid)
    by_row = [name for name in names if targets[name].shape[1] > 1]
    fixed = [name for name in names if targets[name].shape[1] == 1]
    step = max(1, CHUNK // len(context))
    for start in range(0, len(batch), step):
        rows = slice(start, min(start + step, len(batch)))
        passes = {identifier: of_grid.rows(rows) for identifier, of_grid in whole.items()}
        for index, scheme in enumerate(schemes):
            needed = by_row if start else [*by_row, *fixed]
            columns = compute_columns(passes[scheme.id], passes[load_scheme(scheme.baseline).id], needed)
            for name, values in columns.items():
                target, values = targets[name][index], np.atleast_2d(values)
                target[rows if target.shape[0] > 1 else slice(0, 1)] = values[:1] if name in fixed else values
            if rows.stop == len(batch):
                yield scheme
