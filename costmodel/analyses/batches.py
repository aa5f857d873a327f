"""Time of a token and tokens a second over the batch, a curve a scheme, up to the batch that fits.

Static: every sequence at one context, no arrivals. What lies beyond the pool is computed as if it did fit, and said.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment

COLUMNS = [f"{name}{end}" for name in ("tpot_ms", "throughput_tok_s") for end in ("", "_lo", "_hi")]


@dataclass(frozen=True)
class BatchCurve:
    """One scheme over the batch: columns with their 90 % ends, and the most sequences that memory and scheduler allow."""

    scheme: str
    context: float
    batch: np.ndarray
    columns: dict[str, np.ndarray]
    most: float


def curves(deployment: Deployment, schemes: list[str], batch: ArrayLike, context: float) -> list[BatchCurve]:
    """A curve of every scheme; ``batch`` in sequences, ``context`` in tokens; each curve has its own largest batch too.

    Raises UnknownName for a scheme that no file has.
    """
    scheme_curves, batch = [], np.asarray(batch, dtype=float)
    for name in schemes:
        scheme = compiled.load_scheme(name)
        most = float(drop_model_axes(build_passes(deployment, scheme, 1.0, float(context)).pool["max_batch"]))
        own_batch = np.union1d(batch, [most]) if most >= batch.min() else batch
        outputs = compute_columns(build_passes(deployment, scheme, own_batch, float(context)))
        columns = {column: np.broadcast_to(outputs[column], own_batch.shape) for column in COLUMNS}
        scheme_curves.append(BatchCurve(scheme.id, float(context), own_batch, columns, most))
    return scheme_curves
