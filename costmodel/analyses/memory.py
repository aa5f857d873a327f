"""The memory of one GPU as a stack: weights, workspace, the forward pass, the cache of the running batch, what is left.

The cache is that of ``batch`` sequences at ``context``; beyond what the pool holds it overflows, which is said. The stack
sums to what the runtime sees, unless it overflows.
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
    most: float

    @property
    def fits(self) -> bool:
        """Whether the pool holds the batch."""
        return self.batch <= self.most


def memory(where: Deployment, schemes: list[str], batch: float, context: float) -> list[Memory]:
    """The stack of every scheme, every sequence holding exactly ``context`` tokens."""
    found = []
    for name in schemes:
        scheme = compiled.load_scheme(name)
        held = build_evaluator(where, scheme, float(batch), float(context), prompt=float(context))
        parts = {word: float(drop_model_axes(held[quantity])) for word, quantity in PARTS.items()}
        pool, most = (float(drop_model_axes(held[q])) for q in ("memory_pool", "max_batch_memory"))
        visible = where.gpu.numbers["memory_visible"]
        found.append(Memory(scheme.id, float(batch), float(context), parts, pool, visible, most))
    return found
