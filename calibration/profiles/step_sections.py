"""From a list of a step's kernels by name to the two sections of an engine's profile that it teaches.

``small_kernel`` is what a step pays beside products and attention, ``in_step`` how both differ from their benchmarks. The
sections go into a copy of the profile of that GPU and engine; the kernels' own fits stay as they are.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from calibration.kernel_fits.step_kernels import fit_step_kernels, steps_by_kind
from calibration.profiles.comments import comments
from calibration.profiles.in_step import fit_in_step
from costmodel import files
from costmodel.errors import InputError
from costmodel.evaluation.ask.number_columns import parse_numbers
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts import profiles, store
from costmodel.facts.cache_words import SIXTEEN_BIT
from costmodel.facts.deployment import Deployment
from costmodel.facts.fit_covariance import load_fit_covariance
from costmodel.facts.profiles import STEP_SECTIONS, SectionFit, format_profile, key_of
from costmodel.language.quantity import catalogue

MAX_NUMBER = 1e9


@dataclass(frozen=True)
class StepSections:
    """What was learnt, and the profile into which it was written."""

    path: Path
    small_kernel: SectionFit
    in_step: SectionFit


def learn_step_sections(
    kernels: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    model: str,
    gpu: str,
    engine: str,
    ranks: int = 1,
    source: str,
    folder: Path | None = None,
) -> StepSections:
    """Learn both sections and write them into the profile of the GPU and engine, in a data directory (the user's).

    ``kernels``: kv_cache_dtype, batch, prompt_len, kernel, calls_a_step, us_a_step; ``steps``: kv_cache_dtype, batch,
    prompt_len, step_ms, of which those that are also among the kernels show the gap between two kernels. Raises InputError
    for tables that lack columns or have too few rows, and for a GPU whose kernels under this engine nobody measured.
    """
    deployment = _without_sections(resolve_deployment(model, gpu, ranks=ranks, engine=engine))
    layers = float(sum(group["layer_count"] for group in deployment.model.groups))
    by_kind = steps_by_kind(kernels, layers)
    sixteen = by_kind[by_kind["kv_cache_dtype"].isin(SIXTEEN_BIT)]
    small = fit_step_kernels(deployment, sixteen, gap_between_kernels(by_kind, steps), source)
    in_step = fit_in_step(deployment, by_kind, source)
    for section in (small, in_step):
        _check_bounds(section)
    return StepSections(_write(deployment, (small, in_step), folder or store.data_folder()), small, in_step)


def gap_between_kernels(by_kind: pd.DataFrame, steps: pd.DataFrame) -> float:
    """Median over the steps in both tables of clock less device, over the number of kernels, in seconds.

    ``by_kind`` as ``steps_by_kind`` returns it. Raises InputError where no step is in both, or none takes longer than its
    kernels.
    """
    key = ["kv_cache_dtype", "batch", "prompt_len"]
    if missing := [name for name in (*key, "step_ms") if name not in steps]:
        raise InputError(f"steps: expected columns {', '.join(key)}, step_ms; {missing[0]} is missing")
    numbers = {
        name: parse_numbers(pd.Series(steps[name]), name, "steps", high=MAX_NUMBER)
        for name in ("batch", "prompt_len", "step_ms")
    }
    both = steps.assign(**numbers).merge(by_kind, on=key)
    if both.empty:
        raise InputError("steps: none has the cache type, batch and prompt of a step in the table of kernels")
    if (seconds := both["step_ms"] < 0.02 * 1e-3 * both["device"]).any():
        row = both[seconds].iloc[0]
        raise InputError(
            f"steps: batch {row['batch']:g}, prompt {row['prompt_len']:g}: step_ms: {row['step_ms']:g} where kernels take "
            f"{1e-3 * row['device']:.3g} ms; expected milliseconds, these look like seconds"
        )
    gap = float(((1e-3 * both["step_ms"] - 1e-6 * both["device"]) / both["calls"]).median())
    if gap <= 0:
        raise InputError(f"steps: expected times above the sum of their kernels, got {1e6 * gap:.2f} us a kernel less")
    return gap


def _check_bounds(section: SectionFit) -> None:
    """InputError for a number that no such kernels have: the tables are then not of that model's steps."""
    for name, number in section.values.items():
        coefficient = catalogue[name]
        if not coefficient.low <= number <= coefficient.high:
            raise InputError(
                f"kernels: {name}: expected {coefficient.low:g} to {coefficient.high:g}, the tables give {number:.3g}; "
                "are they of that model's steps on that GPU?"
            )


def _without_sections(deployment: Deployment) -> Deployment:
    """The deployment on a profile that has learnt nothing from steps yet; InputError where the profile is not its own."""
    profile = deployment.profile
    expected = f"{deployment.gpu.id}--{deployment.engine.id}"
    if profile.id != expected:
        raise InputError(
            f"profile {expected}: expected one of kernels measured on {deployment.gpu.id} under {deployment.engine.id}, "
            f"found {profile.id} in its place; costmodel calibrate steps learns an implementation without one"
        )
    kept = {name: fit for name, fit in profile.file.sections.items() if name not in STEP_SECTIONS}
    return replace(deployment, profile=replace(profile, file=replace(profile.file, sections=kept)))


def _write(deployment: Deployment, learnt: tuple[SectionFit, ...], folder: Path) -> Path:
    """The profile with the sections, and beside it what lay beside the one that it is a copy of."""
    file, identifier = deployment.profile.file, deployment.profile.id
    whole = replace(file, sections={**file.sections, **{fit.name: fit for fit in learnt}})
    notes = {}
    for fit in file.fits():
        law, *rest = key_of(fit)
        notes |= comments(fit, load_fit_covariance(identifier, law, *rest))
    path, origin = folder / "profiles" / f"{identifier}.toml", store.files("profiles")[identifier].parent
    files.make_folder(path.parent)
    for beside in ("certainty", "points"):
        known, own = origin / beside / f"{identifier}.csv", path.parent / beside / f"{identifier}.csv"
        if known.exists() and known != own:
            files.make_folder(own.parent)
            files.write_text(own, known.read_text(encoding="utf-8"))
    files.write_text(path, format_profile(whole, notes))
    profiles.clear_caches()
    return path
