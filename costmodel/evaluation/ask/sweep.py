"""``sweep``: schemes over batch and context, on models and GPUs, as a labelled dataset."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from costmodel.evaluation.ask.dataset import labelled_dataset
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.ask.sweep_axes import DEFAULT_BATCH, DEFAULT_SCHEMES

if TYPE_CHECKING:
    import xarray as xr


def sweep(
    model,
    gpu=None,
    scheme=DEFAULT_SCHEMES,
    batch=DEFAULT_BATCH,
    context=None,
    *,
    outputs: str | Iterable[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options,
) -> "xr.Dataset":
    """A dataset over model × gpu × scheme × batch × context.

    Parameters: ``model`` and ``gpu`` are names or lists of names (or Deployments in place of models); ``scheme`` sentences
    such as ``"h2o[budget=1024]"``; ``batch`` in sequences and ``context`` in tokens, vectors; ``outputs`` the columns to
    compute (by default times, throughput, largest batch, bytes per token and speed-up, with 90 % intervals and verdict;
    ``"all"`` for every named term); ``progress`` is called with (blocks done, all blocks); ``options`` go to
    ``resolve_deployment`` (ranks, engine, weight_dtype, memory_fraction).

    Returns an xarray.Dataset of float64 arrays with units; what does not vary along an axis is a view, so that arrays are
    not to be written to. Raises UnknownName for a name that no file has or no such output, InfeasibleDeploymentError for a
    set-up that cannot exist, InputError for an absurd axis.
    """
    return labelled_dataset(grid(model, gpu, scheme, batch, context, outputs=outputs, progress=progress, **options))
