"""A grid as one labelled dataset, and the files it is written to.

Dimensions are model × gpu × scheme × batch × context; arrays carry unit, LaTeX and meaning, so that a plot or a paper needs
nothing else.
"""

from pathlib import Path

from costmodel import files
from costmodel.evaluation.ask import zarr_store
from costmodel.evaluation.ask.grid import DEFAULT_BATCH, DEFAULT_SCHEMES, DIMENSIONS, Grid, grid
from costmodel.evaluation.compile import compiled
from costmodel.facts.vocabulary import vocabulary

COLUMN_UNITS = {
    "tpot_ms": "ms",
    "ttft_ms": "ms",
    "throughput_tok_s": "token/second",
    "throughput_at_max_batch_tok_s": "token/second",
}
ENDINGS = (".csv", ".parquet", ".nc", ".zarr")


def sweep(model, gpu=None, scheme=DEFAULT_SCHEMES, batch=DEFAULT_BATCH, context=None, *, progress=None, **options):
    """An xarray.Dataset over model × gpu × scheme × batch × context with every named term.

    ``model`` and ``gpu`` are names or lists of names (or Deployments in place of models), ``scheme`` sentences such as
    ``"h2o[budget=1024]"``; batch in sequences, context in tokens; ``options`` go to ``deployment`` (ranks, engine,
    weight_dtype, memory_fraction); ``progress`` is called with (done, total). Raises UnknownName for a name that no file has,
    Impossible for a set-up that cannot exist, InputError for an absurd axis.
    """
    return dataset(grid(model, gpu, scheme, batch, context, progress=progress, **options))


def dataset(made: Grid):
    """The grid as a labelled dataset."""
    import xarray as xr

    variables = {name: xr.Variable(DIMENSIONS, values, attributes(name)) for name, values in made.columns.items()}
    labels = made.labels()
    coords = labels | {axis: (axis, labels[axis], attributes(axis)) for axis in ("batch", "context")}
    data = xr.Dataset(variables, coords)
    for name, told in {
        "ranks": lambda d: d.ranks,
        "profile": lambda d: d.profile.id,
        "calibrated": lambda d: d.profile.origin,
        "engine": lambda d: d.engine.id,
        "weight_dtype": lambda d: d.weight_dtype,
    }.items():
        data[name] = (("model", "gpu"), [[told(d) for d in row] for row in made.deployments])
    data["baseline"] = ("scheme", [compiled.load_scheme(s.baseline).id for s in made.schemes])
    data.attrs = {
        "title": zarr_store.TITLE + ": " + "; ".join(d.label for row in made.deployments for d in row),
        "assumed": "; ".join(made.deployments[0][0].assumed),
        "interval": "90 %",
        "conditions": "one decode step, cold L2, static: no arrivals, no prefill interference",
    }
    return data


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


def check_target(path: str) -> Path:
    """InputError for a name that could not be written, before any work is done."""
    target = files.check_target(path, ENDINGS, stream=".csv")
    if target.suffix == ".zarr":
        files.check_folder(target, zarr_store.is_own)
    return target


def write(made, path: str) -> None:
    """Write a Grid or a dataset by the ending of the path, whole or not at all; InputError where that cannot be done."""
    target = check_target(path)
    flat = isinstance(made, Grid)
    if target.suffix == ".zarr":
        with files.replace_folder(target, zarr_store.is_own) as partial:
            (dataset(made) if flat else made).to_zarr(partial, mode="w", zarr_format=2, consolidated=True)
        return
    with files.replace_file(target) as partial:
        if target.suffix == ".nc":
            (dataset(made) if flat else made).to_netcdf(partial, engine="h5netcdf")
            return
        frame = made.frame() if flat else made.to_dataframe().reset_index()
        if target.suffix == ".parquet":
            frame.to_parquet(partial, index=False)
        else:
            frame.to_csv(partial, index=False, float_format="%.10g")
