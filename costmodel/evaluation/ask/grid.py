"""Schemes over batch and context, on models and GPUs: every term as an array, cut so that memory stays bounded.

Work goes in blocks of one scheme on one deployment, cut along the context. A grid knows its axes and its columns; the
labelled dataset (``sweep``) and a flat table are two views of it.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.ask.outputs import build_passes, compute_outputs
from costmodel.evaluation.assemble.axes import validate_axis
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment, resolve_deployment

CHUNK = 16_384  # points evaluated at once: arrays stay in cache
DIMENSIONS = ("model", "gpu", "scheme", "batch", "context")
DEFAULT_SCHEMES = (
    "none fp8 int8 int4 nvfp4 kivi-2bit kivi-4bit kvquant-3bit qserve-kv4 turboquant-k8v4 turboquant-4bit "
    "turboquant-3bit h2o scissorhands streaming-llm snapkv pyramidkv quest"
).split()
DEFAULT_BATCH = tuple(2**k for k in range(9))


@dataclass(frozen=True)
class Grid:
    """Columns by name, each of shape model × gpu × scheme × batch × context, and what the axes stand for."""

    deployments: tuple[tuple[Deployment, ...], ...]
    schemes: tuple[compiled.Scheme, ...]
    batch: np.ndarray
    context: np.ndarray
    columns: dict[str, np.ndarray] = field(repr=False)

    @property
    def points(self) -> int:
        """Number of points."""
        return math.prod(next(iter(self.columns.values())).shape)

    def column(self, name: str, scheme: str, model: int = 0, gpu: int = 0) -> np.ndarray:
        """One column of one scheme on one deployment, batch × context."""
        place = next(i for i, made in enumerate(self.schemes) if made.id == scheme)
        return self.columns[name][model, gpu, place]

    def labels(self) -> dict[str, list]:
        """The axes as values."""
        return {
            "model": [row[0].model.id for row in self.deployments],
            "gpu": [made.gpu.id for made in self.deployments[0]],
            "scheme": [made.id for made in self.schemes],
            "batch": self.batch,
            "context": self.context,
        }

    def frame(self):
        """A flat pandas table: axes, what was deployed, every column."""
        import pandas as pd

        shape = next(iter(self.columns.values())).shape
        axes = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
        labels = {name: np.asarray(values)[axes[i].ravel()] for i, (name, values) in enumerate(self.labels().items())}
        flat = [made for row in self.deployments for made in row]
        where = (axes[0] * shape[1] + axes[1]).ravel()
        told = {
            "tp": [d.ranks for d in flat],
            "engine": [d.engine.id for d in flat],
            "profile": [d.profile.id for d in flat],
        }
        told |= {"calibrated": [d.profile.origin for d in flat], "weight_dtype": [d.weight_dtype for d in flat]}
        deployed = {name: np.asarray(values)[where] for name, values in told.items()}
        baseline = np.asarray([compiled.load_scheme(s.baseline).id for s in self.schemes])[axes[2].ravel()]
        values = {name: value.ravel() for name, value in self.columns.items()}
        return pd.DataFrame(labels | deployed | {"baseline": baseline} | values)


def default_context(deployments: Iterable[Deployment]) -> tuple[int, ...]:
    """Powers of two from 1 K to the longest context that every model takes, at most 128 K."""
    longest = min([131072.0, *(made.model.max_context for made in deployments)])
    return tuple(2**k for k in range(10, 18) if 2**k <= longest) or (int(longest),)


def grid(
    model: str | Deployment | Sequence,
    gpu: str | Sequence[str] | None = None,
    scheme: str | Sequence[str] = DEFAULT_SCHEMES,
    batch=DEFAULT_BATCH,
    context=None,
    *,
    progress: Callable[[int, int], None] | None = None,
    **options,
) -> Grid:
    """Every output over model × gpu × scheme × batch × context; arguments are those of ``sweep``."""
    rows = _deployments(model, gpu, options)
    schemes = [compiled.load_scheme(text) for text in ([scheme] if isinstance(scheme, str) else scheme)]
    batch = validate_axis("batch", batch, high=1e7)
    context = validate_axis(
        "context", default_context(d for row in rows for d in row) if context is None else context, high=1e9
    )
    for names in ([s.id for s in schemes], [r[0].model.id for r in rows], [d.gpu.id for d in rows[0]]):
        if not names or len(set(names)) < len(names):
            raise InputError(f"found {', '.join(names) or 'nothing'}: each may stand once")
    chunks = math.ceil(len(context) / max(1, CHUNK // len(batch)))
    done, total = itertools.count(1), len(rows) * len(rows[0]) * len(schemes) * chunks

    def tick():
        if progress:
            progress(next(done), total)

    found = [b for row in rows for where in row for b in _blocks(where, schemes, batch, context, tick)]
    shape = (len(rows), len(rows[0]), len(schemes), len(batch), len(context))
    columns = {name: np.stack([b[name] for b in found]).reshape(shape) for name in found[0]}
    return Grid(tuple(map(tuple, rows)), tuple(schemes), batch, context, columns)


def _deployments(model, gpu, options) -> list[list[Deployment]]:
    models = [model] if isinstance(model, (str, Deployment)) else list(model)
    gpus = [gpu] if gpu is None or isinstance(gpu, str) else list(gpu)
    return [[m if isinstance(m, Deployment) else resolve_deployment(m, g, **options) for g in gpus] for m in models]


def _blocks(where: Deployment, schemes, batch: np.ndarray, context: np.ndarray, tick) -> list[dict]:
    """Outputs of every scheme on one deployment over batch × context, cut along the context."""
    width = max(1, CHUNK // max(len(batch), 1))
    parts: list[list] = [[] for _ in schemes]
    for start in range(0, len(context), width):
        axes = (batch[:, None], context[None, start : start + width])
        shape = (len(batch), axes[1].shape[1])
        known: dict[str, object] = {}
        for place, scheme in enumerate(schemes):
            baseline = compiled.load_scheme(scheme.baseline)
            for each in (baseline, scheme):
                if each.id not in known:
                    known[each.id] = build_passes(where, each, *axes)
            found = compute_outputs(known[scheme.id], where, known[baseline.id])
            parts[place].append({name: np.broadcast_to(value, shape) for name, value in found.items()})
            tick()
    return [{name: np.concatenate([p[name] for p in part], axis=1) for name in part[0]} for part in parts]
