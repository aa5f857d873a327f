"""Predicted against measured for data of one's own: kernels, steps, or the runs of a serving benchmark."""

from pathlib import Path

import pandas as pd

from calibration import score
from calibration.sources import serving, table
from costmodel.errors import FactError, UnknownName
from costmodel.evaluation import kernels, predict

FORMATS = ("csv", *serving.READERS)


def compare(path: str, form: str, given: dict, kernel: str | None = None) -> pd.DataFrame:
    """The rows with ``measured``, ``predicted``, the ends of its interval, and ``error`` (a share); one unit a table.

    ``given`` fills columns that the file lacks. Raises FactError for a file that cannot be read, UnknownName for a format.
    """
    place = Path(path)
    if form not in FORMATS:
        raise UnknownName("format", form, FORMATS)
    if not place.exists():
        raise FactError(f"{path}: no such file")
    if form == "csv":
        rows, measured = table.load(place)
        rows = rows.assign(**{name: value for name, value in given.items() if name not in rows})
    else:
        rows, measured = serving.READERS[form](place, given), "tpot_ms"
    points = rows.drop(columns=[name for name in ("latency_us", "tpot_ms", "ttft_ms") if name in rows])
    if measured == "latency_us":
        if kernel is None:
            raise FactError(f"{path}: holds latency_us: say which kernel with --kernel {'|'.join(kernels.KERNELS)}")
        told, _ = kernels.predict(points, kernel, path)
    else:
        told, _ = predict.predict(points, path)
    found = {"measured": rows[measured].to_numpy(), "predicted": told[measured].to_numpy()}
    found |= {end: told[f"{measured}_{end}"].to_numpy() for end in ("lo", "hi")}
    found["error"] = found["predicted"] / found["measured"] - 1
    return rows.assign(**found, unit=measured.rpartition("_")[2])


def errors(rows: pd.DataFrame) -> dict[str, float]:
    """n, median, p90, p99 and bias in percent, and how many rows lie in their 90 % interval."""
    inside = rows["measured"].between(rows["lo"], rows["hi"])
    return score.errors(rows["predicted"], rows["measured"]) | {"coverage": 100 * inside.mean()}
