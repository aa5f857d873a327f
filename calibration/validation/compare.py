"""Predicted against measured for a user's own data: kernels, steps, or the runs of a serving benchmark."""

from pathlib import Path

import pandas as pd

from calibration.data import results, table
from calibration.fitting import metrics
from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask import kernels, predict

FORMATS = ("auto", "csv", *results.BY_FORMAT)
PREDICTED = {
    f"{name}{end}" for name in ("latency_us", "tpot_ms", "ttft_ms", "throughput_tok_s") for end in ("", "_lo", "_hi")
}
MODE_LABELS = {"static": "decode step", "serving": "token under load"}
ENDS = ("lo", "hi")
MEASURED_UNITS = {"latency_us": "us", "tpot_ms": "ms", "throughput_tok_s": "tok_s"}


def compare(path: str, form: str, column_defaults: dict, kernel: str | None = None) -> pd.DataFrame:
    """The measurements of a file beside predictions: ``read``, then ``with_predictions``."""
    rows, measured = read(path, form, column_defaults)
    return with_predictions(rows, measured, path, kernel)


def read(path: str, form: str, column_defaults: dict) -> tuple[pd.DataFrame, str]:
    """The rows of a file and the name of their measured column; ``column_defaults`` fills in what the file leaves out.

    A file of results is told from a table where ``form`` is ``auto``. Raises InputError for a file that cannot be read,
    UnknownName for a format.
    """
    file = Path(path)
    if form not in FORMATS:
        raise UnknownName("format", form, FORMATS)
    if not file.exists():
        raise InputError(f"{path}: no such file")
    if form not in ("auto", "csv") or (form == "auto" and results.looks_like_results(file)):
        return results.read(file, "" if form == "auto" else form, column_defaults)
    rows, measured = table.load(file)
    return table.fill_in(rows, column_defaults, path), measured


def with_predictions(rows: pd.DataFrame, measured: str, location: str, kernel: str | None = None) -> pd.DataFrame:
    """The rows with ``measured``, ``predicted``, ``lo`` and ``hi`` of its 90 % interval, all in ``unit`` (us, ms or tok_s).

    ``measured`` names the measured column. Beside them ``error`` (relative) and ``what`` was timed. Without ``kernel`` the
    columns tell which kernel was called. Raises InputError naming row and column of what cannot be predicted; ``location``
    names the table in its text.
    """
    points = rows.drop(columns=[name for name in rows if name in PREDICTED])
    if measured == "latency_us":
        kernel = kernel or kernels.recognize_kernel(points, location)
        predictions, _ = kernels.predict(points, kernel, location)
        what = kernel.replace("-", " ")
    else:
        predictions, _ = predict.predict(points, location)
        labels = predictions["mode"].map(MODE_LABELS)
        what = "throughput of a run" if measured == "throughput_tok_s" else labels.to_numpy()
    columns = {"measured": rows[measured].to_numpy(), "predicted": predictions[measured].to_numpy()}
    columns |= {end: predictions[f"{measured}_{end}"].to_numpy() for end in ENDS}
    columns["error"] = columns["predicted"] / columns["measured"] - 1
    compared = rows.assign(**columns, what=what, unit=MEASURED_UNITS[measured])
    compared.attrs["remarks"] = rows.attrs.get("remarks", [])
    return compared


def errors(rows: pd.DataFrame) -> dict[str, float]:
    """n, median, p90, p99 and bias in percent, and the percentage of rows in their 90 % interval (``coverage``)."""
    inside = rows["measured"].between(rows["lo"], rows["hi"])
    return metrics.errors(rows["predicted"], rows["measured"]) | {"coverage": 100 * inside.mean()}


def describe(errors: dict[str, float]) -> str:
    """The errors as one line of text."""
    spread = f"median {errors['median']:.1f} %, p90 {errors['p90']:.1f} %, bias {errors['bias']:+.1f} %"
    return f"{spread}; {errors['coverage']:.0f} % inside the 90 % interval"
