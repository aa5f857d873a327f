"""Which steps to time next: those whose prediction the constants leave most uncertain, one after the other.

The candidates are batches and contexts that fit into the pool; after each choice the covariance is what it would be if that
step were timed.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from calibration.steps.fit import StepFit
from calibration.steps.law import StepLaw
from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.assemble.axes import drop_model_axes

BATCHES = (1, 4, 16, 32, 64, 128, 256)
CONTEXTS = (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072)
STEP = 1e-4


def propose_steps(law_at: Callable[..., StepLaw], fit: StepFit, known: pd.DataFrame, count: int = 3) -> pd.DataFrame:
    """The next steps to time: batch, context, and the log error of the prediction there before it.

    ``law_at`` makes the law at points; ``known`` are the rows that were fitted.
    """
    grid = _fitting(law_at, known)
    if grid.empty:
        return grid.assign(error=[])
    law = law_at(grid["batch"].to_numpy(), grid["context"].to_numpy())
    slopes, covariance = _slopes(law, fit), fit.covariance.copy()
    chosen = []
    for _ in range(min(count, len(grid))):
        variance = np.einsum("ij,jk,ik->i", slopes, covariance, slopes)
        variance[[row for row, _ in chosen]] = -1.0
        best = int(variance.argmax())
        chosen.append((best, float(np.sqrt(variance[best]))))
        moved = covariance @ slopes[best]
        covariance -= np.outer(moved, moved) / (variance[best] + fit.noise**2)
    return grid.iloc[[row for row, _ in chosen]].assign(error=[error for _, error in chosen]).reset_index(drop=True)


def _fitting(law_at: Callable[..., StepLaw], known: pd.DataFrame) -> pd.DataFrame:
    """Batches × contexts that the model takes and the pool holds, without what was timed."""
    probe = law_at([1.0], [1024.0])
    most_tokens = probe.deployment.model.max_context
    contexts = np.array([c for c in CONTEXTS if c <= most_tokens], dtype=float)
    pool = build_pool_evaluator(probe.deployment, probe.scheme, contexts, contexts)
    largest = np.broadcast_to(drop_model_axes(pool["max_batch"]), contexts.shape)
    done = {(int(b), round(np.log2(c))) for b, c in zip(known["batch"], known["context"], strict=True)}
    rows = [
        (float(batch), context)
        for context, most in zip(contexts, largest, strict=True)
        for batch in BATCHES
        if batch <= most and (batch, round(np.log2(context))) not in done
    ]
    return pd.DataFrame(rows, columns=["batch", "context"])


def _slopes(law: StepLaw, fit: StepFit) -> np.ndarray:
    """Change of the log step by the log of every constant, rows × constants."""

    def log_time(factors: dict[str, float]) -> np.ndarray:
        return np.log(law.time({n: v * factors.get(n, 1.0) for n, v in fit.constants.items()}))

    columns = [(log_time({name: np.exp(STEP)}) - log_time({name: np.exp(-STEP)})) / (2 * STEP) for name in fit.names]
    return np.stack(columns, axis=1)
