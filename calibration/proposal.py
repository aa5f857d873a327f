"""Which shapes to measure next: those that take most of the fitted numbers' variance away from one prediction.

A measured shape is a row of the law's Jacobian with the fit's own residual spread as noise; adding it shrinks the
covariance by Bayes' rule for a linear model. Shapes are added greedily, each after the ones before it.
"""

import itertools

import numpy as np
import pandas as pd

from calibration import attention, gemm
from calibration.paths import Dispatch
from costmodel.analyses.uncertainty import gradients
from costmodel.errors import InputError
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.products import FEW_ROWS, product_types
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment
from costmodel.facts.profiles import LATENT

BATCHES = tuple(2**power for power in range(10))
CONTEXTS = tuple(2**power for power in range(6, 18))
ROWS = (1, 8, 16, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
WIDTHS = (1024, 2048, 4096, 8192, 16384, 32768)
FITS_IN = 0.5  # share of a GPU's memory that the keys and values of one call may take


def propose(where: Deployment, scheme: str, batch: float, context: float, count: int) -> tuple[pd.DataFrame, float]:
    """``count`` shapes, most useful first, and the share of the step's log variance that the fitted numbers hold.

    ``left`` is what remains of the numbers' part of the variance once the shape and all above it are measured. Raises
    InputError where no covariance is stored.
    """
    sentence = compiled.load_scheme(scheme)
    made = build_evaluator(where, sentence, float(batch), float(context))
    fits = {name: (sure.covariance.copy(), sure, slope) for name, sure, slope in gradients(made, where, sentence)}
    rows = [*_attention_rows(made, where, sentence, fits), *_product_rows(where, fits)]
    if not rows:
        raise InputError(f"profile {where.profile.id} stores no covariance: nothing says which shape would help")
    first = total = sum(float(slope @ covariance @ slope) for covariance, _, slope in fits.values())
    told = []
    for _ in range(min(count, len(rows))):
        gains = [_gain(*fits[fit][::2], jacobian, noise) for fit, _, jacobian, noise in rows]
        fit, shape, jacobian, noise = rows.pop(int(np.argmax(gains)))
        covariance, sure, slope = fits[fit]
        moved = covariance @ jacobian
        fits[fit] = (covariance - np.outer(moved, moved) / (noise**2 + jacobian @ moved), sure, slope)
        total -= max(gains)
        told.append({"fit": fit} | shape | {"left": total / first})
    return pd.DataFrame(told), first / float(made["step_spread"].item() ** 2)


def _gain(covariance: np.ndarray, slope: np.ndarray, jacobian: np.ndarray, noise: float) -> float:
    moved = covariance @ jacobian
    return float((slope @ moved) ** 2 / (noise**2 + jacobian @ moved))


def _attention_rows(made, where, scheme, fits):
    law = attention.attention_law()
    for parameters in {p.label: p for p in assemble(where, scheme).attention}.values():
        if parameters.label not in fits or parameters.label.endswith(LATENT):
            continue
        shapes = _attention_shapes(where, parameters)
        table, fallback = attention.columns(shapes, where.gpu.id, Dispatch(parameters.rule, parameters.ignores_window))
        numbers = [(parameters.fallback if off else parameters.main) for off in fallback]
        values = np.array([[one[c.name] for one in numbers] for c in law.coefficients])
        slopes = law.both(table, values)[1]
        paths = np.where(fallback, "fallback", "main")
        jacobian = _jacobian(fits[parameters.label][1], law, slopes, parameters.kv_dtype, paths)
        keep = shapes[["kernel", "head_dim", "kv_dtype", "batch", "query_heads", "kv_heads", "context"]]
        for shape, row in zip(keep.to_dict("records"), jacobian, strict=True):
            yield parameters.label, shape, row, parameters.spread["other"]


def _attention_shapes(where: Deployment, parameters) -> pd.DataFrame:
    groups = [g for g in where.model.groups if g["attends"]]
    heads = {(max(1, int(g["query_heads"] / where.ranks)), max(1, int(g["kv_heads"] / where.ranks))) for g in groups}
    size = 2 * parameters.head_dim * (1 if parameters.kv_dtype == "fp8" else 2)
    limit = FITS_IN * where.gpu.numbers["memory_visible"]
    rows = [
        {"batch": b, "query_heads": q, "kv_heads": kv, "context": c}
        for b, (q, kv), c in itertools.product(BATCHES, sorted(heads), CONTEXTS)
        if b * kv * c * size < limit
    ]
    fixed = {"kernel": parameters.kernel, "head_dim": int(parameters.head_dim), "kv_dtype": parameters.kv_dtype}
    return pd.DataFrame(rows).assign(window=0, **fixed)


def _product_rows(where: Deployment, fits):
    law = gemm.gemm_law()
    for dtype in dict.fromkeys(product_types(where)):
        name = f"products {dtype}"
        if name not in fits:
            continue
        shapes = pd.DataFrame(list(itertools.product(ROWS, WIDTHS, WIDTHS)), columns=["m", "n", "k"]).assign(
            dtype=dtype
        )
        values, _ = where.profile.gemm(dtype)
        numbers = np.array([values[c.name] for c in law.coefficients])
        slopes = law.both(gemm.columns(shapes, where.gpu.id), numbers)[1]
        jacobian = _jacobian(fits[name][1], law, slopes, "", np.full(len(shapes), "main"))
        for shape, row in zip(shapes.to_dict("records"), jacobian, strict=True):
            yield name, shape, row, values["gemm_spread" if shape["m"] <= FEW_ROWS else "gemm_spread_large"]


def _jacobian(sure, law, slopes: np.ndarray, kv_dtype: str, paths: np.ndarray) -> np.ndarray:
    """Elasticities by coefficient (coefficients × rows) → by the labels of a certainty (rows × labels)."""
    found = np.zeros((slopes.shape[1], len(sure.labels)))
    for path in np.unique(paths):
        for number, coefficient in enumerate(law.coefficients):
            if (place := sure.index_of(coefficient.name, kv_dtype, path)) is not None:
                found[paths == path, place] += np.nan_to_num(slopes[number, paths == path])
    return found
