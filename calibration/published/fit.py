"""The constants of an implementation from published steps: the law of its attention, on top of measured 16-bit steps.

What a step takes beside attention is what its own 16-bit step took less the modelled 16-bit attention, so that slopes (time
per cached token) decide and nothing of the rest. One group is fitted; every other group judges.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.published.table import MIN_ROWS, published_steps, scheme_of
from calibration.steps.fit import StepFit, fit_steps
from calibration.steps.law import PER_QUERY_HEAD, StepLaw
from calibration.steps.learn import attention_fit, stated_constants, write_profile
from costmodel.errors import InputError
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import gpus, implementations
from costmodel.facts.implementations import Implementation
from costmodel.facts.profiles import Header, ProfileFile

METHOD = (
    "soft-L1 least squares of log step times in log constants over the 16-bit steps of the same publication; priors: the "
    "engine's 16-bit kernel; held_out: the other groups of the publication, or the contexts left out"
)
LEAST = 3  # of a group: its own 16-bit steps pin the rest
MIN_SPREAD = 0.1  # of attention that others measured on set-ups described in words


class PairLaw(StepLaw):
    """Steps of a scheme over measured steps of the 16-bit cache at the same points."""

    def __init__(self, rows: pd.DataFrame, implementation: Implementation):
        first = rows.iloc[0]
        deployment = resolve_deployment(
            first["model"], first["gpu"], ranks=int(first["ranks"]), engine=implementation.engine,
            weight_dtype=first["weight_dtype"],
        )  # fmt: skip
        rule = PER_QUERY_HEAD if implementation.work_unit == "query head" else "none"
        scheme = load_scheme(scheme_of(implementation.id))
        super().__init__(deployment, scheme, rows["batch"], rows["context"], rule, stated_constants(implementation))
        baseline = build_evaluator(deployment, load_scheme("none"), rows["batch"], rows["context"])
        modelled = np.asarray(drop_model_axes(baseline["step_time"]))
        self.baseline = 1e-3 * rows["baseline_ms"].to_numpy(float)
        self.rest = self.baseline + self.rest - modelled
        self.seconds = 1e-3 * rows["step_ms"].to_numpy(float)


@dataclass(frozen=True, eq=False)
class PublishedFit:
    """A fit with the rows that it saw and those that judge it; ``errors`` are log errors of the latter's steps.

    ``ratios`` are predicted and published speed-ups of the judging rows.
    """

    implementation: Implementation
    fit: StepFit
    profile: ProfileFile
    inside: pd.DataFrame
    outside: pd.DataFrame
    errors: np.ndarray
    ratios: np.ndarray


def architectures_of(identifier: str) -> list[str]:
    """The architectures of the GPUs on which an implementation was published."""
    return list(dict.fromkeys(gpus.load(gpu).architecture for gpu in published_steps(identifier)["gpu"]))


def fit_published(identifier: str, architecture: str) -> PublishedFit:
    """Fit one implementation on an architecture and judge it on whatever else was published of it.

    Raises InputError where there are fewer rows than a fit and its judgement need.
    """
    rows, implementation = published_steps(identifier), implementations.load(identifier)
    if len(rows) < MIN_ROWS:
        raise InputError(f"{identifier}: expected at least {MIN_ROWS} published steps, got {len(rows)}")
    inside, outside = _split(rows, architecture)
    law = PairLaw(inside, implementation)
    fit = fit_steps(law, law.seconds, with_left_out=False, least=LEAST)
    errors, ratios = [], []
    for _, group in outside.groupby("group", sort=False):
        judge = PairLaw(group.reset_index(drop=True), implementation)
        time = judge.time(fit.constants)
        errors.append(np.log(time / judge.seconds))
        ratios.append(np.stack([judge.baseline / time, judge.baseline / judge.seconds], axis=1))
    log_errors = np.concatenate(errors)
    return PublishedFit(
        implementation, fit, _profile(fit, law, inside, log_errors, implementation), inside, outside, log_errors,
        np.concatenate(ratios),
    )  # fmt: skip


def _split(rows: pd.DataFrame, architecture: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The architecture's largest group is fitted, its others judge (all others, where it has none).

    Of a single group every other step judges.
    """
    of_architecture = rows["gpu"].map(lambda gpu: gpus.load(gpu).architecture) == architecture
    sizes = rows[of_architecture].groupby("group", sort=False).size()
    if rows["group"].nunique() > 1:
        largest = next(name for name in sizes.index if sizes[name] == sizes.max())
        chosen = rows["group"] == largest
        judging = of_architecture & ~chosen if len(sizes) > 1 else ~chosen
    else:
        ordered = rows.sort_values(["batch", "context"])
        chosen = pd.Series(np.arange(len(rows)) % 2 == 0, index=ordered.index).reindex(rows.index)
        judging = ~chosen
    return rows[chosen].reset_index(drop=True), rows[judging].reset_index(drop=True)


def _profile(fit: StepFit, law: PairLaw, rows: pd.DataFrame, errors: np.ndarray, implementation) -> ProfileFile:
    name = law.scheme.spec.parts[0].id
    stated = attention_fit(fit, law, rows, implementation.kernel, name, errors, MIN_SPREAD)
    sources = "; ".join(dict.fromkeys(rows["source"]))
    header = Header(
        law.deployment.gpu.id, implementation.engine, f"published: {sources}", implementation.versions, date.today(), METHOD,
        scheme=name, evidence="published",
    )  # fmt: skip
    return ProfileFile(header, (stated,))


def write_published(published: PublishedFit, folder: Path) -> Path:
    """Write the profile of a fit into a folder of facts."""
    identifier = f"{published.profile.header.gpu}--{published.implementation.id}"
    return write_profile(published.profile, identifier, published.inside, folder)
