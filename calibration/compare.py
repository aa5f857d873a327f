"""Predicted against measured for data of one's own: kernels, steps, or the runs of a serving benchmark."""

from pathlib import Path

import pandas as pd

from calibration import score
from calibration.sources import serving, table
from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask import kernels, predict

FORMATS = ("csv", *serving.READERS)
PREDICTED = {f"{name}{end}" for name in ("latency_us", "tpot_ms", "ttft_ms") for end in ("", "_lo", "_hi")}
LOADS = {"static": "decode step", "serving": "token under load"}  # what a point's time is of, by its mode
ENDS = ("lo", "hi")


def compare(path: str, form: str, given: dict, kernel: str | None = None) -> pd.DataFrame:
    """The measurements of a file against predictions: ``read``, then ``against``."""
    return against(*read(path, form, given), path, kernel)


def read(path: str, form: str, given: dict) -> tuple[pd.DataFrame, str]:
    """The rows of a file and the name of their measured column; ``given`` fills columns that the file lacks.

    Raises InputError for a file that cannot be read, UnknownName for a format.
    """
    place = Path(path)
    if form not in FORMATS:
        raise UnknownName("format", form, FORMATS)
    if not place.exists():
        raise InputError(f"{path}: no such file")
    if form != "csv":
        return serving.READERS[form](place, given), "tpot_ms"
    rows, measured = table.load(place)
    return rows.assign(**{name: value for name, value in given.items() if name not in rows}), measured


def against(rows: pd.DataFrame, measured: str, where: str, kernel: str | None = None) -> pd.DataFrame:
    """The rows with ``measured``, ``predicted``, ``lo`` and ``hi`` of its 90 % interval, all in ``unit`` (us or ms).

    Beside them ``error`` (a share) and ``what`` was timed. Calls of a kernel that nobody names are told by their columns.
    Raises InputError naming row and column of what cannot be predicted; ``where`` stands for the table in its words.
    """
    points = rows.drop(columns=[name for name in rows if name in PREDICTED])
    if measured == "latency_us":
        kernel = kernel or kernels.recognised(points, where)
        told, _ = kernels.predict(points, kernel, where)
        what = kernel.replace("-", " ")
    else:
        told, _ = predict.predict(points, where)
        what = told["mode"].map(LOADS).to_numpy()
    found = {"measured": rows[measured].to_numpy(), "predicted": told[measured].to_numpy()}
    found |= {end: told[f"{measured}_{end}"].to_numpy() for end in ENDS}
    found["error"] = found["predicted"] / found["measured"] - 1
    return rows.assign(**found, what=what, unit=measured.rpartition("_")[2])


def errors(rows: pd.DataFrame) -> dict[str, float]:
    """n, median, p90, p99 and bias in percent, and how many rows lie in their 90 % interval."""
    inside = rows["measured"].between(rows["lo"], rows["hi"])
    return score.errors(rows["predicted"], rows["measured"]) | {"coverage": 100 * inside.mean()}


def words(told: dict[str, float]) -> str:
    """The errors as one reads them."""
    spread = f"median {told['median']:.1f} %, p90 {told['p90']:.1f} %, bias {told['bias']:+.1f} %"
    return f"{spread}; {told['coverage']:.0f} % inside the 90 % interval"
