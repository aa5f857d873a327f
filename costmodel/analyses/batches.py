"""Time of a token and tokens a second over the batch, a curve a scheme, up to the batch that fits.

Static: every sequence at one context, no arrivals. What lies beyond the pool is computed as if it did fit, and said.
"""

from dataclasses import dataclass

import numpy as np

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


def curves(where: Deployment, schemes: list[str], batch, context: float) -> list[BatchCurve]:
    """A curve of every scheme; ``batch`` in sequences, ``context`` in tokens; each curve has its own largest batch too."""
    found, batch = [], np.asarray(batch, dtype=float)
    for name in schemes:
        scheme = compiled.load_scheme(name)
        most = float(drop_model_axes(build_passes(where, scheme, 1.0, float(context)).pool["max_batch"]))
        own = np.union1d(batch, [most]) if most >= batch.min() else batch
        made = compute_columns(build_passes(where, scheme, own, float(context)))
        columns = {column: np.broadcast_to(made[column], own.shape) for column in COLUMNS}
        found.append(BatchCurve(scheme.id, float(context), own, columns, most))
    return found
