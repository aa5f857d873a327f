"""What a load does to a token: its time, the first token's, and tokens a second, over the requests in flight.

Continuous batching in steady state: the prompts of others are in it, and what the pool cannot hold waits.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.load import Load, load_times, serve_load
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment


@dataclass(frozen=True)
class LoadCurve:
    """One scheme over the requests in flight: columns with their 90 % ends, and how many of them run at once."""

    scheme: str
    concurrency: np.ndarray
    columns: dict[str, np.ndarray]
    most: float


def curves(where: Deployment, schemes: list[str], concurrency, prompt: float, generated: float) -> list[LoadCurve]:
    """A curve of every scheme; prompts and outputs in tokens, all alike."""
    flight, found = np.asarray(concurrency, dtype=float), []
    lengths = [np.full(flight.shape, value) for value in (prompt, generated, 0.0, np.nan)]
    for name in schemes:
        scheme = compiled.load_scheme(name)
        served = serve_load(where, scheme, Load(flight, *lengths))
        columns = {column: np.broadcast_to(values, flight.shape) for column, values in load_times(served).items()}
        most = float(np.broadcast_to(drop_model_axes(served.pool["max_batch"]), flight.shape)[0])
        found.append(LoadCurve(scheme.id, flight, columns, most))
    return found
