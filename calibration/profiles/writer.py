"""A profile under work: finished fits by key, written whole after every fit, so that a run that was cut short can go on.

Beside the profile file lie the keys of the fitted rows, and the covariance of the numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from calibration.data.grouped_products import SHAPE
from calibration.fitting.covariance_rows import COLUMNS as COVARIANCE_COLUMNS
from calibration.kernel_fits.section import ProfileSection
from calibration.profiles.comments import comments
from costmodel import files
from costmodel.facts import store
from costmodel.facts.fit_covariance import FitCovariance, parse_fit_covariance
from costmodel.facts.profiles import (
    STEP_SECTIONS,
    AttentionFit,
    Fit,
    GemmFit,
    GroupedFit,
    Header,
    PrefillFit,
    ProfileFile,
    SectionFit,
    format_profile,
    key_of,
    parse_profile,
)
from costmodel.facts.profiles.write import rank
from costmodel.language.renamed import RENAMED

FOLDER = store.PACKAGE / "profiles"
POINT_COLUMNS = [
    *("law", "kernel", "head_dim", "kv_dtype", "batch", "query_heads", "kv_heads", "window", "context"),
    *("m", "n", "k"),
]
COLUMNS_BESIDE = {"grouped": ["law", "kernel", *SHAPE]}  # of the fitted rows' keys, where they are none of the above
TEXT_COLUMNS = ("law", "kernel", "kv_dtype", "path", "coefficient", "correlation", "routing")


@dataclass
class ProfileWriter:
    """``sections`` holds the finished fits by key (law, kernel, head width or type).

    ``of_steps`` holds what was learnt from whole steps, which stays as it is. ``file_kind`` is the kind of file: the profile
    itself, or ``prefill``, ``latent`` or ``grouped`` beside it. ``folder`` is the folder of profiles: the package's, where
    none is named.
    """

    header: Header
    sections: dict[tuple, ProfileSection] = field(default_factory=dict)
    file_kind: str = "profile"
    folder: Path | None = None
    of_steps: dict[str, SectionFit] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        """The profile's id, ``<gpu>--<engine>``."""
        return f"{self.header.gpu}--{self.header.engine}"

    @property
    def _folder(self) -> Path:
        return (self.folder or FOLDER) / ("" if self.file_kind == "profile" else self.file_kind)

    @property
    def path(self) -> Path:
        """The profile's file."""
        return self._folder / f"{self.identifier}.toml"

    @property
    def points_path(self) -> Path:
        """The file of the fitted rows' keys."""
        return self._folder / "points" / f"{self.identifier}.csv"

    @property
    def point_columns(self) -> list[str]:
        """The columns of that file."""
        return COLUMNS_BESIDE.get(self.file_kind, POINT_COLUMNS)

    @property
    def covariance_path(self) -> Path:
        """The file of standard errors and correlations."""
        return self._folder / "certainty" / f"{self.identifier}.csv"

    def keep_step_sections(self) -> None:
        """Take over what an earlier file of this profile learnt from whole steps."""
        if self.path.exists():
            earlier = parse_profile(store.read_toml(self.path), str(self.path), self.file_kind)
            self.of_steps = {name: fit for name, fit in earlier.sections.items() if name in STEP_SECTIONS}

    def resume(self) -> None:
        """Take over the fits of an earlier run of the same version, source and method, where there is one."""
        if not all(path.exists() for path in (self.path, self.points_path, self.covariance_path)):
            return
        earlier = parse_profile(store.read_toml(self.path), str(self.path), self.file_kind)
        if any(
            getattr(earlier.header, key) != getattr(self.header, key) for key in ("engine_version", "method", "source")
        ):
            return
        points, covariance = read_table(self.points_path), read_table(self.covariance_path)
        for fit in earlier.fits():
            key = key_of(fit)
            own_points, own_covariance = _of(points, key), _of(covariance, key)
            if len(own_points) and len(own_covariance):
                self.sections[key] = ProfileSection(fit, own_points, own_covariance)

    def fit_unless_done(self, key: tuple, fit: Callable[[], ProfileSection]) -> bool:
        """Fit and write one section, unless an earlier run has finished it; whether it was fitted now."""
        if key in self.sections:
            return False
        self.put(fit())
        return True

    def put(self, section: ProfileSection) -> None:
        """Add or replace a section and write all files."""
        self.sections[key_of(section.fit)] = section
        self.write()

    def write(self) -> None:
        """Write the files, each whole or not at all."""
        profile, sections = self.profile(), self.sections
        notes = {path: text for s in sections.values() for path, text in comments(s.fit, _parsed(s.covariance)).items()}
        _replace_file(self.path, format_profile(profile, notes))
        ordered = [sections[key] for fit in profile.fits() if (key := key_of(fit)) in sections]
        covariance = pd.concat([section.covariance for section in ordered], ignore_index=True)
        covariance = covariance.astype({"head_dim": "Int64"})[COVARIANCE_COLUMNS]
        _replace_file(self.covariance_path, covariance.to_csv(index=False, lineterminator="\n"))
        rows = pd.concat([section.points for section in ordered], ignore_index=True).reindex(columns=self.point_columns)
        for column in set(self.point_columns) - set(TEXT_COLUMNS):
            rows[column] = rows[column].astype("Int64")
        _replace_file(self.points_path, rows.to_csv(index=False, lineterminator="\n"))

    def profile(self) -> ProfileFile:
        """The finished fits as a profile file, in the order of the file."""
        fits = [section.fit for section in self.sections.values()]
        return ProfileFile(
            self.header,
            attention=_sorted(fits, AttentionFit),
            prefill=_sorted(fits, PrefillFit),
            gemm=_sorted(fits, GemmFit),
            grouped=_sorted(fits, GroupedFit),
            sections={fit.name: fit for fit in _sorted(fits, SectionFit)} | self.of_steps,
        )


def open_writer(header: Header, file_kind: str = "profile", refit: bool = False) -> ProfileWriter:
    """A writer in the package's folder, with the finished fits of an earlier run unless ``refit`` is set."""
    writer = ProfileWriter(header, file_kind=file_kind)
    writer.keep_step_sections()
    if not refit:
        writer.resume()
    return writer


def read_table(path: Path) -> pd.DataFrame:
    """A table beside a profile, coefficients by today's names.

    Rows of fits: law, kernel (or type), shape; an all-reduce has its numbers in m, its ranks in n.
    """
    rows = pd.read_csv(path, dtype=dict.fromkeys(TEXT_COLUMNS, str))
    return rows.replace({"coefficient": RENAMED}) if "coefficient" in rows else rows


def _sorted(fits: list[Fit], kind: type) -> tuple:
    return tuple(sorted((fit for fit in fits if isinstance(fit, kind)), key=rank))


def _parsed(covariance: pd.DataFrame) -> FitCovariance:
    rows = covariance.fillna({"kv_dtype": "", "path": "", "correlation": ""})
    return parse_fit_covariance(rows.to_dict("records"), "covariance")


def _of(rows: pd.DataFrame, key: tuple) -> pd.DataFrame:
    mask = rows["law"] == key[0]
    if len(key) > 1:
        mask &= rows["kernel"] == key[1]
    if len(key) > 2:
        mask &= rows["head_dim"] == key[2]
    return rows[mask]


def _replace_file(path: Path, text: str) -> None:
    files.make_folder(path.parent)
    files.write_text(path, text)
