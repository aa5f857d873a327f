"""How certain the numbers of a fit are: standard errors of their logarithms and the correlations between them.

They lie in a table beside the profile, one row a fitted number; a number without a row was fixed or is not identified.
"""

import csv
import functools
from dataclasses import dataclass

import numpy as np

from costmodel.errors import FactError
from costmodel.facts import store

FOLDERS = {"attention": "", "gemm": "", "all_reduce": "", "codec": "", "prefill": "prefill", "latent": "latent"}


@dataclass(frozen=True, eq=False)
class FitCovariance:
    """Labels (coefficient, KV type, path; "" where shared by all) and the covariance (labels²) of the logarithms."""

    labels: tuple[tuple[str, str, str], ...]
    covariance: np.ndarray

    def place(self, coefficient: str, kv_dtype: str = "", path: str = "main") -> int | None:
        """Where a coefficient's number of that KV type and path stands; None where it is not known how certain it is."""
        for kind in (kv_dtype, ""):
            for way in (path, "main", ""):
                if (coefficient, kind, way) in self.labels:
                    return self.labels.index((coefficient, kind, way))
        return None


def load_fit_covariance(
    profile: str, law: str, kernel: str = "", head_dim: float | None = None
) -> FitCovariance | None:
    """The certainty of one fit of a profile, None where none is stored; FactError for a table that cannot be read."""
    rows = [
        row
        for row in _rows(profile, FOLDERS[law])
        if row["law"] == ("attention" if law == "latent" else law)
        and row["kernel"] == kernel
        and (head_dim is None or (row["head_dim"] and float(row["head_dim"]) == head_dim))
    ]
    return _read(rows, f"profiles/{FOLDERS[law]}/certainty/{profile}.csv".replace("//", "/")) if rows else None


@functools.cache
def _rows(profile: str, folder: str) -> list[dict]:
    kind = f"profiles/{folder}".rstrip("/")
    if profile not in store.files(kind):
        return []
    path = store.files(kind)[profile].parent / "certainty" / f"{profile}.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _read(rows: list[dict], where: str) -> FitCovariance:
    correlation = np.eye(len(rows))
    try:
        errors = np.array([float(row["error"]) for row in rows])
        for place, row in enumerate(rows):
            above = [float(text) for text in row["correlation"].split()]
            if len(above) != place:
                raise ValueError(f"row {place + 1} of {row['coefficient']} has {len(above)} correlations")
            correlation[place, :place] = correlation[:place, place] = above
    except (KeyError, ValueError) as error:
        raise FactError(
            f"{where}: {error}; due one row a number: error, and a correlation for every row above"
        ) from error
    return FitCovariance(
        tuple((row["coefficient"], row["kv_dtype"], row["path"]) for row in rows),
        _positive(correlation) * np.outer(errors, errors),
    )


def _positive(correlation: np.ndarray) -> np.ndarray:
    """The nearest matrix without negative variances: two decimals may have cost it that."""
    values, vectors = np.linalg.eigh(correlation)
    return (vectors * np.clip(values, 0, None)) @ vectors.T
