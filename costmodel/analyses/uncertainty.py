"""Why a predicted step is uncertain: which term's error, which fitted coefficient, and what to measure next.

Terms are those of which the interval consists; their squares are fractions of one variance. The spread of attention,
products and links was measured on left-out rows, so it contains the model error and that of the coefficients alike; the
covariance of a fit and the exact gradient of the step give the coefficients' part, and how much a coefficient would remove
if it were known.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.paths import fallback_by_layer
from costmodel.evaluation.assemble.products import product_types
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.gradient import elasticities
from costmodel.facts.deployment import Deployment
from costmodel.facts.evidence import is_decisive
from costmodel.facts.fit_covariance import FitCovariance, load_fit_covariance
from costmodel.facts.profiles import LATENT, Parameters
from costmodel.facts.slowdowns import slowdowns
from costmodel.facts.vocabulary import vocabulary

MIN_ELASTICITY = 5e-4  # elasticity below which a number does not move the step
TERMS = {
    "attention": "attention_error",
    "codec": "codec_error",
    "borrowed kernel": "proxy_kernel_error",
    "products": "product_error",
    "links": "link_error",
    "small kernels, host": "other_error",
}
VERSION = "engine version"  # a log error of the whole step
# What to measure where no fitted coefficient stands behind a term.
PROSE = {"attention": "attention", "products": "the matrix products", "links": "the links"}
REMEDY = {
    "borrowed kernel": "time the codec's own kernel, whose per-token cost is borrowed from the 16-bit kernel",
    "codec": "time the codec's own kernel: its work is static, published or assumed",
    "small kernels, host": "time a whole step: norms, rotary embedding and host are assumed",
    VERSION: "time a whole step under that version: kernels of another were measured",
}


@dataclass(frozen=True)
class CoefficientUncertainty:
    """A fitted coefficient: its standard error and the elasticity of the step, and its fraction of the variance.

    ``share`` is the fraction of the step's variance that would vanish if this coefficient were known exactly.
    """

    fit: str
    coefficient: str
    error: float
    elasticity: float
    share: float


@dataclass(frozen=True)
class Uncertainty:
    """Log standard error of a step, its terms as fractions of the variance, and its fitted coefficients, largest first.

    ``numbers_share`` is the fraction that all fitted coefficients together account for; the rest is model error and assumptions.
    ``span`` says, for a kernel that nobody measured, where its interval ends.
    """

    spread: float
    terms: dict[str, float]
    numbers: tuple[CoefficientUncertainty, ...]
    numbers_share: float
    advice: str
    span: str = ""


def uncertainty(deployment: Deployment, scheme: str | compiled.Scheme, batch: float, context: float) -> Uncertainty:
    """Where the interval of one decode step (``batch`` sequences at ``context`` tokens) comes from.

    Raises UnknownName for a scheme that no file has.
    """
    scheme = compiled.load_scheme(scheme) if isinstance(scheme, str) else scheme
    step = build_evaluator(deployment, scheme, float(batch), float(context))
    errors = {
        name: float(drop_model_axes(step[quantity])) / float(drop_model_axes(step["step_time"]))
        for name, quantity in TERMS.items()
    }
    errors[VERSION] = float(drop_model_axes(step["version_spread"]))
    variance = sum(error**2 for error in errors.values())
    fits = _numbers(step, deployment, scheme, variance)
    shares = {name: error**2 / variance for name, error in errors.items() if error > 0}
    fitted_fraction = min(sum(part for _, part in fits), 1.0)
    numbers = tuple(sorted((number for fit, _ in fits for number in fit), key=lambda number: -number.share))
    assembly = assemble(deployment, scheme)
    is_span = not is_decisive(assembly.evidence) and assembly.choice.kind != "same"
    span = slowdowns("selection" if assembly.choice.kind == "selection" else "format").describe() if is_span else ""
    return Uncertainty(float(np.sqrt(variance)), shares, numbers, fitted_fraction, _advice(shares, numbers), span)


def _advice(shares: dict[str, float], numbers: tuple[CoefficientUncertainty, ...]) -> str:
    """What to measure next: the largest fraction of the variance that a measurement can remove."""
    remedies = {REMEDY[name]: share for name, share in shares.items() if name in REMEDY}
    remedies |= {f"measure {number.coefficient} ({number.fit}) again": number.share for number in numbers[:1]}
    best = max(remedies, key=lambda name: remedies[name])
    largest = max(shares, key=lambda name: shares[name])
    if largest not in REMEDY and shares[largest] > remedies[best]:
        model_error = f"{shares[largest]:.0%} of the variance is model error of {PROSE[largest]}"
        return f"measure these exact shapes ({model_error}); then {best}"
    return best


def gradients(
    step: Evaluator, deployment: Deployment, scheme: compiled.Scheme
) -> list[tuple[str, FitCovariance, np.ndarray]]:
    """Every fit behind the step: its name, its covariance, and the elasticity of the step by each of its coefficients.

    ``step`` is the evaluator of one step (one batch, one context) of ``scheme`` on ``deployment``; elasticities are pure
    numbers in the order of the covariance's labels.
    """
    float(drop_model_axes(step["step_time"]))  # fills the kernels' coefficients
    coefficients = [n for n, e in vocabulary().items() if e["kind"] == "coefficient" and n in step.values]
    slopes = elasticities(step, scheme, "step_time", coefficients)
    return [
        *_attention(step, deployment, scheme, slopes),
        *_products(deployment, slopes),
        *_sections(deployment, slopes),
    ]


def _numbers(step, deployment, scheme, variance) -> list[tuple[list[CoefficientUncertainty], float]]:
    fits = []
    for fit, fit_covariance, slope in gradients(step, deployment, scheme):
        moved = fit_covariance.covariance @ slope
        errors = np.sqrt(np.diag(fit_covariance.covariance))
        fitted = [
            CoefficientUncertainty(
                fit,
                " ".join(filter(None, label[:2])),
                float(error),
                float(elasticity),
                float(covariance_with_step**2 / error**2 / variance),
            )
            for label, error, elasticity, covariance_with_step in zip(
                fit_covariance.labels, errors, slope, moved, strict=True
            )
            if error > 0 and abs(elasticity) > MIN_ELASTICITY
        ]
        fits.append((fitted, float(slope @ moved) / variance))
    return fits


def _attention(step, deployment, scheme, slopes):
    kernels = assemble(deployment, scheme).attention
    fallback = np.broadcast_to(fallback_by_layer(step, kernels), (1, len(kernels), 1))[0, :, 0]
    names = {n for n, e in vocabulary().items() if e.get("law") == "attention"}
    fits: dict[str, tuple[str, FitCovariance, np.ndarray]] = {}
    for group, parameters in enumerate(kernels):
        fit_covariance = _attention_covariance(deployment, parameters)
        if fit_covariance is None:
            continue
        entry = fits.setdefault(
            parameters.label, (parameters.label, fit_covariance, np.zeros(len(fit_covariance.labels)))
        )
        path = "fallback" if fallback[group] else "main"
        for name in names & slopes.keys():
            elasticity = np.broadcast_to(slopes[name], (1, len(kernels), 1))[0, group, 0]
            elasticity = elasticity / len(kernels) if slopes[name].shape[-2] == 1 else elasticity
            if (index := fit_covariance.index_of(name, parameters.kv_dtype, path)) is not None:
                entry[2][index] += elasticity
    return fits.values()


def _attention_covariance(deployment: Deployment, parameters: Parameters) -> FitCovariance | None:
    law = "latent" if parameters.label.endswith(LATENT) else "attention"
    return load_fit_covariance(deployment.profile.id, law, parameters.kernel, parameters.head_dim)


def _products(deployment, slopes):
    types = product_types(deployment)
    for dtype in dict.fromkeys(types):
        fit_covariance = load_fit_covariance(deployment.profile.id, "gemm", dtype)
        if fit_covariance is not None:
            uses_type = np.array([kind == dtype for kind in types])
            yield (
                f"products {dtype}",
                fit_covariance,
                _along_labels(
                    fit_covariance, slopes, lambda array, uses_type=uses_type: array.sum(axis=-2)[..., uses_type]
                ),
            )


def _sections(deployment, slopes):
    for law in ("all_reduce", "codec"):
        fit_covariance = load_fit_covariance(deployment.profile.id, law)
        if fit_covariance is not None:
            yield law.replace("_", "-"), fit_covariance, _along_labels(fit_covariance, slopes, lambda array: array)


def _along_labels(fit_covariance: FitCovariance, slopes: dict, pick) -> np.ndarray:
    return np.array([pick(slopes[label[0]]).sum() if label[0] in slopes else 0.0 for label in fit_covariance.labels])
