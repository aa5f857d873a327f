"""The same trade up a ladder of model sizes: from which context a scheme pays on each, on the same GPU and engine.

Larger models cache more bytes a token but also step longer; only the first decides whether a codec's price is earned back.
"""

import math
from dataclasses import dataclass

from costmodel.analyses.breakeven import LOWEST, break_even
from costmodel.errors import CostModelError
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment, resolve_deployment

SIZES = ("llama-3.2-1b", "llama-2-7b", "llama-3.1-8b", "qwen3-32b", "llama-3.1-70b", "llama-3.1-405b", "deepseek-v3")


@dataclass(frozen=True)
class ModelBreakEven:
    """One model of the ladder: break-even contexts (tokens, inf for never) by batch."""

    model: str
    ranks: int
    token_bytes: float
    batches: tuple[float, ...]
    contexts: tuple[float, ...]


def break_even_by_model(where: Deployment, scheme: str, batches, sizes=SIZES) -> list[ModelBreakEven]:
    """A rung for every size that fits on the GPU; the model at hand first."""
    rungs = []
    for name in dict.fromkeys((where.model.id, *sizes)):
        try:
            made = where if name == where.model.id else resolve_deployment(name, where.gpu, engine=where.engine.id)
        except CostModelError:
            continue  # a size that does not fit is no rung
        found = break_even(made, scheme, list(batches))
        plain = build_passes(made, compiled.load_scheme("none"), 1.0, LOWEST).step
        bytes_ = float(drop_model_axes(plain["kv_bytes_per_token"]))
        contexts = tuple(row.context if math.isfinite(row.context) else math.inf for row in found)
        rungs.append(ModelBreakEven(made.model.name, made.ranks, bytes_, tuple(batches), contexts))
    return rungs
