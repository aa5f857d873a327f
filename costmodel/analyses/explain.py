"""One point broken down: the step as a waterfall of time, memory as a stack, every term with its source.

Waterfall terms sum to the step, memory to what the runtime sees. The source of a term is that of the numbers that decide
it; the least certain of them gives its kind.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.columns import ALL, compute_columns
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.step import waterfall
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.compiled import load_terms
from costmodel.facts.deployment import Deployment
from costmodel.facts.provenance import Origin, origin

OWN_COLUMNS = ("step_time", "kv_bytes_per_token", "kv_bytes_per_sequence", "local_tail_padding_size")
MEMORY = {
    "weights": ("memory_weights", "hidden_size"),
    "forward pass": ("memory_forward", "max_batched_tokens"),
    "workspace": ("memory_workspace", "workspace_size"),
    "pool": ("memory_pool", "memory_fraction"),
    "reserve": ("memory_reserve", "memory_fraction"),
}


@dataclass(frozen=True)
class Term:
    """One bar: its name, its amount (seconds or bytes), its share of the whole, and the origins of the numbers that decide it."""

    name: str
    amount: float
    share: float
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class Explanation:
    """One point broken down, with the outputs that are printed above the bars."""

    deployment: Deployment
    scheme: str
    batch: float
    context: float
    time: tuple[Term, ...]
    memory: tuple[Term, ...]
    cache: dict[str, float]
    outputs: dict[str, object]
    kernel: str


def explain(
    deployment: Deployment,
    scheme: str | compiled.Scheme,
    batch: float,
    context: float,
    outputs: Iterable[str] = ALL,
) -> Explanation:
    """The waterfall, the memory stack and the sources of a scheme at ``batch`` sequences of ``context`` tokens.

    ``outputs`` are the columns that are wanted beside them, all by default.
    Raises UnknownName or FactError for a scheme that cannot be loaded.
    """
    scheme = compiled.load_scheme(scheme) if isinstance(scheme, str) else scheme
    passes = build_passes(deployment, scheme, float(batch), float(context))
    baseline = compiled.load_scheme(scheme.baseline)
    baseline_passes = (
        passes if baseline.id == scheme.id else build_passes(deployment, baseline, float(batch), float(context))
    )
    names = dict.fromkeys([*outputs, *OWN_COLUMNS])
    columns = {
        name: np.asarray(value).item() for name, value in compute_columns(passes, baseline_passes, names).items()
    }
    columns["baseline"] = baseline.id
    kernel = assemble(deployment, scheme).attention[0].label
    step = columns["step_time"]
    time = tuple(
        Term(name, float(amount), float(amount) / step, _term_origins(deployment, scheme, name, kernel))
        for name, amount in waterfall(lambda name: drop_model_axes(passes.step[name])).items()
        if amount > 0
    )
    visible = deployment.gpu.numbers["memory_visible"]
    pool = passes.pool
    # Whole bytes: a part that is a difference of others is left with a remainder of their last digits.
    amounts = {name: float(round(float(drop_model_axes(pool[quantity])))) for name, (quantity, _) in MEMORY.items()}
    memory = tuple(
        Term(name, amount, amount / visible, _origins(deployment, MEMORY[name], kernel)[-1:])
        for name, amount in amounts.items()
    )
    cache = {
        "bytes per token": columns["kv_bytes_per_token"],
        "bytes per sequence": columns["kv_bytes_per_sequence"],
        "of which 16-bit zone": float(
            drop_model_axes(
                (pool["layer_count"] * pool["owns_cache"] * pool["local_cached_heads"] * pool["size_16bit_excess"]).sum(
                    axis=-2, keepdims=True
                )
            )
        ),
        "of which block rounding": columns["local_tail_padding_size"],
    }
    return Explanation(deployment, scheme.id, float(batch), float(context), time, memory, cache, columns, kernel)


def _term_origins(deployment: Deployment, scheme: compiled.Scheme, term: str, kernel: str) -> tuple[Origin, ...]:
    """The origins of a term of time; conversion also names the codecs used where a scheme file states none."""
    decided_by = {entry.name: entry.decided_by for entry in load_terms()}
    origins = _origins(deployment, decided_by[term], kernel)
    if term != "conversion":
        return origins
    return tuple(Origin("compiled", default.text) for default in scheme.spec.codec_defaults) + origins


def _origins(deployment, names, kernel) -> tuple[Origin, ...]:
    origins: list[Origin] = []
    for name in names:
        if (candidate := origin(deployment, name, kernel)) not in origins:
            origins.append(candidate)
    return tuple(origins)
