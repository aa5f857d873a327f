"""Which shapes to measure next: those that take most of the fitted numbers' variance away from one prediction.

A measured shape is a row of the law's Jacobian with the fit's own residual spread as noise; adding it shrinks the
covariance by Bayes' rule for a linear model. Shapes are added greedily, each after the ones before it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.data.columns import Dispatch, attention_columns, gemm_columns
from calibration.kernel_fits.attention_law import attention_law
from calibration.kernel_fits.gemm import gemm_law
from costmodel.analyses.uncertainty import gradients
from costmodel.errors import InputError
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.products import FEW_ROWS, product_types
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.residual import CompiledLaw
from costmodel.facts.deployment import Deployment
from costmodel.facts.fit_covariance import FitCovariance
from costmodel.facts.profiles import LATENT, Parameters

BATCHES = tuple(2**power for power in range(10))
CONTEXTS = tuple(2**power for power in range(6, 18))
ROWS = (1, 8, 16, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
WIDTHS = (1024, 2048, 4096, 8192, 16384, 32768)
MAX_MEMORY_FRACTION = 0.5  # of a GPU's memory that the keys and values of one call may take


@dataclass
class _FitState:
    """A fit behind the prediction: its covariance as measurements shrink it, and the step's elasticity by each number."""

    fit_covariance: FitCovariance
    covariance: np.ndarray
    slope: np.ndarray

    def variance(self) -> float:
        return float(self.slope @ self.covariance @ self.slope)

    def gain(self, jacobian: np.ndarray, noise: float) -> float:
        return variance_reduction(self.covariance, self.slope, jacobian, noise)

    def measure(self, jacobian: np.ndarray, noise: float) -> None:
        moved = self.covariance @ jacobian
        self.covariance = self.covariance - np.outer(moved, moved) / (noise**2 + jacobian @ moved)


@dataclass(frozen=True)
class _Shape:
    """A shape that may be measured: the fit it informs, its columns, its row of the Jacobian, its noise."""

    fit: str
    columns: dict
    jacobian: np.ndarray
    noise: float


def propose(
    deployment: Deployment, scheme_name: str, batch: float, context: float, count: int
) -> tuple[pd.DataFrame, float]:
    """``count`` shapes, most useful first, and the fraction of the step's log variance that the fitted numbers account for.

    ``left`` is the fraction of the numbers' part of the variance that remains once the shape and all above it are measured.
    Raises InputError where no covariance is stored.
    """
    scheme = compiled.load_scheme(scheme_name)
    step = build_evaluator(deployment, scheme, float(batch), float(context))
    fits = {
        name: _FitState(fit_covariance, fit_covariance.covariance.copy(), slope)
        for name, fit_covariance, slope in gradients(step, deployment, scheme)
    }
    shapes = [*_attention_shapes(deployment, scheme, fits), *_product_shapes(deployment, fits)]
    if not shapes:
        raise InputError(f"profile {deployment.profile.id} stores no covariance, so no shape can be proposed")
    first = total = sum(state.variance() for state in fits.values())
    proposed = []
    for _ in range(min(count, len(shapes))):
        gains = [fits[shape.fit].gain(shape.jacobian, shape.noise) for shape in shapes]
        shape = shapes.pop(int(np.argmax(gains)))
        fits[shape.fit].measure(shape.jacobian, shape.noise)
        total -= max(gains)
        proposed.append({"fit": shape.fit} | shape.columns | {"left": total / first})
    return pd.DataFrame(proposed), first / float(step["step_spread"].item() ** 2)


def variance_reduction(covariance: np.ndarray, slope: np.ndarray, jacobian: np.ndarray, noise: float) -> float:
    """What one measurement with log noise ``noise`` takes away from the variance of a prediction.

    ``slope`` is the prediction's elasticity by each number, ``jacobian`` that of the measured shape.
    """
    moved = covariance @ jacobian
    return float((slope @ moved) ** 2 / (noise**2 + jacobian @ moved))


def _attention_shapes(deployment: Deployment, scheme, fits: dict[str, _FitState]) -> Iterator[_Shape]:
    law = attention_law()
    for parameters in {p.label: p for p in assemble(deployment, scheme).attention}.values():
        if parameters.label not in fits or parameters.label.endswith(LATENT):
            continue
        rows = _attention_grid(deployment, parameters)
        dispatch = Dispatch(parameters.rule, parameters.ignores_window)
        columns, fallback = attention_columns(rows, deployment.gpu, dispatch)
        values = np.array([law.values_of(parameters.fallback if off else parameters.main) for off in fallback]).T
        slopes, paths = law.time_and_elasticities(columns, values)[1], np.where(fallback, "fallback", "main")
        fit_covariance = fits[parameters.label].fit_covariance
        jacobian = _jacobian(fit_covariance, law, slopes, parameters.kv_dtype, paths)
        stated = rows[["kernel", "head_dim", "kv_dtype", "batch", "query_heads", "kv_heads", "context"]]
        for shape, row in zip(stated.to_dict("records"), jacobian, strict=True):
            yield _Shape(parameters.label, shape, row, parameters.spread["other"])


def _attention_grid(deployment: Deployment, parameters: Parameters) -> pd.DataFrame:
    groups, ranks = [group for group in deployment.model.groups if group["attends"]], deployment.ranks
    heads = {(max(1, int(g["query_heads"] / ranks)), max(1, int(g["kv_heads"] / ranks))) for g in groups}
    size = 2 * parameters.head_dim * (1 if parameters.kv_dtype == "fp8" else 2)
    limit = MAX_MEMORY_FRACTION * deployment.gpu.numbers["memory_visible"]
    rows = [
        {"batch": batch, "query_heads": query_heads, "kv_heads": kv_heads, "context": context}
        for batch, (query_heads, kv_heads), context in itertools.product(BATCHES, sorted(heads), CONTEXTS)
        if batch * kv_heads * context * size < limit
    ]
    fixed = {"kernel": parameters.kernel, "head_dim": int(parameters.head_dim), "kv_dtype": parameters.kv_dtype}
    return pd.DataFrame(rows).assign(window=0, **fixed)


def _product_shapes(deployment: Deployment, fits: dict[str, _FitState]) -> Iterator[_Shape]:
    law = gemm_law()
    for dtype in dict.fromkeys(product_types(deployment)):
        name = f"products {dtype}"
        if name not in fits:
            continue
        sizes = pd.DataFrame(list(itertools.product(ROWS, WIDTHS, WIDTHS)), columns=["m", "n", "k"])
        rows = sizes.assign(dtype=dtype)
        values, _ = deployment.profile.gemm(dtype)
        slopes = law.time_and_elasticities(gemm_columns(rows, deployment.gpu), np.array(law.values_of(values)))[1]
        jacobian = _jacobian(fits[name].fit_covariance, law, slopes, "", np.full(len(rows), "main"))
        for shape, row in zip(rows.to_dict("records"), jacobian, strict=True):
            spread = "gemm_spread" if shape["m"] <= FEW_ROWS else "gemm_spread_large"
            yield _Shape(name, shape, row, values[spread])


def _jacobian(
    fit_covariance: FitCovariance, law: CompiledLaw, slopes: np.ndarray, kv_dtype: str, paths: np.ndarray
) -> np.ndarray:
    """Elasticities by coefficient (coefficients × rows) → by the labels of a covariance (rows × labels)."""
    jacobian = np.zeros((slopes.shape[1], len(fit_covariance.labels)))
    for path in np.unique(paths):
        mask = paths == path
        for row, coefficient in enumerate(law.coefficients):
            if (column := fit_covariance.index_of(coefficient.name, kv_dtype, path)) is not None:
                jacobian[mask, column] += np.nan_to_num(slopes[row, mask])
    return jacobian
