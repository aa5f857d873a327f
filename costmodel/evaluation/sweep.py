"""Schemes over batch and context, on models and GPUs: one labelled dataset with every term kept.

Dimensions are model × gpu × scheme × batch × context; arrays carry unit, LaTeX and meaning. Work goes in blocks of one
scheme on one deployment, cut along the context, so that memory stays bounded however large the grid.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from costmodel.errors import FactError
from costmodel.evaluation import library
from costmodel.evaluation.outputs import outputs, passes
from costmodel.evaluation.setting import check
from costmodel.facts.deployment import Deployment, deployment
from costmodel.facts.vocabulary import vocabulary

CHUNK = 16_384  # points evaluated at once: arrays stay in cache
DIMENSIONS = ("model", "gpu", "scheme", "batch", "context")
DEFAULT_SCHEMES = ["none", "fp8", "int8", "int4", "nvfp4", "kivi-2bit", "kivi-4bit", "kvquant-3bit", "qserve-kv4", "turboquant-k8v4", "turboquant-4bit", "turboquant-3bit", "h2o", "scissorhands", "streaming-llm", "snapkv", "pyramidkv", "quest"]
DEFAULT_BATCH = tuple(2**k for k in range(9))
COLUMN_UNITS = {"tpot_ms": "ms", "ttft_ms": "ms", "throughput_tok_s": "token/second", "binding_term": "", "fits": ""}


def default_context(deployments: Iterable[Deployment]) -> tuple[int, ...]:
    """Powers of two from 1 K to the longest context that every model takes, at most 128 K."""
    longest = min([131072.0, *(made.model.max_context for made in deployments)])
    return tuple(2**k for k in range(10, 18) if 2**k <= longest) or (int(longest),)


def sweep(
    model: str | Deployment | Sequence,
    gpu: str | Sequence[str] | None = None,
    scheme: str | Sequence[str] = DEFAULT_SCHEMES,
    batch=DEFAULT_BATCH,
    context=None,
    *,
    progress: Callable[[int, int], None] | None = None,
    **options,
):
    """An xarray.Dataset over model × gpu × scheme × batch × context with every named term.

    ``model`` and ``gpu`` are names (or Deployments in place of models); ``options`` go to ``deployment`` (ranks, engine,
    weight_dtype, memory_fraction). Batch in sequences, context in tokens. Raises what ``deployment`` and
    ``library.scheme`` raise, FactError for an absurd axis.
    """
    made = _deployments(model, gpu, options)
    schemes = [library.scheme(text) for text in ([scheme] if isinstance(scheme, str) else scheme)]
    batch = check("batch", batch, high=1e7)
    context = check(
        "context", default_context(d for row in made for d in row) if context is None else context, high=1e9
    )
    if len({s.id for s in schemes}) < len(schemes):
        raise FactError(f"schemes: found {', '.join(s.id for s in schemes)}: each may stand once")
    chunks = math.ceil(len(context) / max(1, CHUNK // len(batch)))
    done, total = itertools.count(1), len(made) * len(made[0]) * len(schemes) * chunks

    def tick():
        if progress:
            progress(next(done), total)

    found = [b for row in made for where in row for b in blocks(where, schemes, batch, context, tick)]
    return _dataset(found, made, schemes, batch, context)


def _deployments(model, gpu, options) -> list[list[Deployment]]:
    models = [model] if isinstance(model, (str, Deployment)) or not isinstance(model, Sequence) else list(model)
    gpus = [gpu] if gpu is None or isinstance(gpu, str) else list(gpu)
    rows = [[m if isinstance(m, Deployment) else deployment(m, g, **options) for g in gpus] for m in models]
    for names in ([r[0].model.id for r in rows], [d.gpu.id for d in rows[0]]):
        if len(set(names)) < len(names):
            raise FactError(f"found {', '.join(names)}: each may stand once")
    return rows


def blocks(where: Deployment, schemes, batch: np.ndarray, context: np.ndarray, tick=lambda: None) -> list[dict]:
    """Outputs of every scheme on one deployment over batch × context, cut along the context."""
    width = max(1, CHUNK // max(len(batch), 1))
    parts: list[list] = [[] for _ in schemes]
    for start in range(0, len(context), width):
        axes = (batch[:, None], context[None, start : start + width])
        shape = (len(batch), axes[1].shape[1])
        known: dict[str, object] = {}
        for place, scheme in enumerate(schemes):
            baseline = library.scheme(scheme.baseline)
            for each in (baseline, scheme):
                if each.id not in known:
                    known[each.id] = passes(where, each, *axes)
            theirs = known[baseline.id]
            found = outputs(known[scheme.id], where, theirs)
            parts[place].append({name: np.broadcast_to(value, shape) for name, value in found.items()})
            tick()
    return [{name: np.concatenate([p[name] for p in part], axis=1) for name in part[0]} for part in parts]


def _dataset(found, made, schemes, batch, context):
    import xarray as xr

    shape = (len(made), len(made[0]), len(schemes), len(batch), len(context))
    variables = {}
    for name in found[0]:
        stacked = np.stack([b[name] for b in found]).reshape(shape)
        variables[name] = xr.Variable(DIMENSIONS, stacked, attributes(name))
    coords = {
        "model": [row[0].model.id for row in made],
        "gpu": [d.gpu.id for d in made[0]],
        "scheme": [s.id for s in schemes],
        "batch": ("batch", batch, attributes("batch")),
        "context": ("context", context, attributes("context")),
    }
    first = made[0][0]
    data = xr.Dataset(variables, coords)
    layout = ("model", "gpu")
    data["ranks"] = (layout, [[d.ranks for d in row] for row in made])
    data["profile"] = (layout, [[d.profile.id for d in row] for row in made])
    data["calibrated"] = (layout, [[d.profile.origin for d in row] for row in made])
    data["engine"] = (layout, [[d.engine.id for d in row] for row in made])
    data["weight_dtype"] = (layout, [[d.weight_dtype for d in row] for row in made])
    data["baseline"] = ("scheme", [library.scheme(s.baseline).id for s in schemes])
    data.attrs = {
        "title": "costmodel sweep: " + "; ".join(d.label for row in made for d in row),
        "assumed": "; ".join(first.assumed),
        "interval": "90 %",
        "Conventions": "one decode step, cold L2, static: no arrivals, no prefill interference",
    }
    return data


def attributes(name: str) -> dict[str, str]:
    """Units, LaTeX and meaning of a column."""
    stem = name.removesuffix("_lo").removesuffix("_hi")
    entry = vocabulary().get(name) or vocabulary().get(stem) or vocabulary().get(stem.removesuffix("_bytes"))
    if entry is None:
        return {
            "units": COLUMN_UNITS.get(stem, "byte" if stem.endswith("_bytes") else ""),
            "long_name": stem.replace("_", " "),
        }
    side = {"_lo": ", lower end of the 90 % interval", "_hi": ", upper end of the 90 % interval"}.get(name[-3:], "")
    return {"units": entry["unit"], "long_name": entry["meaning"] + side, "latex": entry["tex"]}


def write(data, path: str) -> None:
    """Write a dataset by its ending: .nc .zarr .parquet .csv; FactError for another or a folder that does not exist."""
    from pathlib import Path

    target = Path(path)
    if target.suffix not in (".nc", ".zarr", ".parquet", ".csv"):
        raise FactError(f"{path}: found ending {target.suffix or 'none'!r}, due .nc, .zarr, .parquet or .csv")
    if not target.parent.is_dir():
        raise FactError(f"{path}: the folder {target.parent} does not exist")
    partial = target.with_name(f".{target.stem}.partial{target.suffix}")
    try:
        if target.suffix == ".nc":
            data.to_netcdf(partial, engine="h5netcdf")
        elif target.suffix == ".zarr":
            data.to_zarr(partial, mode="w", zarr_format=2, consolidated=True)
        else:
            frame = data.to_dataframe().reset_index()
            frame.to_parquet(partial, index=False) if target.suffix == ".parquet" else frame.to_csv(
                partial, index=False
            )
        if target.is_dir():
            import shutil

            shutil.rmtree(target)
        partial.replace(target)
    except OSError as error:
        raise FactError(f"{path}: cannot be written: {error.strerror or error}") from error


def points(data) -> int:
    """Number of points of a dataset."""
    return math.prod(data.sizes[d] for d in DIMENSIONS)
