"""The memory of one GPU as a stack: weights, workspace, the forward pass, the cache of the running batch, what is left.

The cache is that of ``batch`` sequences at ``context``; a batch that the pool does not hold overflows it, which ``fits`` shows.
The stack sums to what the runtime sees, unless it overflows.
"""

from dataclasses import dataclass

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment

PARTS = {
    "weights": "memory_weights",
    "workspace": "memory_workspace",
    "forward pass": "memory_forward",
    "cache": "memory_cache",
    "free pool": "memory_free",
    "reserve": "memory_reserve",
}


@dataclass(frozen=True)
class Memory:
    """The stack of one scheme in bytes, the pool, what the runtime sees, and the sequences that fit at this context."""

    scheme: str
    batch: float
    context: float
    parts: dict[str, float]
    pool: float
    visible: float
    max_batch: float

    @property
    def fits(self) -> bool:
        """Whether the pool holds the batch."""
        return self.batch <= self.max_batch


def memory(deployment: Deployment, schemes: list[str], batch: float, context: float) -> list[Memory]:
    """One stack per scheme (bytes of one GPU) for ``batch`` sequences, each holding exactly ``context`` tokens.

    Raises UnknownName or FactError for a scheme that cannot be loaded.
    """
    stacks = []
    for name in schemes:
        scheme = compiled.load_scheme(name)
        pool_evaluator = build_evaluator(deployment, scheme, float(batch), float(context), prompt=float(context))
        # Whole bytes: a part that is a difference of others is left with a remainder of their last digits.
        parts = {part: float(round(float(drop_model_axes(pool_evaluator[q])))) for part, q in PARTS.items()}
        pool, max_batch = (float(drop_model_axes(pool_evaluator[q])) for q in ("memory_pool", "max_batch_memory"))
        visible = deployment.gpu.numbers["memory_visible"]
        stacks.append(Memory(scheme.id, float(batch), float(context), parts, pool, visible, max_batch))
    return stacks
