"""Why a predicted step is as uncertain as it is: which term's error, which fitted number, and what to measure next.

Terms are those that the interval is made of; their squares are shares of one variance. The spread of attention, products
and links was measured on left-out rows, so it holds the form's error and the numbers' alike; the covariance of a fit and
the exact gradient of the step tell the numbers' part, and how much of it a number would take away if it were known.
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
from costmodel.facts.fit_covariance import FitCovariance, load_fit_covariance
from costmodel.facts.profiles import LATENT, Parameters
from costmodel.facts.vocabulary import vocabulary

FELT = 5e-4  # elasticity below which a number does not move the step
TERMS = {
    "attention": "attention_error",
    "codec": "codec_error",
    "borrowed kernel": "proxy_kernel_error",
    "products": "product_error",
    "links": "link_error",
    "small kernels, host": "other_error",
}
# What a measurement would replace, where no fitted number stands behind a term.
REMEDY = {
    "borrowed kernel": "time the codec's own kernel: its tokens are costed as those of the 16-bit kernel",
    "codec": "time the codec's own kernel: its work is static, published or assumed",
    "small kernels, host": "time a whole step: norms, rotary embedding and host are assumed",
}


@dataclass(frozen=True)
class CoefficientUncertainty:
    """A fitted number: its standard error and elasticity of the step in logarithms, and its share of the variance.

    ``share`` is the part of the step's variance that would go if this number were known exactly.
    """

    fit: str
    coefficient: str
    error: float
    elasticity: float
    share: float


@dataclass(frozen=True)
class Uncertainty:
    """Log standard error of a step, its terms as shares of the variance, and its fitted numbers, largest share first.

    ``numbers_share`` is what all fitted numbers together hold of the variance; the rest is the form of the laws and what
    is assumed.
    """

    spread: float
    terms: dict[str, float]
    numbers: tuple[CoefficientUncertainty, ...]
    numbers_share: float
    advice: str


def uncertainty(where: Deployment, scheme: str | compiled.Scheme, batch: float, context: float) -> Uncertainty:
    """Where the interval of one decode step comes from."""
    scheme = compiled.load_scheme(scheme) if isinstance(scheme, str) else scheme
    made = build_evaluator(where, scheme, float(batch), float(context))
    errors = {
        name: float(drop_model_axes(made[quantity])) / float(drop_model_axes(made["step_time"]))
        for name, quantity in TERMS.items()
    }
    variance = sum(error**2 for error in errors.values())
    known = _numbers(made, where, scheme, variance)
    shares = {name: error**2 / variance for name, error in errors.items() if error > 0}
    together = min(sum(part for _, part in known), 1.0)
    numbers = tuple(sorted((one for fit, _ in known for one in fit), key=lambda one: -one.share))
    return Uncertainty(float(np.sqrt(variance)), shares, numbers, together, _advice(shares, numbers))


def _advice(shares: dict[str, float], numbers: tuple[CoefficientUncertainty, ...]) -> str:
    """What to measure next: the largest share that a measurement can take away."""
    remedies = {REMEDY[name]: share for name, share in shares.items() if name in REMEDY}
    remedies |= {f"measure {one.coefficient} ({one.fit}) again": one.share for one in numbers[:1]}
    best = max(remedies, key=remedies.get)
    largest = max(shares, key=shares.get)
    if largest not in REMEDY and shares[largest] > remedies[best]:
        return f"measure these very shapes: the form of {largest} holds {shares[largest]:.0%}; after it, {best}"
    return best


def gradients(
    made: Evaluator, where: Deployment, scheme: compiled.Scheme
) -> list[tuple[str, FitCovariance, np.ndarray]]:
    """Every fit behind the step: its name, its certainty, and the elasticity of the step by each of its numbers."""
    float(drop_model_axes(made["step_time"]))  # puts the kernels' numbers into the table
    coefficients = [n for n, e in vocabulary().items() if e["kind"] == "coefficient" and n in made.values]
    slopes = elasticities(made, scheme, "step_time", coefficients)
    return [*_attention(made, where, scheme, slopes), *_products(where, slopes), *_sections(where, slopes)]


def _numbers(made, where, scheme, variance) -> list[tuple[list[CoefficientUncertainty], float]]:
    found = []
    for fit, sure, slope in gradients(made, where, scheme):
        moved = sure.covariance @ slope
        errors = np.sqrt(np.diag(sure.covariance))
        fitted = [
            CoefficientUncertainty(
                fit, " ".join(filter(None, label[:2])), float(error), float(by), float(part**2 / error**2 / variance)
            )
            for label, error, by, part in zip(sure.labels, errors, slope, moved, strict=True)
            if error > 0 and abs(by) > FELT
        ]
        found.append((fitted, float(slope @ moved) / variance))
    return found


def _attention(made, where, scheme, slopes):
    chosen = assemble(where, scheme).attention
    fallback = np.broadcast_to(fallback_by_layer(made, chosen), (1, len(chosen), 1))[0, :, 0]
    names = {n for n, e in vocabulary().items() if e.get("law") == "attention"}
    found: dict[str, tuple[str, FitCovariance, np.ndarray]] = {}
    for group, parameters in enumerate(chosen):
        sure = _attention_certainty(where, parameters)
        if sure is None:
            continue
        entry = found.setdefault(parameters.label, (parameters.label, sure, np.zeros(len(sure.labels))))
        path = "fallback" if fallback[group] else "main"
        for name in names & slopes.keys():
            by = np.broadcast_to(slopes[name], (1, len(chosen), 1))[0, group, 0]
            by = by / len(chosen) if slopes[name].shape[-2] == 1 else by
            if (place := sure.index_of(name, parameters.kv_dtype, path)) is not None:
                entry[2][place] += by
    return found.values()


def _attention_certainty(where: Deployment, parameters: Parameters) -> FitCovariance | None:
    law = "latent" if parameters.label.endswith(LATENT) else "attention"
    return load_fit_covariance(where.profile.id, law, parameters.kernel, parameters.head_dim)


def _products(where, slopes):
    types = product_types(where)
    for dtype in dict.fromkeys(types):
        sure = load_fit_covariance(where.profile.id, "gemm", dtype)
        if sure is not None:
            mine = np.array([kind == dtype for kind in types])
            yield (
                f"products {dtype}",
                sure,
                _along(sure, slopes, lambda array, mine=mine: array.sum(axis=-2)[..., mine]),
            )


def _sections(where, slopes):
    for law in ("all_reduce", "codec"):
        sure = load_fit_covariance(where.profile.id, law)
        if sure is not None:
            yield law.replace("_", "-"), sure, _along(sure, slopes, lambda array: array)


def _along(sure: FitCovariance, slopes: dict, pick) -> np.ndarray:
    return np.array([pick(slopes[label[0]]).sum() if label[0] in slopes else 0.0 for label in sure.labels])
