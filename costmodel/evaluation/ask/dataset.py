"""A grid as one labelled dataset: arrays carry unit, LaTeX and meaning, so that a plot or a paper needs nothing else."""

from typing import TYPE_CHECKING

from costmodel.evaluation.ask import zarr_store
from costmodel.evaluation.ask.grid import Grid
from costmodel.evaluation.ask.stamp import result_stamp
from costmodel.evaluation.ask.sweep_axes import DIMENSIONS
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.vocabulary import vocabulary

if TYPE_CHECKING:
    import xarray as xr

COLUMN_UNITS = {
    "tpot_ms": "ms",
    "ttft_ms": "ms",
    "throughput_tok_s": "token/second",
    "throughput_at_max_batch_tok_s": "token/second",
}
CONDITIONS = "one decode step, cold L2, static: no arrivals, no prefill interference"
OF_DEPLOYMENT = {
    "ranks": lambda deployment: deployment.ranks,
    "profile": lambda deployment: deployment.profile.id,
    "calibrated": lambda deployment: deployment.profile.origin,
    "engine": lambda deployment: deployment.engine.id,
    "weight_dtype": lambda deployment: deployment.weight_dtype,
}


def labelled_dataset(grid: Grid) -> "xr.Dataset":
    """The grid as a dataset over model × gpu × scheme × batch × context; its arrays are views, not to be written to."""
    import xarray as xr

    labels = grid.axes.labels()
    # Taken as they are: a look into millions of words, to tell whether they are dates, would take longer than the sweep.
    variables = {
        name: xr.Variable(DIMENSIONS, values, attributes(name), fastpath=True) for name, values in grid.columns.items()
    }
    coords = labels | {axis: (axis, labels[axis], attributes(axis)) for axis in ("batch", "context")}
    dataset = xr.Dataset(variables, coords)
    for name, read in OF_DEPLOYMENT.items():
        dataset[name] = (("model", "gpu"), [[read(deployment) for deployment in row] for row in grid.deployments])
    dataset["baseline"] = ("scheme", [load_scheme(scheme.baseline).id for scheme in grid.schemes])
    dataset.attrs = {
        "title": zarr_store.TITLE + ": " + "; ".join(d.label for row in grid.deployments for d in row),
        "assumed": "; ".join(grid.deployments[0][0].assumed),
        "interval": "90 %",
        "conditions": CONDITIONS,
    } | _stamp(grid)
    return dataset


def _stamp(grid: Grid) -> dict[str, str]:
    """Version and hashes of profiles as text, which every file format keeps."""
    stamp = result_stamp((deployment for row in grid.deployments for deployment in row), grid.schemes)
    hashes = "; ".join(f"{name} {digest}" for name, digest in stamp["profiles"].items())
    return {"costmodel": stamp["costmodel"], "profiles": hashes}


def attributes(name: str) -> dict[str, str]:
    """Units, LaTeX and meaning of a column."""
    stem = name.removesuffix("_lo").removesuffix("_hi")
    entry = vocabulary().get(name) or vocabulary().get(stem) or vocabulary().get(stem.removesuffix("_bytes"))
    side = {"_lo": ", lower end of the 90 % interval", "_hi": ", upper end of the 90 % interval"}.get(name[-3:], "")
    if entry is None:
        unit = COLUMN_UNITS.get(stem, "byte" if stem.endswith("_bytes") else "")
        return {
            "units": unit,
            "long_name": stem.replace("_", " ") + side,
            "latex": rf"\mathrm{{{stem.replace('_', ' ')}}}",
        }
    return {"units": entry["unit"], "long_name": entry["meaning"] + side, "latex": entry["tex"]}
