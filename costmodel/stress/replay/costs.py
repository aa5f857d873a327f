"""What a replay pays, as tables from the formulas: blocks of a sequence, seconds of a step, seconds of a prompt.

A step is read off a grid of batch × mean context, halfway through what is leapt over; prompts off a grid of lengths. A scheme's
cache grows with its sequence up to a cap, beside what does not grow.
"""

import bisect
from dataclasses import dataclass, field

import numpy as np

from costmodel.errors import InfeasibleDeploymentError
from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.assemble.suffix import build_suffix_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment

CONTEXTS = 2.0 ** np.arange(4, 21, 0.5)
LENGTHS = 2.0 ** np.arange(8, 21)  # tokens, whole blocks of any usual size


@dataclass(frozen=True)
class Costs:
    """A pool of ``blocks`` of ``block_size`` tokens; a sequence of T tokens holds min(T, cap) + ``fixed`` tokens.

    ``swap_block_time`` is the time for which a block crosses the link to the host, one way. A pass with a prompt takes
    ``pass_host_time`` at least; decoding sequences get a token in it where the engine ``mixes`` them. ``request_overhead`` is the
    time of a request outside all passes before its first token, ``prefill`` that of prompts on the device.
    """

    blocks: int
    block_size: int
    cap: float
    fixed: float
    max_sequences: int
    max_batched_tokens: int
    swap_block_time: float
    batch_grid: list[float] = field(repr=False)
    context_grid: list[float] = field(repr=False)
    step_table: list[list[float]] = field(repr=False)
    forward_table: list[float] = field(repr=False)
    prefill_grid: list[float] = field(repr=False)
    prefill_table: list[float] = field(repr=False)
    pass_host_time: float = 0.0
    request_overhead: float = 0.0
    mixes: bool = True

    def blocks_of(self, tokens: float) -> int:
        """Blocks that a sequence of so many tokens holds."""
        return -int(-(min(tokens, self.cap) + self.fixed) // self.block_size)

    def swap(self, blocks: float) -> float:
        """Seconds in which so many blocks cross the link to the host, one way."""
        return blocks * self.swap_block_time

    def step(self, batch: float, context: float) -> float:
        """Seconds of a decode step, linear in batch and in context between the points of the grid."""
        row, across = _place(self.batch_grid, batch)
        column, along = _place(self.context_grid, context)
        near, far = self.step_table[row], self.step_table[row + 1]
        low = near[column] + along * (near[column + 1] - near[column])
        high = far[column] + along * (far[column + 1] - far[column])
        return low + across * (high - low)

    def forward(self, batch: float) -> float:
        """Seconds of what every pass pays: a prompt's chunk beside decoding tokens has paid it already."""
        row, across = _place(self.batch_grid, batch)
        return self.forward_table[row] + across * (self.forward_table[row + 1] - self.forward_table[row])

    def prefill(self, tokens: float) -> float:
        """Seconds of a prompt alone, on the device."""
        place, along = _place(self.prefill_grid, tokens)
        return self.prefill_table[place] + along * (self.prefill_table[place + 1] - self.prefill_table[place])


def costs_of(deployment: Deployment, scheme: Scheme, hit_rate: float = 0.0) -> Costs:
    """The tables of a scheme on a deployment; of every prompt the share ``hit_rate`` is found in the prefix cache.

    InfeasibleDeploymentError where requests are split over groups: their pools and prompts are not replayed.
    """
    if deployment.attention_groups > 1:
        raise InfeasibleDeploymentError(
            f"--attention-dp {deployment.attention_groups}: requests split over groups are not replayed; "
            "costmodel predict with mode = serving answers them in closed form"
        )
    engine = deployment.engine.numbers
    largest = float(engine["max_sequences"])
    batches = np.unique(np.round(np.geomspace(1, max(largest, 2.0), 24)))
    steps = build_evaluator(deployment, scheme, batches[:, None], CONTEXTS[None, :], prompt=CONTEXTS[None, :])
    step = np.broadcast_to(drop_model_axes(steps["server_step_time"]), (len(batches), len(CONTEXTS)))
    forward = np.broadcast_to(drop_model_axes(steps["forward_pass_time"]), step.shape)[:, 0]
    lengths = np.concatenate([[1.0], CONTEXTS])
    if hit_rate:
        cached = np.floor(hit_rate * lengths)
        prompts = build_suffix_evaluator(deployment, scheme, cached, lengths - cached)
    else:
        prompts = build_prefill_evaluator(deployment, scheme, lengths)
    on_device = drop_model_axes(prompts["suffix_device_time" if hit_rate else "prefill_device_time"])
    prefill = np.broadcast_to(on_device, lengths.shape)
    sizes = build_evaluator(deployment, scheme, 1.0, LENGTHS, prompt=LENGTHS, exact_lengths=1.0)
    size = np.broadcast_to(drop_model_axes(sizes["local_sequence_size"]), LENGTHS.shape)
    pool = build_pool_evaluator(deployment, scheme, 1024.0, 1024.0, None, None)
    pool_bytes, pool_tokens = (float(drop_model_axes(pool[name])) for name in ("memory_pool", "pool_tokens"))
    token_bytes = pool_bytes / pool_tokens if pool_tokens else float(size[0] / LENGTHS[0])
    block = float(engine["block_size"])
    cap, fixed = _growth(size / token_bytes)
    link, layers = (float(drop_model_axes(steps[name]).flat[0]) for name in ("host_link_rate", "layers"))
    return Costs(
        int(pool_tokens // block), int(block), cap, fixed, int(largest), int(engine["max_batched_tokens"]),
        block * token_bytes / link, batches.tolist(), CONTEXTS.tolist(), step.tolist(), forward.tolist(), lengths.tolist(),
        prefill.tolist(), engine["prompt_layer_time"] * layers, engine["request_overhead"], bool(engine["mixed_batches"]),
    )  # fmt: skip


def _growth(held: np.ndarray) -> tuple[float, float]:
    """The length at which a cache stops to grow (infinite where it does not), and the tokens' worth beside what grows."""
    growing = np.diff(held) > 0.25 * np.diff(LENGTHS)
    if growing.all():
        return float("inf"), max(float(held[0] - LENGTHS[0]), 0.0)
    cap = min(float(held[-1]), float(LENGTHS[-1]))
    return cap, 0.0


def _place(grid: list[float], value: float) -> tuple[int, float]:
    """The interval of a grid that holds a value, and how far along it lies; beyond the grid, its outermost slope."""
    place = min(max(bisect.bisect_right(grid, value) - 1, 0), len(grid) - 2)
    return place, (value - grid[place]) / (grid[place + 1] - grid[place])
