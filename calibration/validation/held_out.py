"""Measured rows outside the fits of a profile, beside what the profile predicts for them.

Rows are those of the imported tables less the fitted keys; predictions are those of the numbers as the file states them.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from calibration.data import aiconfigurator as source
from calibration.data import design
from calibration.data.grouped_products import SHAPE, grouped_products
from calibration.data.shapes import ATTENTION_KEY
from calibration.kernel_fits import attention, gemm, small_kernels
from calibration.kernel_fits.attention_law import regimes
from calibration.profiles.writer import read_table
from calibration.validation import baselines
from costmodel.errors import InputError, UnknownName
from costmodel.facts import gpus, profiles
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import AttentionFit, GemmFit, GroupedFit, Header, PrefillFit, ProfileFile, SectionFit

SMALL_SOURCES = {"all_reduce": source.all_reduce, "codec": source.quantise}


def profile_ids(gpu: str | None = None, engine: str | None = None) -> list[str]:
    """Ids of the fitted profiles of a GPU, an engine, or all: the package's and those of the user's data directory.

    Raises UnknownName where there is none.
    """
    fitted = [identifier for identifier in profiles.identifiers() if "--" in identifier]
    selected = [identifier for identifier in fitted if _matches(identifier, gpu, engine)]
    if not selected:
        raise UnknownName("profile", f"{gpu or 'any'}--{engine or 'any'}", profiles.identifiers())
    return selected


def _matches(identifier: str, gpu: str | None, engine: str | None) -> bool:
    owner, _, owner_engine = identifier.partition("--")
    return gpu in (None, owner) and engine in (None, owner_engine)


def reason_not_to_recompute(identifier: str) -> str:
    """Why errors of a profile cannot be computed again; empty where its measurements are among the imported tables."""
    header = profiles.read_profile_file(identifier).header
    if header.engine not in source.ENGINES or header.gpu not in source.gpus():
        return f"its measurements are not among the imported tables (source: {header.source})"
    if not profiles.points_path(identifier).exists():
        return f"{profiles.points_path(identifier)} is missing, which names the fitted rows"
    return ""


class HeldOut:
    """Rows outside the fits of one profile; tables are read once."""

    def __init__(self, identifier: str):
        self.identifier = identifier
        self.file = profiles.read_profile_file(identifier)
        self.gpu: GPU = gpus.load(self.file.header.gpu)
        self._beside = {
            file_kind: profiles.read_profile_file(identifier, file_kind)
            for file_kind in ("prefill", "latent", "grouped")
            if identifier in profiles.identifiers(file_kind)
        }

    def beside(self, file_kind: str) -> ProfileFile | None:
        """The companion of that kind (prefill, latent, grouped); None where there is none."""
        return self._beside.get(file_kind)

    def attention(self, with_baselines: bool = False) -> pd.DataFrame:
        """Rows of decode attention with ``predicted_us``, ``spread`` of its logarithm, and ``rule``.

        ``with_baselines`` adds a column ``<name>_us`` for every baseline, given the points that the law was given.
        """
        measured = _measured(source.decode_attention, self.file.header)
        points = _points(self.identifier).query("law == 'attention'")
        return pd.concat(
            [self._attention(fit, measured, points, with_baselines) for fit in self.file.attention], ignore_index=True
        )

    def _attention(
        self, fit: AttentionFit, measured: pd.DataFrame, points: pd.DataFrame, with_baselines: bool
    ) -> pd.DataFrame:
        own = _of_kernel(measured, fit)
        rows = outside(own, points, ATTENTION_KEY)
        predicted, launch_bound = attention.predict(fit, rows, self.gpu)
        spread = attention.row_spread(fit, rows, regimes(rows, self.gpu, launch_bound))
        columns = {"predicted_us": predicted, "spread": spread, "rule": fit.rule}
        if with_baselines:
            keys = points[ATTENTION_KEY].dropna().drop_duplicates().astype(own[ATTENTION_KEY].dtypes)
            inside = own.merge(keys, on=ATTENTION_KEY)
            by_baseline = baselines.predictions(inside, rows, self.gpu)
            columns |= {f"{name}_us": latency for name, latency in by_baseline.items()}
        return rows.assign(**columns)

    def gemm(self) -> Iterator[tuple[GemmFit, pd.DataFrame]]:
        """Every fit of products with its rows."""
        points = _points(self.identifier).query("law == 'gemm'")
        measured = source.gemm(self.gpu.id, self.file.header.engine) if self.file.gemm else None
        for fit in self.file.gemm:
            own = points[points["kernel"] == fit.dtype]
            yield fit, outside(measured[measured["dtype"] == fit.dtype], own, ["m", "n", "k"])

    def prefill(self) -> Iterator[tuple[PrefillFit, pd.DataFrame]]:
        """Every fit of prefill attention with its rows."""
        yield from self._of_companion("prefill", source.prefill_attention)

    def latent(self) -> Iterator[tuple[AttentionFit, pd.DataFrame]]:
        """Every fit of decode attention over a latent with its rows."""
        yield from self._of_companion("latent", source.latent_attention)

    def grouped(self) -> Iterator[tuple[GroupedFit, pd.DataFrame]]:
        """Every fit of grouped products of experts with its rows."""
        file = self.beside("grouped")
        if file is None:
            return
        measured = grouped_products(self.gpu.id, file.header.engine)
        points = _points(self.identifier, "grouped")
        for fit in file.grouped:
            own = measured[(measured["kernel"] == fit.kernel) & (measured["dtype"] == fit.dtype)]
            yield fit, outside(own, points[points["kernel"] == fit.label], SHAPE)

    def _of_companion(self, file_kind: str, load: Callable) -> Iterator:
        file = self.beside(file_kind)
        if file is None:
            return
        measured, points = _measured(load, file.header), _points(self.identifier, file_kind)
        for fit in (*file.prefill, *file.attention):
            yield fit, outside(_of_kernel(measured, fit), points, ATTENTION_KEY)

    def small(self) -> Iterator[tuple[SectionFit, pd.DataFrame]]:
        """The all-reduce and the codec pass, where they were fitted, with their rows."""
        points = _points(self.identifier)
        for name, kernel in small_kernels.SMALL_KERNELS.items():
            if name in self.file.sections:
                rows = kernel.rows(SMALL_SOURCES[name](self.gpu.id, self.file.header.engine), self.gpu)
                names = {point: column for column, point in kernel.point_names.items() if column in kernel.key}
                fitted = points[points["law"] == name].rename(columns=names)
                yield self.file.sections[name], outside(rows, fitted, kernel.key)


def serving_products(held_out: HeldOut) -> Iterator[tuple[GemmFit, pd.DataFrame]]:
    """Every fit of products with its rows of serving sizes and ``predicted_us``."""
    for fit, rows in held_out.gemm():
        rows = rows[design.serving_sizes(rows)]
        yield fit, rows.assign(predicted_us=gemm.predict(fit, rows, held_out.gpu))


def outside(rows: pd.DataFrame, points: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Rows whose key is not among the fitted ones. Raises InputError where a fitted row is not in the table."""
    inside = points[key].dropna().drop_duplicates().astype({name: rows[name].dtype for name in key})
    marked = rows[key].merge(inside.assign(fitted=True), on=key, how="left")["fitted"].notna().to_numpy()
    expected = inside.merge(rows[key].drop_duplicates(), on=key) if len(rows) else inside
    if marked.sum() < len(expected) or (len(rows) and not marked.any()):
        missing = len(expected) - marked.sum()
        raise InputError(f"fitted rows are missing from the measured table: {missing} of {len(inside)}")
    return rows[~marked].reset_index(drop=True)


def _of_kernel(rows: pd.DataFrame, fit: AttentionFit | PrefillFit) -> pd.DataFrame:
    return rows[(rows["kernel"] == fit.kernel) & (rows["head_dim"] == fit.head_dim)]


def _measured(load: Callable, header: Header) -> pd.DataFrame:
    return load(header.gpu, header.engine, header.engine_version)


def _points(identifier: str, file_kind: str = "profile") -> pd.DataFrame:
    return read_table(profiles.points_path(identifier, file_kind))
