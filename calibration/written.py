"""The report of a profile's fits as a folder of Markdown and figures: numbers with errors, correlations, residuals.

Everything is read from the profile, the table of certainties beside it, and the measured rows outside the fits.
"""

import tomllib
from pathlib import Path

import pandas as pd

from calibration import report
from calibration.parity import rows as parity_rows
from costmodel import files
from costmodel.facts.certainty import load_fit_covariance

TIED = 0.9  # absolute correlation from which two numbers are told apart by little
LAWS = {"attention": ("kernel", "head_dim"), "gemm": ("dtype",), "all_reduce": (), "codec": ()}


def write(gpu: str, engine: str, folder: Path) -> list[Path]:
    """``<gpu>--<engine>.md`` and its residual plot in ``folder``; raises UnknownName for no such profile."""
    from costmodel.plots import parity
    from costmodel.plots.files import drawn

    (path,) = report.profiles(gpu, engine)
    files.make_folder(folder)
    frame = parity.table(parity_rows(gpu, engine))
    title = f"{gpu} under {engine}, outside the fits"
    page, figure = _targets(path.stem, folder)
    image = drawn(lambda: parity.paper(frame, title), ".png")
    text = "\n".join(_page(path, figure.name)) + "\n"
    files.write_bytes(figure, image)
    files.write_text(page, f"<!-- {files.stamp([image, text.encode()])} -->\n{text}")
    return [page, figure]


def check(profiles: list[str], folder: Path, force: bool = False) -> None:
    """InputError, before any work is done, for files in the folder that ``write`` would replace but did not write."""
    for profile in profiles:
        page, figure = _targets(profile, folder)
        files.refuse_existing([page, figure], page, force, f"--out {folder}")


def _targets(profile: str, folder: Path) -> tuple[Path, Path]:
    return folder / f"{profile}.md", folder / f"{profile}.png"


def _page(path: Path, figure: str):
    profile = tomllib.loads(path.read_text())
    yield f"# {profile['gpu']} under {profile['engine']} {profile['engine_version']}\n"
    yield f"Fitted {profile['fitted']} from {profile['source']}. {profile['method']}.\n"
    yield f"![Predicted against measured]({figure})\n"
    yield "## Errors on rows outside the fits, percent\n"
    for law, rows in pd.DataFrame(report.report(path)).groupby("law", sort=False):
        yield f"\n{law}:\n"
        yield _markdown(rows.drop(columns=["law", "pool"], errors="ignore").dropna(axis=1, how="all"))
    for law, key in LAWS.items():
        tables = profile.get(law, [])
        for table in tables if isinstance(tables, list) else [tables]:
            yield from _fit(path.stem, law, table, [table[name] for name in key])


def _fit(profile: str, law: str, table: dict, key: list):
    yield f"\n## {law.replace('_', '-')} {' '.join(map(str, key))}\n"
    sure = load_fit_covariance(profile, law, *key)
    rows = [
        {"number": _label(label), "value": str(value), "known to": _error(sure, label)}
        for label, value in _numbers(table)
    ]
    yield _markdown(pd.DataFrame(rows))
    if sure is not None and (ties := list(_ties(sure))):
        yield "\nCorrelated above 0.9: " + "; ".join(ties) + "."


def _error(sure, label: tuple[str, str, str]) -> str:
    place = None if sure is None else sure.place(*label)
    return "fixed or not identified" if place is None else f"± {sure.covariance[place, place] ** 0.5:.0%}"


def _numbers(table: dict):
    for part in ("shared", "values"):
        yield from (((name, "", "main"), value) for name, value in table.get(part, {}).items())
    for path in ("main", "fallback"):
        for kind, numbers in table.get(path, {}).items():
            yield from (((name, kind, path), value) for name, value in numbers.items())


def _label(label: tuple[str, str, str]) -> str:
    name, kind, path = label
    return " ".join(filter(None, (name, kind, path if path == "fallback" else "")))


def _ties(sure):
    error = sure.covariance.diagonal() ** 0.5
    for one in range(len(error)):
        for other in range(one):
            if error[one] > 0 and error[other] > 0:
                value = sure.covariance[one, other] / (error[one] * error[other])
                if abs(value) > TIED:
                    yield f"{_label(sure.labels[other])} and {_label(sure.labels[one])} {value:+.2f}"


def _markdown(table: pd.DataFrame) -> str:
    """A pipe table; numbers to one decimal, what is missing empty."""
    lines = ["| " + " | ".join(table.columns) + " |", "|" + " --- |" * len(table.columns)]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in table.itertuples(index=False, name=None)]
    return "\n".join(lines)


def _cell(value) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)
