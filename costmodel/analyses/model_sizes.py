"""The same scheme on a range of model sizes: its break-even context on each, on the same GPU and engine.

Larger models cache more bytes per token but also step longer; only the former decides whether a codec's cost pays off.
"""

import math
from dataclasses import dataclass

from costmodel.analyses.breakeven import MIN_CONTEXT, break_even
from costmodel.errors import CostModelError
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment

SIZES = ("llama-3.2-1b", "llama-2-7b", "llama-3.1-8b", "qwen3-32b", "llama-3.1-70b", "llama-3.1-405b", "deepseek-v3")


@dataclass(frozen=True)
class ModelBreakEven:
    """One model: GPUs, bytes of the uncompressed cache per token, break-even contexts (tokens, inf for never) by batch.

    ``room`` is the longest context that the pool holds at each batch, the baseline uncompressed, in tokens.
    """

    model: str
    ranks: int
    token_bytes: float
    batches: tuple[float, ...]
    contexts: tuple[float, ...]
    room: tuple[float, ...]
    longest: float


def break_even_by_model(deployment: Deployment, scheme: str, batches, sizes=SIZES) -> list[ModelBreakEven]:
    """Break-even contexts of every model of ``sizes`` that fits on the GPU, after those of the deployed model itself.

    ``batches`` in sequences. Raises InputError for a batch that is not positive.
    """
    models = []
    for name in dict.fromkeys((deployment.model.id, *sizes)):
        try:
            candidate = (
                deployment
                if name == deployment.model.id
                else resolve_deployment(name, deployment.gpu, engine=deployment.engine.id)
            )
        except CostModelError:
            continue  # a size that does not fit is left out
        break_evens = break_even(candidate, scheme, list(batches))
        uncompressed = build_passes(candidate, compiled.load_scheme("none"), 1.0, MIN_CONTEXT).step
        token_bytes = float(drop_model_axes(uncompressed["kv_bytes_per_token"]))
        pool = float(drop_model_axes(uncompressed["pool_tokens"]))
        longest = float(candidate.model.max_context)
        contexts = tuple(row.context if math.isfinite(row.context) else math.inf for row in break_evens)
        room = tuple(min(pool / batch, longest) for batch in batches)
        models.append(
            ModelBreakEven(candidate.model.name, candidate.ranks, token_bytes, tuple(batches), contexts, room, longest)
        )
    return models
