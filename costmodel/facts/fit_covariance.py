"""How certain the numbers of a fit are: standard errors of their logarithms and the correlations between them.

They are in a table beside the profile, one row per fitted number; a number without a row was fixed or is not identified.
"""

import csv
import functools
from dataclasses import dataclass

import numpy as np

from costmodel.errors import FactError
from costmodel.facts import store
from costmodel.language.renamed import RENAMED

FOLDERS = {"attention": "", "gemm": "", "all_reduce": "", "codec": "", "prefill": "prefill", "latent": "latent"}
FOLDERS |= {"grouped": "grouped"}


@dataclass(frozen=True, eq=False)
class FitCovariance:
    """Labels (coefficient, KV type, path; "" where shared by all) and the covariance (labels²) of the logarithms."""

    labels: tuple[tuple[str, str, str], ...]
    covariance: np.ndarray

    def index_of(self, coefficient: str, kv_dtype: str = "", path: str = "main") -> int | None:
        """Index of the number that a coefficient has for a KV type on a path (main, fallback); None where it has none."""
        for label_dtype in (kv_dtype, ""):
            for label_path in (path, "main", ""):
                if (coefficient, label_dtype, label_path) in self.labels:
                    return self.labels.index((coefficient, label_dtype, label_path))
        return None

    def standard_error(self, coefficient: str, kv_dtype: str = "", path: str = "main") -> float | None:
        """Standard error of the logarithm of that number; None where it is unknown."""
        index = self.index_of(coefficient, kv_dtype, path)
        return None if index is None else float(self.covariance[index, index]) ** 0.5


def load_fit_covariance(
    profile: str, law: str, kernel: str = "", head_dim: float | None = None
) -> FitCovariance | None:
    """The covariance of one fit of a profile; None where none is stored.

    ``profile`` by id; ``law`` is attention, latent, gemm or a section's name; ``kernel`` its kernel, or the weight type of
    matrix products; ``head_dim`` in numbers, any where it is None. Raises FactError for a table that cannot be read.
    """
    rows = [
        row
        for row in _rows(profile, FOLDERS[law])
        if row["law"] == ("attention" if law == "latent" else law)
        and row["kernel"] == kernel
        and (head_dim is None or (row["head_dim"] and float(row["head_dim"]) == head_dim))
    ]
    location = f"profiles/{FOLDERS[law]}/certainty/{profile}.csv".replace("//", "/")
    return parse_fit_covariance(rows, location) if rows else None


@functools.cache
def _rows(profile: str, folder: str) -> list[dict[str, str]]:
    kind = f"profiles/{folder}".rstrip("/")
    if profile not in store.files(kind):
        return []
    path = store.files(kind)[profile].parent / "certainty" / f"{profile}.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def parse_fit_covariance(rows: list[dict[str, str]], location: str) -> FitCovariance:
    """Rows of a table as a covariance, by today's names; FactError naming ``location`` for rows that do not fit together."""
    correlation = np.eye(len(rows))
    try:
        errors = np.array([float(row["error"]) for row in rows])
        for index, row in enumerate(rows):
            above = [float(text) for text in row["correlation"].split()]
            if len(above) != index:
                raise ValueError(f"row {index + 1} of {row['coefficient']} has {len(above)} correlations")
            correlation[index, :index] = correlation[:index, index] = above
    except (KeyError, ValueError) as error:
        raise FactError(
            f"{location}: {error}; expected one row per number: error, and a correlation for every row above"
        ) from error
    return FitCovariance(
        tuple((RENAMED.get(row["coefficient"], row["coefficient"]), row["kv_dtype"], row["path"]) for row in rows),
        _nearest_covariance(correlation) * np.outer(errors, errors),
    )


def _nearest_covariance(correlation: np.ndarray) -> np.ndarray:
    """The nearest matrix without negative variances: rounding to two decimals may have cost it that."""
    values, vectors = np.linalg.eigh(correlation)
    return (vectors * np.clip(values, 0, None)) @ vectors.T
