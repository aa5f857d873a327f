"""What a sweep runs over: deployments, schemes, batch, context, and the columns that it gives."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.ask.blocks import Block, blocks_of
from costmodel.evaluation.ask.columns import select_columns
from costmodel.evaluation.assemble.axes import validate_axis
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.deployment import Deployment

DIMENSIONS = ("model", "gpu", "scheme", "batch", "context")
DEFAULT_SCHEMES = (
    "none fp8 int8 int4 nvfp4 kivi-2bit kivi-4bit kvquant-3bit qserve-kv4 turboquant-k8v4 turboquant-4bit "
    "turboquant-3bit h2o scissorhands streaming-llm snapkv pyramidkv quest"
).split()
MAIN_SCHEMES = ("none", "fp8", "int4", "kivi-2bit", "h2o")  # one of each kind: shipped, packed, per channel, evicting
DEFAULT_BATCH = tuple(2**k for k in range(9))
MAX_BATCH, MAX_CONTEXT = 1e7, 1e9


@dataclass(frozen=True)
class SweepAxes:
    """What a sweep runs over: deployments (model × GPU), schemes, batch and context, and the columns that it gives."""

    deployments: tuple[tuple[Deployment, ...], ...]
    schemes: tuple[Scheme, ...]
    batch: np.ndarray
    context: np.ndarray
    names: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes along ``DIMENSIONS``."""
        sizes = (len(self.schemes), len(self.batch), len(self.context))
        return (len(self.deployments), len(self.deployments[0]), *sizes)

    @property
    def points(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    def labels(self) -> dict[str, list | np.ndarray]:
        """The values of every axis along ``DIMENSIONS``: names, batch in sequences, context in tokens."""
        return {
            "model": [row[0].model.id for row in self.deployments],
            "gpu": [deployment.gpu.id for deployment in self.deployments[0]],
            "scheme": [scheme.id for scheme in self.schemes],
            "batch": self.batch,
            "context": self.context,
        }

    def blocks(self, max_points: int | None = None) -> Iterable[tuple[tuple[int, int], Block]]:
        """Blocks of work with the place of their deployment, in a fixed order, of at most ``max_points`` a scheme."""
        for place in itertools.product(range(self.shape[0]), range(self.shape[1])):
            deployment = self.deployments[place[0]][place[1]]
            for block in blocks_of(deployment, len(self.batch), len(self.context), max_points):
                yield place, block

    def part(self, place: tuple[int, int], block: Block) -> "SweepAxes":
        """The axes of one block alone."""
        deployments = ((self.deployments[place[0]][place[1]],),)
        return replace(
            self, deployments=deployments, batch=self.batch[block.batches], context=self.context[block.contexts]
        )


def default_context(deployments: Iterable[Deployment]) -> tuple[int, ...]:
    """Powers of two from 1 K to the longest context that every model takes, at most 128 K."""
    longest = min([131072.0, *(deployment.model.max_context for deployment in deployments)])
    return tuple(2**k for k in range(10, 18) if 2**k <= longest) or (int(longest),)


def sweep_axes(
    model: str | Deployment | Sequence,
    gpu: str | Sequence[str] | None = None,
    scheme: str | Sequence[str] = DEFAULT_SCHEMES,
    batch=DEFAULT_BATCH,
    context=None,
    *,
    outputs: str | Iterable[str] | None = None,
    **options,
) -> SweepAxes:
    """The axes and columns that the arguments of ``sweep`` name.

    Raises what ``sweep`` raises: UnknownName for a name that no file has, InputError for a number out of bounds or a name that
    stands twice.
    """
    deployments = _deployments(model, gpu, options)
    schemes = [load_scheme(text) for text in ([scheme] if isinstance(scheme, str) else scheme)]
    batch = validate_axis("batch", batch, high=MAX_BATCH)
    if context is None:
        context = default_context(deployment for row in deployments for deployment in row)
    context = validate_axis("context", context, high=MAX_CONTEXT)
    ids = [s.id for s in schemes], [row[0].model.id for row in deployments], [d.gpu.id for d in deployments[0]]
    for names in ids:
        if not names or len(set(names)) < len(names):
            raise InputError(f"expected different names, got {', '.join(names) or 'nothing'}: each may stand once")
    return SweepAxes(tuple(map(tuple, deployments)), tuple(schemes), batch, context, select_columns(outputs))


def _deployments(model, gpu, options) -> list[list[Deployment]]:
    models = [model] if isinstance(model, (str, Deployment)) else list(model)
    gpus = [gpu] if gpu is None or isinstance(gpu, str) else list(gpu)
    return [[m if isinstance(m, Deployment) else resolve_deployment(m, g, **options) for g in gpus] for m in models]
