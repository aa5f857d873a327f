"""Hundreds of millions of points reduced to shares of verdicts on a map, without ever holding them.

Batches and contexts that fall into one cell of the map are counted together, over all models, GPUs and schemes but those that
are kept apart.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.blocks import MAX_POINTS, evaluate_block
from costmodel.evaluation.ask.sweep_axes import DEFAULT_BATCH, DEFAULT_SCHEMES, SweepAxes, sweep_axes
from costmodel.evaluation.ask.verdicts import VERDICTS
from costmodel.evaluation.ask.zarr_store import TITLE

if TYPE_CHECKING:
    import xarray as xr

NAMES = ("verdict_code",)
SHARE_AXES = ("model", "gpu", "scheme")
MAX_CELLS = 1_000  # along an axis of the map


def verdict_shares(
    model,
    gpu=None,
    scheme=DEFAULT_SCHEMES,
    batch=DEFAULT_BATCH,
    context=None,
    *,
    cells: tuple[int, int] = (MAX_CELLS, MAX_CELLS),
    keep: Iterable[str] = ("scheme",),
    progress: Callable[[int, int], None] | None = None,
    **options,
) -> "xr.Dataset":
    """Shares of verdicts in the cells of a map of batch × context.

    Parameters: ``model`` to ``context`` and ``options`` as those of ``sweep``; ``cells``, the most cells along batch and
    context, each at most 1,000, which hold runs of the sorted axes of equal length; ``keep``, which of model, gpu and scheme
    are kept apart; ``progress`` is called with (blocks done, all).

    Returns a dataset with ``share`` (kept axes × verdict × batch × context; sums to 1 over verdicts) and ``points``, the
    number of points in a cell; batch and context are the geometric means of a cell's ends. Raises UnknownName and InputError
    as ``sweep`` does, InputError for cells out of bounds.
    """
    keep = tuple(keep)
    for name in keep:
        if name not in SHARE_AXES:
            raise UnknownName("axis to keep", name, SHARE_AXES)
    if len(cells) != 2 or not all(1 <= number <= MAX_CELLS for number in cells):
        raise InputError(f"cells: expected two numbers from 1 to {MAX_CELLS:,}, got {cells}")
    batch, context = np.unique(np.asarray(batch, dtype=float)), None if context is None else np.unique(context)
    axes = sweep_axes(model, gpu, scheme, batch, context, outputs=NAMES, **options)
    edges = [_edges(len(axis), number) for axis, number in zip((axes.batch, axes.context), cells, strict=True)]
    counts = _count(axes, keep, edges, progress)
    return _dataset(axes, keep, edges, counts)


def _edges(length: int, cells: int) -> np.ndarray:
    """Where the runs of an axis begin."""
    return np.unique(np.arange(min(cells, length)) * length // min(cells, length))


def _count(axes: SweepAxes, keep, edges, progress) -> np.ndarray:
    """Points by kept axes, verdict and cell."""
    sizes = [size if name in keep else 1 for name, size in zip(SHARE_AXES, axes.shape, strict=False)]
    counts = np.zeros((*sizes, len(VERDICTS), len(edges[0]), len(edges[1])), dtype=np.uint32)
    blocks = list(axes.blocks(MAX_POINTS))
    for done, (place, block) in enumerate(blocks):
        shape = (
            len(axes.schemes),
            block.batches.stop - block.batches.start,
            block.contexts.stop - block.contexts.start,
        )
        targets = {"verdict_code": np.empty(shape, dtype=np.int8)}
        for _ in evaluate_block(block, axes.schemes, axes.batch, axes.context, NAMES, targets):
            pass
        codes = targets["verdict_code"]
        rows, columns = (
            np.searchsorted(edge, np.arange(part.start, part.stop), side="right") - 1
            for edge, part in zip(edges, (block.batches, block.contexts), strict=True)
        )
        for index in range(len(axes.schemes)):
            cell = tuple(i if n in keep else 0 for n, i in zip(SHARE_AXES, (*place, index), strict=True))
            _add(counts[cell], codes[index], rows, columns)
        if progress:
            progress(done + 1, len(blocks))
    return counts


def _add(counts: np.ndarray, codes: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
    """Add the verdicts of a block to the cells that they fall into; ``rows`` and ``columns`` are sorted."""
    row_starts, column_starts = (np.flatnonzero(np.diff(cells, prepend=-1)) for cells in (rows, columns))
    for verdict in range(len(VERDICTS)):
        by_row = np.add.reduceat((codes == verdict).view(np.uint8), row_starts, axis=0, dtype=np.uint32)
        cells = np.add.reduceat(by_row, column_starts, axis=1)
        counts[verdict][np.ix_(rows[row_starts], columns[column_starts])] += cells


def _dataset(axes: SweepAxes, keep, edges, counts: np.ndarray) -> "xr.Dataset":
    import xarray as xr

    points = counts.sum(axis=3)
    share = counts / points[:, :, :, None]
    centres = {}
    for name, axis, edge in (("batch", axes.batch, edges[0]), ("context", axes.context, edges[1])):
        last = np.append(edge[1:], len(axis)) - 1
        centres[name] = np.sqrt(axis[edge] * axis[last])
    labels = {name: values for name, values in axes.labels().items() if name in keep}
    coords = labels | {"verdict": VERDICTS.astype(str)} | centres
    dataset = xr.Dataset(
        {
            "share": (
                (*SHARE_AXES, "verdict", "batch", "context"),
                share,
                {"units": "", "long_name": "Share of verdicts."},
            ),
            "points": ((*SHARE_AXES, "batch", "context"), points, {"units": "", "long_name": "Points in the cell."}),
        }
    ).squeeze([name for name in SHARE_AXES if name not in keep])
    dataset.attrs = {
        "title": f"{TITLE}: shares of verdicts; " + "; ".join(d.label for r in axes.deployments for d in r)
    }
    return dataset.assign_coords(coords)
