"""Fragmentation of one deployment's pool under the lengths of a trace: closed form and replay for each allocator.

Lengths enter the closed form by their means as running requests have them (each in proportion to its output) and the spread of
outputs. Conditions: schemes that keep every token in blocks of the engine; requests wait all the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.stress.fragmentation.allocators import Blocks, Segments, Slots
from costmodel.stress.fragmentation.lengths import MOST_REQUESTS
from costmodel.stress.fragmentation.replay import Occupancy, Told, fill_pool
from costmodel.stress.pool_tokens import pool_tokens
from costmodel.text.counted import counted

POOLS = 10  # of tokens that the requests together fill, at least: a shorter trace is repeated
CLASS_RATIO = 2.0  # of the buddy system
# Holes lie between nothing, which no request fits into, and a segment, into which one does; evenly, half a segment.
HOLE_RATIO = (0.5, 1e-9, 1.0)
USES = {"blocks": "block_use", "slots": "slot_use", "segments": "segment_use"}
ALLOCATORS = {
    "blocks": "blocks of one size, taken as a request grows",
    "slots": "slots of powers of two, reserved whole (buddy system)",
    "segments": "segments of the exact size, reserved whole (first fit)",
}


@dataclass(frozen=True)
class Fragmentation:
    """One allocator under one scheme's pool of ``capacity`` tokens: closed form and what a replay gave.

    ``repeats`` is how often the trace was placed, one time after the other, so that the pool stayed full.
    ``use`` is the share of the held memory that holds tokens; ``unusable`` with its ends the share of the pool that is free, yet
    in pieces that fit nobody, NaN where no law tells it.
    """

    allocator: str
    scheme: str
    capacity: int
    repeats: int
    use: float
    unusable: float
    unusable_low: float
    unusable_high: float
    replayed: Occupancy


def measure_fragmentation(
    deployment: Deployment,
    scheme: Scheme,
    requests: Sequence[tuple[int, int]],
    on_progress: Told = lambda done, total: None,
) -> list[Fragmentation]:
    """What each allocator makes of a pool under requests, each of prompt and output tokens, in their order.

    Raises InputError for a scheme that does not keep every token of a request in blocks of the engine, and where the pool holds
    none of the requests, or all that are placed.
    """
    life = scheme.spec.lifecycle
    if life["block_table"] != "native" or life["in_place"]:
        raise InputError(
            f"{scheme.id} keeps tokens in places of its own ({life['block_table']}); it takes no such blocks"
        )
    prompts, outputs = np.array(requests, dtype=float).T
    met = float((prompts * outputs).sum() / outputs.sum())
    lengths = {
        "prompt": met, "generated": float(outputs.mean()), "generated_cv": float(outputs.std() / outputs.mean()),
        "class_ratio": CLASS_RATIO, "hole_ratio": np.array(HOLE_RATIO), "exact_lengths": 0.0,
    }  # fmt: skip
    closed = build_evaluator(deployment, scheme, 1.0, met, **lengths)
    size = round(float(drop_model_axes(closed["pool_block"])))
    written = float(drop_model_axes(closed["written_tokens"]))
    whole_blocks = -(-written // size) * size  # a tail is what an allocator loses, no less room of the pool
    capacity = round(pool_tokens(deployment, scheme, whole_blocks))
    fitting = sum(prompt + output for prompt, output in requests if prompt + output <= capacity)
    if not fitting:
        raise InputError(
            f"the pool of {capacity:,} tokens holds none of the {counted(len(requests), 'request')} of the trace"
        )
    repeats = min(-(-POOLS * capacity // fitting), max(MOST_REQUESTS // len(requests), 1))
    placed, rows = list(requests) * repeats, []
    for name, allocator in (("blocks", Blocks), ("slots", Slots), ("segments", Segments)):
        replayed = fill_pool(allocator(capacity, size), capacity, placed, on_progress)
        if replayed.use != replayed.use:
            raise InputError(
                f"{counted(len(placed), 'request')} do not fill the pool of {capacity:,} tokens: expected longer ones, got "
                f"{fitting / len(requests):,.0f} tokens each"
            )
        unusable = {"blocks": np.zeros(3), "slots": np.full(3, np.nan)}.get(name)
        if unusable is None:
            unusable = np.broadcast_to(drop_model_axes(closed["unusable_share"]), 3)
        use = float(np.ravel(drop_model_axes(closed[USES[name]]))[0])
        rows.append(Fragmentation(name, scheme.id, capacity, repeats, use, *map(float, unusable), replayed))
    return rows
