"""One point, taken apart: the step as a waterfall of time, memory as a stack, every term with its source.

Waterfall terms sum to the step, memory to what the runtime sees. The source of a term is that of the numbers that decide
it; the least certain of them gives its kind.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.step import waterfall
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.compiled import load_terms
from costmodel.facts.deployment import Deployment
from costmodel.facts.provenance import Origin, origin

MEMORY = {
    "weights": ("memory_weights", "hidden_size"),
    "forward pass": ("memory_forward", "max_batched_tokens"),
    "workspace": ("memory_workspace", "workspace_size"),
    "pool": ("memory_pool", "memory_fraction"),
    "reserve": ("memory_reserve", "memory_fraction"),
}


@dataclass(frozen=True)
class Term:
    """One bar: its name, its amount (seconds or bytes), its share, and the origins of the numbers that decide it."""

    name: str
    amount: float
    share: float
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class Explanation:
    """A point taken apart, with the outputs that stand above the bars."""

    deployment: Deployment
    scheme: str
    batch: float
    context: float
    time: tuple[Term, ...]
    memory: tuple[Term, ...]
    cache: dict[str, float]
    outputs: dict[str, object]
    kernel: str


def explain(where: Deployment, scheme: str | compiled.Scheme, batch: float, context: float) -> Explanation:
    """The waterfall, the memory stack and the sources of one scheme at one batch and context."""
    scheme = compiled.load_scheme(scheme) if isinstance(scheme, str) else scheme
    made = build_passes(where, scheme, float(batch), float(context))
    against = compiled.load_scheme(scheme.baseline)
    theirs = made if against.id == scheme.id else build_passes(where, against, float(batch), float(context))
    found = {name: np.asarray(value).item() for name, value in compute_columns(made, theirs).items()}
    found["baseline"] = against.id
    kernel = assemble(where, scheme).attention[0].label
    step = found["step_time"]
    decided_by = {term.name: term.decided_by for term in load_terms()}
    time = tuple(
        Term(name, float(amount), float(amount) / step, _origins(where, decided_by[name], kernel))
        for name, amount in waterfall(lambda name: drop_model_axes(made.step[name])).items()
        if amount > 0
    )
    visible = where.gpu.numbers["memory_visible"]
    pool = made.pool
    taken = {name: float(drop_model_axes(pool[quantity])) for name, (quantity, _) in MEMORY.items()}
    memory = tuple(
        Term(name, amount, amount / visible, _origins(where, MEMORY[name], kernel)[-1:])
        for name, amount in taken.items()
    )
    cache = {
        "bytes per token": found["kv_bytes_per_token"],
        "bytes per sequence": found["kv_bytes_per_sequence"],
        "of which 16-bit zone": float(
            drop_model_axes(
                (pool["layer_count"] * pool["local_cached_heads"] * pool["size_16bit_excess"]).sum(
                    axis=-2, keepdims=True
                )
            )
        ),
        "of which block rounding": found["local_tail_padding_size"],
    }
    return Explanation(where, scheme.id, float(batch), float(context), time, memory, cache, found, kernel)


def _origins(where, names, kernel) -> tuple[Origin, ...]:
    seen: list[Origin] = []
    for name in names:
        if (found := origin(where, name, kernel)) not in seen:
            seen.append(found)
    return tuple(seen)
