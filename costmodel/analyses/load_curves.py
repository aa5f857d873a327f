"""Time per token, time to first token, and throughput over the requests in flight.

Continuous batching in steady state: the prompts of other requests are included, and what the pool cannot hold waits.
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
    max_batch: float


def curves(deployment: Deployment, schemes: list[str], concurrency, prompt: float, generated: float) -> list[LoadCurve]:
    """One curve per scheme, with times in milliseconds and throughput in tokens per second.

    ``concurrency`` is a vector of requests in flight; ``prompt`` and ``generated`` are tokens, the same for all requests. Raises
    UnknownName or FactError for a scheme that cannot be loaded.
    """
    requests, load_curves = np.asarray(concurrency, dtype=float), []
    lengths = [np.full(requests.shape, value) for value in (prompt, generated, 0.0, np.nan)]
    for name in schemes:
        scheme = compiled.load_scheme(name)
        served = serve_load(deployment, scheme, Load(requests, *lengths))
        columns = {column: np.broadcast_to(values, requests.shape) for column, values in load_times(served).items()}
        max_batch = float(np.broadcast_to(drop_model_axes(served.pool["max_batch"]), requests.shape)[0])
        load_curves.append(LoadCurve(scheme.id, requests, columns, max_batch))
    return load_curves
