"""From a table of step times to a profile of an implementation: checked, fitted, written, and what to time next.

The profile counts from then on wherever the scheme is named on that engine and GPU. Rows of the 16-bit cache are not
fitted; they show how far the rest of the step is right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.steps.fit import StepFit, fit_steps
from calibration.steps.law import PER_QUERY_HEAD, StepLaw
from calibration.steps.prompts import fit_prompts, prompt_rows
from calibration.steps.propose import propose_steps
from calibration.steps.rows import check_room, check_scale, check_subject, step_rows
from costmodel import files
from costmodel.errors import InputError
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts import implementations, profiles, store
from costmodel.facts.deployment import Deployment
from costmodel.facts.implementations import Implementation
from costmodel.facts.profiles import (
    AttentionFit,
    Header,
    PrefillFit,
    ProfileFile,
    format_profile,
    implementation_profile,
)
from costmodel.text.counted import counted

FOLDER = "profiles/implementations"
MAX_LEFT_OUT, MAX_RESIDUAL = 0.7, 0.3  # log errors of a step predicted from the others, and within the fit
RULE_GAIN = 2.0  # by which per-query-head work must lower the cost to be believed
METHOD = (
    "soft-L1 least squares of log step times in log constants; priors: the engine's 16-bit kernel, a token's cost within "
    "a factor of 12, floors and waves within 2; grid of the kernel as its source states it; spread from each row left out"
)
KEPT_BACK = "held_out: steps kept back by a rule that was fixed before they were seen"
MIN_SPREAD = 0.03


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a table taught: the profile file, the fit, its rows, and the next rows.

    Log errors of rows that no fit saw: ``baseline_errors`` of the 16-bit cache, ``kept_back_errors`` of the scheme.
    """

    path: Path
    profile: ProfileFile
    fit: StepFit
    rows: pd.DataFrame
    baseline_errors: np.ndarray
    kept_back_errors: np.ndarray
    next_rows: pd.DataFrame
    implementation: Implementation | None

    def __str__(self) -> str:
        errors = 100 * np.abs(self.fit.left_out)
        predicted = (
            f"each predicted from the others within {np.median(errors):.1f} % (median), {errors.max():.1f} % (largest)"
        )
        kept_back = 100 * np.abs(self.kept_back_errors)
        if len(kept_back):
            predicted += f", {len(kept_back)} kept back within {np.median(kept_back):.1f} %, {kept_back.max():.1f} %"
        return f"{counted(len(self.rows), 'step')}, {predicted}; wrote {self.path}"


def learn_steps(
    frame: pd.DataFrame,
    *,
    scheme: str,
    engine: str,
    gpu: str,
    model: str,
    ranks: int = 1,
    prompts: pd.DataFrame | None = None,
    source: str = "",
    location: str = "rows",
    prompts_location: str = "first tokens",
    folder: Path | None = None,
) -> Learnt:
    """Learn an implementation's constants from step times and write its profile.

    Parameters: ``frame`` with columns batch, context (or prompt_len and gen_len) and step_ms, and perhaps ``fitted``, whose
    "no" keeps a step back to judge the fit; names as everywhere;
    ``prompts`` with prompt_len and ttft_ms; ``source`` says where the times come from; ``folder`` is the data directory (the
    user's by default). Raises InputError for rows that cannot be times of that model's steps, or are too few.
    """
    loaded = load_scheme(scheme)
    deployment = resolve_deployment(model, gpu, ranks=ranks, engine=engine)
    if len(loaded.spec.parts) != 1:
        raise InputError(f"scheme {loaded.id}: expected one scheme, got a composition; an implementation runs one")
    name = loaded.spec.parts[0].id
    subject = {"engine": deployment.engine.id, "gpu": deployment.gpu.id, "model": deployment.model.id, "tp": ranks}
    check_subject(frame, subject, location)
    rows = step_rows(frame, name, deployment.engine.id, location)
    of_scheme, baseline = rows[~rows["baseline"]].reset_index(drop=True), rows[rows["baseline"]]
    own, kept_back = (
        of_scheme[is_it].reset_index(drop=True) for is_it in (~of_scheme["kept_back"], of_scheme["kept_back"])
    )
    implementation = implementations.shipped(name, deployment.engine.id, deployment.gpu)
    pool = build_passes(deployment, loaded, 1.0, of_scheme["context"].to_numpy(float)).pool
    check_room(of_scheme, deployment.model.max_context, drop_model_axes(pool["max_batch_memory"]), location)
    fit, law = _best_fit(deployment, loaded, own, implementation, location)
    _check_outliers(fit, own, location)
    kernel = implementation.kernel if implementation else f"{deployment.engine.id} {name}"
    prefill = _known_prefill(deployment, implementation)
    if prompts is not None:
        slower = implementation.prefill_kernel if implementation and implementation.prefill_kernel else kernel
        prefill = (fit_prompts(law, prompt_rows(prompts, prompts_location), slower),)
    kept_back_errors = _kept_back_errors(fit, law, kept_back)
    method = f"{METHOD}; {KEPT_BACK}" if len(kept_back) else METHOD
    header = Header(
        deployment.gpu.id, deployment.engine.id, source or location, deployment.engine.version, date.today(), method,
        scheme=name, evidence="measured",
    )  # fmt: skip
    fitted = attention_fit(fit, law, own, kernel, name)
    if len(kept_back):
        fitted = replace(fitted, held_out={name: _held_out(kept_back_errors)})
    profile = ProfileFile(header, (fitted,), prefill)
    identifier = f"{deployment.gpu.id}--{implementation.id if implementation else f'{deployment.engine.id}--{name}'}"
    path = write_profile(profile, identifier, own, folder or store.data_folder())
    following = propose_steps(lambda b, c: StepLaw(deployment, loaded, b, c, fit.rule, law.stated), fit, own)
    errors = _baseline_errors(deployment, baseline)
    return Learnt(path, profile, fit, own, errors, kept_back_errors, following, implementation)


def _best_fit(
    deployment: Deployment, scheme: Scheme, rows: pd.DataFrame, implementation: Implementation | None, location: str
) -> tuple[StepFit, StepLaw]:
    """The fit under the dispatch that the implementation states, or under the one that explains the rows better."""
    rules = {"group": ("none",), "query head": (PER_QUERY_HEAD,)}.get(
        implementation.work_unit if implementation else "", ("none", PER_QUERY_HEAD)
    )
    seconds = 1e-3 * rows["step_ms"].to_numpy(float)
    fits = []
    for rule in rules:
        law = StepLaw(deployment, scheme, rows["batch"], rows["context"], rule, stated_constants(implementation))
        check_scale(rows, law.rest, location)
        try:
            fits.append((fit_steps(law, seconds), law))
        except InputError as error:
            raise InputError(f"{location}: {error}") from error
    if len(fits) > 1 and fits[1][0].cost * RULE_GAIN < fits[0][0].cost:
        return fits[1]
    return fits[0]


def _known_prefill(deployment: Deployment, implementation: Implementation | None) -> tuple[PrefillFit, ...]:
    """What is known of the implementation's prefill on that very GPU, which decode steps do not change."""
    known = implementation_profile(deployment.gpu, implementation.id) if implementation else None
    return known[0].prefill if known is not None and known[0].header.gpu == deployment.gpu.id else ()


def _check_outliers(fit: StepFit, rows: pd.DataFrame, location: str) -> None:
    """InputError for a step that is far from what all others together predict: the fit would bend towards it."""
    errors = np.abs(fit.residuals)
    others = np.abs(fit.left_out)
    worst = int(np.nanargmax(others))
    if others[worst] > MAX_LEFT_OUT and errors.max() > MAX_RESIDUAL:
        row = rows.iloc[worst]
        raise InputError(
            f"{location}: batch {row['batch']:g}, context {row['context']:g}: {row['step_ms']:g} ms is "
            f"{np.exp(others[worst]):,.1f} times off what the other steps predict; measure it again, or leave it out"
        )


def stated_constants(implementation: Implementation | None) -> dict[str, float]:
    """Constants of the kernel's grid that its source states, which no fit may change."""
    stated: dict[str, float] = {}
    if implementation is not None and implementation.splits is not None:
        stated |= {"max_extra_splits": max(implementation.splits - 1, 0.02), "min_split_tokens": 16.0}
    if implementation is not None and implementation.split_limit is not None:
        stated["split_limit"] = implementation.split_limit + 0.5  # the limit itself still splits
    return stated


def attention_fit(
    fit: StepFit,
    law: StepLaw,
    rows: pd.DataFrame,
    kernel: str,
    scheme: str,
    errors: np.ndarray | None = None,
    min_spread: float = MIN_SPREAD,
) -> AttentionFit:
    """The fit as a profile states it; its spread is that of attention where each row is predicted from the others.

    ``errors`` are log errors of other steps that judge the fit, in place of those of rows left out.
    """
    left_out = fit.left_out if errors is None else errors
    share = law.attention(fit.constants) / law.time(fit.constants)
    known = np.isfinite(left_out)
    of_share = float(np.mean(share**2)) * known.sum()
    spread = max(float(np.sqrt((left_out[known] ** 2).sum() / of_share)), min_spread)
    constants = {n: v for n, v in law.prior.items() if n not in NOT_OF_A_KERNEL} | fit.constants
    held_out = {scheme: _held_out(left_out[known])}
    regimes = dict.fromkeys(("launch", "cold", "other"), spread)
    return AttentionFit(
        kernel, law.head_dim, {scheme: constants}, (scheme,), points=len(rows), cost=fit.cost, spread={scheme: regimes},
        held_out=held_out, rule=fit.rule,
    )  # fmt: skip


def _held_out(errors: np.ndarray) -> dict[str, float]:
    """Errors of steps outside the fit as a profile states them, in percent, from log errors."""
    percent = 100 * np.abs(errors)
    return {
        "n": float(len(errors)), "median": float(np.median(percent)), "p90": float(np.quantile(percent, 0.9)),
        "bias": float(100 * np.median(errors)),
    }  # fmt: skip


NOT_OF_A_KERNEL = ("attention_spread_launch", "attention_spread_cold", "token_cost_spread", "pair_correlation")


def write_profile(profile: ProfileFile, identifier: str, rows: pd.DataFrame, folder: Path) -> Path:
    """Write a profile and the keys of its rows into a data directory; what was read before is forgotten."""
    path = folder / FOLDER / f"{identifier}.toml"
    files.make_folder(path.parent / "points")
    files.write_text(path, format_profile(profile))
    points = path.parent / "points" / f"{identifier}.csv"
    with files.replace_file(points, str(points)) as partial:
        rows[["batch", "context", "step_ms"]].to_csv(partial, index=False)
    profiles.clear_caches()
    return path


def _kept_back_errors(fit: StepFit, law: StepLaw, rows: pd.DataFrame) -> np.ndarray:
    """Log errors of the steps that were kept back; the fit's constants predict them."""
    if rows.empty:
        return np.array([])
    judge = StepLaw(law.deployment, law.scheme, rows["batch"], rows["context"], law.rule, law.stated)
    return np.log(judge.time(fit.constants) / (1e-3 * rows["step_ms"].to_numpy(float)))


def _baseline_errors(deployment: Deployment, rows: pd.DataFrame) -> np.ndarray:
    """Log errors of the 16-bit steps among the rows."""
    if rows.empty:
        return np.array([])
    step = build_evaluator(deployment, load_scheme("none"), rows["batch"].to_numpy(), rows["context"].to_numpy())
    return np.log(np.asarray(drop_model_axes(step["step_time"])) / (1e-3 * rows["step_ms"].to_numpy(float)))


def constants_table(fit: StepFit) -> list[Mapping[str, object]]:
    """Every fitted constant with its standard error, and whether the rows tell anything of it."""
    errors = np.sqrt(np.diag(fit.covariance))
    return [
        {"constant": name, "value": fit.constants[name], "error": float(error), "kept": name in fit.kept}
        for name, error in zip(fit.names, errors, strict=True)
    ]
