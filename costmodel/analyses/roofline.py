"""The operations of one decode step under the roofline of the datasheet: arithmetic over traffic against arithmetic over time.

The distance of a point from the roof is what launches, waves and conversion cost; a bytes-over-bandwidth model puts every
memory-bound point on it. Work is useful arithmetic; kernels without any (norms, codec passes) have no place here.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes, with_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment

ROOFS = ("intensity", "roof_16bit", "roof_weights")
SPAN = (0.1, 10_000.0)  # flop/byte; the whole of it holds every operation of a decode step


@dataclass(frozen=True)
class Operation:
    """One operation of a step: flop and byte on one GPU, seconds, flop/byte, flop/second, and what the roof allows there."""

    scheme: str
    name: str
    work: float
    traffic: float
    seconds: float
    intensity: float
    rate: float
    roof: float


@dataclass(frozen=True)
class Roofline:
    """Operations of every scheme, and the two roofs (16 bit; the type of the products) over intensity."""

    deployment: Deployment
    batch: float
    context: float
    operations: tuple[Operation, ...]
    intensity: np.ndarray
    roof_16bit: np.ndarray
    roof_weights: np.ndarray
    ridge: float


def roofline(deployment: Deployment, schemes: list[str], batch: float, context: float) -> Roofline:
    """Attention of every scheme and the matrix products (once, as all schemes share them) of one step.

    ``batch`` in sequences, ``context`` in tokens.
    """
    operations: list[Operation] = []
    for name in schemes:
        scheme = compiled.load_scheme(name)
        step = build_evaluator(deployment, scheme, float(batch), float(context), prompt=float(context))
        if drop_model_axes(step["attention_step_work"]) > 0:
            operations.append(_attention(step, scheme.id))
    step = build_evaluator(
        deployment, compiled.load_scheme(schemes[0]), float(batch), float(context), prompt=float(context)
    )
    operations += _products(step)
    ridge = float(drop_model_axes(step["ridge_intensity"]))
    intensities = np.sort([*np.geomspace(*SPAN, 41), ridge, ridge * float(np.max(step["peak"] / step["peak_16bit"]))])
    roofs = step.with_inputs(intensity=with_model_axes(intensities))
    roof_values = {
        name: np.max(np.broadcast_to(roofs[name], (len(intensities), 1, step["peak"].shape[-1])), axis=(1, 2))
        for name in ROOFS
    }
    return Roofline(deployment, float(batch), float(context), tuple(operations), ridge=ridge, **roof_values)


def _attention(step, scheme: str) -> Operation:
    names = ("step_work", "step_traffic", "step_time", "intensity", "rate")
    roof = step.with_inputs(intensity=step["attention_intensity"])["roof_16bit"]
    amounts = (float(drop_model_axes(amount)) for amount in (*(step[f"attention_{name}"] for name in names), roof))
    return Operation(scheme, "attention", *amounts)


def _products(step) -> list[Operation]:
    """Every product that the model has, all layers together."""
    roof = step.with_inputs(intensity=step["product_intensity"])["roof_weights"]
    names = ("step_work", "step_traffic", "step_time", "intensity", "rate")
    columns = [step[f"product_{name}"] for name in names] + [roof]
    products = list(compiled.load_formulas().products)
    rows = np.stack([np.broadcast_to(c, (1, len(products)))[0] for c in columns], axis=-1)
    return [Operation("", word, *map(float, row)) for word, row in zip(products, rows, strict=True) if row[0] > 0]
