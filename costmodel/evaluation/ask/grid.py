"""Schemes over batch and context, on models and GPUs: chosen columns as arrays, cut so that memory stays bounded.

Work goes in blocks of batch × context on one deployment, and in each a few rows at a time, for all schemes. A column is held
only along the axes on which it varies; the labelled dataset (``sweep``) and a flat table are two views of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from costmodel.errors import UnknownName
from costmodel.evaluation.ask.blocks import Block, evaluate_block
from costmodel.evaluation.ask.columns import column_axes
from costmodel.evaluation.ask.sweep_axes import SweepAxes, sweep_axes
from costmodel.evaluation.assemble.grid_evaluator import slots_vary_with_batch
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.evaluation.compile.dependence import BATCH, BOTH, CONTEXT
from costmodel.facts.deployment import Deployment

TEXT = {"verdict", "binding_term", "implementation", "evidence", "capacity_fits"}
DTYPES = {"fits": bool, "verdict_code": np.int8}


@dataclass(frozen=True)
class Grid:
    """Columns by name, each of shape model × gpu × scheme × batch × context (views, not to be written to), and the axes."""

    axes: SweepAxes
    columns: dict[str, np.ndarray] = field(repr=False)

    @property
    def deployments(self) -> tuple[tuple[Deployment, ...], ...]:
        """Deployments by model and GPU."""
        return self.axes.deployments

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        """The schemes, in order."""
        return self.axes.schemes

    @property
    def batch(self) -> np.ndarray:
        """Batches in sequences."""
        return self.axes.batch

    @property
    def context(self) -> np.ndarray:
        """Contexts in tokens."""
        return self.axes.context

    @property
    def points(self) -> int:
        """Number of points."""
        return self.axes.points

    def column(self, name: str, scheme: str, model: int = 0, gpu: int = 0) -> np.ndarray:
        """One column of one scheme on one deployment, an array (batch, context).

        ``model`` and ``gpu`` are indices along these axes. Raises UnknownName for a column or scheme that the sweep lacks.
        """
        ids = [candidate.id for candidate in self.schemes]
        if name not in self.columns:
            raise UnknownName("output of this sweep", name, self.columns)
        if scheme not in ids:
            raise UnknownName("scheme of this sweep", scheme, ids)
        return self.columns[name][model, gpu, ids.index(scheme)]

    def select(self, names: Iterable[str]) -> "Grid":
        """The same grid with some of its columns, in that order."""
        names = tuple(names)
        return Grid(replace(self.axes, names=names), {name: self.columns[name] for name in names})

    def frame(self):
        """A flat pandas table: axes, what was deployed, every column."""
        from costmodel.evaluation.ask.frame import flat_frame

        return flat_frame(self.axes, self.columns)


def grid(*arguments, progress: Callable[[int, int], None] | None = None, **options) -> Grid:
    """Chosen columns over model × gpu × scheme × batch × context; arguments are those of ``sweep``."""
    return compute_grid(sweep_axes(*arguments, **options), progress)


def compute_grid(axes: SweepAxes, progress: Callable[[int, int], None] | None = None) -> Grid:
    """The grid of the axes; ``progress`` is called with (blocks of one scheme done, all of them)."""
    arrays = {name: np.empty(shape, dtype=_dtype(name)) for name, shape in _column_shapes(axes).items()}
    blocks = list(axes.blocks())
    total, done = len(blocks) * len(axes.schemes), 0
    for place, block in blocks:
        targets = {name: _part(array[place], block) for name, array in arrays.items()}
        for _ in evaluate_block(block, axes.schemes, axes.batch, axes.context, axes.names, targets):
            done += 1
            if progress:
                progress(done, total)
    return Grid(axes, {name: np.broadcast_to(array, axes.shape) for name, array in arrays.items()})


def _column_shapes(axes: SweepAxes) -> dict[str, tuple[int, ...]]:
    """The shape of every column's array: of size 1 along what it does not vary with."""
    by_batch = any(map(slots_vary_with_batch, axes.schemes))
    shapes = {}
    for name in axes.names:
        varies = BOTH if by_batch else column_axes(name)
        sizes = (
            len(axes.batch) if BATCH in varies else 1,
            len(axes.context) if CONTEXT in varies else 1,
        )
        shapes[name] = (*axes.shape[:3], *sizes)
    return shapes


def _part(array: np.ndarray, block: Block) -> np.ndarray:
    """The part of a held array (scheme, batch, context) that a block fills."""
    rows = block.batches if array.shape[1] > 1 else slice(0, 1)
    contexts = block.contexts if array.shape[2] > 1 else slice(0, 1)
    return array[:, rows, contexts]


def _dtype(name: str):
    return object if name in TEXT else DTYPES.get(name, float)
