"""The report of a profile's fits as a folder of Markdown and figures: numbers with errors, correlations, residuals.

Everything is read from the profile, the covariances beside it, and the measured rows outside the fits.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from calibration.validation.parity import rows as parity_rows
from calibration.validation.report import report
from costmodel import files
from costmodel.facts import profiles
from costmodel.facts.fit_covariance import FitCovariance, load_fit_covariance
from costmodel.facts.profiles import Fit, SectionFit
from costmodel.facts.profiles.write import format_coefficient
from costmodel.facts.vocabulary import vocabulary

CORRELATED = 0.9  # absolute correlation from which two numbers are hard to tell apart
REPORTED_LAWS = ("attention", "gemm", "all_reduce", "codec")


def write_report(identifier: str, folder: Path) -> list[Path]:
    """``<gpu>--<engine>.md`` and its residual plot in ``folder``; the paths written."""
    from costmodel.plots import parity
    from costmodel.plots.files import drawn

    header = profiles.read_profile_file(identifier).header
    files.make_folder(folder)
    frame = parity.table(parity_rows(header.gpu, header.engine))
    title = f"{header.gpu} under {header.engine}, outside the fits"
    page, figure = _targets(identifier, folder)
    image = drawn(lambda: parity.paper(frame, title), ".png")
    text = "\n".join(_page(identifier, figure.name)) + "\n"
    files.write_bytes(figure, image)
    files.write_text(page, f"<!-- {files.stamp([image, text.encode()])} -->\n{text}")
    return [page, figure]


def check_targets(identifiers: list[str], folder: Path, force: bool = False) -> None:
    """InputError, before any work is done, for files in the folder that ``write_report`` would replace but did not write."""
    for identifier in identifiers:
        page, figure = _targets(identifier, folder)
        files.refuse_existing([page, figure], page, force, f"--out {folder}")


def _targets(identifier: str, folder: Path) -> tuple[Path, Path]:
    return folder / f"{identifier}.md", folder / f"{identifier}.png"


def _page(identifier: str, figure: str) -> Iterator[str]:
    profile = profiles.read_profile_file(identifier)
    header = profile.header
    yield f"# {header.gpu} under {header.engine} {header.engine_version}\n"
    yield f"Fitted {header.fitted} from {header.source}. {header.method}.\n"
    yield f"![Predicted against measured]({figure})\n"
    yield "## Errors on rows outside the fits, percent\n"
    for law, rows in pd.DataFrame(report(identifier)).groupby("law", sort=False):
        yield f"\n{law}:\n"
        yield _markdown(rows.drop(columns=["law", "pool"], errors="ignore").dropna(axis=1, how="all"))
    for fit in profile.fits():
        if profiles.law_of(fit) in REPORTED_LAWS:
            yield from _fit(identifier, fit)


def _fit(identifier: str, fit: Fit) -> Iterator[str]:
    law, *key = profiles.key_of(fit)
    yield f"\n## {law.replace('_', '-')} {' '.join(map(str, key))}\n"
    covariance = load_fit_covariance(identifier, law, *(() if isinstance(fit, SectionFit) else key))
    rows = [
        {"number": _label(label), "value": _value(label[0], number), "known to": _error(covariance, label)}
        for label, number in _numbers(fit)
    ]
    yield _markdown(pd.DataFrame(rows))
    if covariance is not None and (correlated := list(_correlated(covariance))):
        yield "\nCorrelated above 0.9: " + "; ".join(correlated) + "."


def _error(covariance: FitCovariance | None, label: tuple[str, str, str]) -> str:
    error = None if covariance is None else covariance.standard_error(*label)
    return "fixed or not identified" if error is None else f"± {error:.0%}"


def _value(name: str, number: float) -> str:
    return str(format_coefficient(number, vocabulary()[name]["unit"]))


def _numbers(fit: Fit) -> Iterator[tuple[tuple[str, str, str], float]]:
    for table_name, kv_dtype, table in profiles.coefficient_tables(fit):
        path = "fallback" if table_name == "fallback" else "main"
        yield from (((name, kv_dtype, path), number) for name, number in table.items())


def _label(label: tuple[str, str, str]) -> str:
    name, kv_dtype, path = label
    return " ".join(filter(None, (name, kv_dtype, path if path == "fallback" else "")))


def _correlated(covariance: FitCovariance) -> Iterator[str]:
    matrix, labels = covariance.covariance, covariance.labels
    error = matrix.diagonal() ** 0.5
    for row in range(len(error)):
        for column in range(row):
            if error[row] > 0 and error[column] > 0:
                correlation = matrix[row, column] / (error[row] * error[column])
                if abs(correlation) > CORRELATED:
                    yield f"{_label(labels[column])} and {_label(labels[row])} {correlation:+.2f}"


def _markdown(table: pd.DataFrame) -> str:
    """A pipe table; numbers to one decimal, what is missing empty."""
    lines = ["| " + " | ".join(table.columns) + " |", "|" + " --- |" * len(table.columns)]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in table.itertuples(index=False, name=None)]
    return "\n".join(lines)


def _cell(value) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)
