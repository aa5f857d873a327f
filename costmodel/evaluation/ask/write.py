"""A sweep in a file: what its name may be, and the table or dataset that is written."""

from pathlib import Path

from costmodel import files
from costmodel.evaluation.ask import zarr_store
from costmodel.evaluation.ask.dataset import labelled_dataset
from costmodel.evaluation.ask.grid import Grid

ENDINGS = (".csv", ".parquet", ".nc", ".zarr")


def check_sweep_target(path: str) -> Path:
    """InputError for a name that could not be written, before any work is done."""
    target = files.check_target(path, ENDINGS, stream=".csv")
    if target.suffix == ".zarr":
        files.check_folder(target, zarr_store.is_own)
    return target


def write_sweep(sweep, path: str) -> None:
    """Write a Grid or a dataset by the ending of the path, whole or not at all; InputError where that cannot be done."""
    target = check_sweep_target(path)
    is_grid = isinstance(sweep, Grid)
    if target.suffix == ".zarr":
        with files.replace_folder(target, zarr_store.is_own) as partial:
            (labelled_dataset(sweep) if is_grid else sweep).to_zarr(partial, mode="w", zarr_format=2, consolidated=True)
        return
    with files.replace_file(target) as partial:
        if target.suffix == ".nc":
            (labelled_dataset(sweep) if is_grid else sweep).to_netcdf(partial, engine="h5netcdf")
            return
        frame = sweep.frame() if is_grid else sweep.to_dataframe().reset_index()
        if target.suffix == ".parquet":
            frame.to_parquet(partial, index=False)
        else:
            frame.to_csv(partial, index=False, float_format="%.10g")
