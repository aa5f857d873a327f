"""Which batches and contexts are measured, in which order: as far apart as the pool allows, so that few tell most.

A step's time falls into parts that grow with the batch, with the cached tokens, and with neither. Points that lie far
apart in both logarithms part them best, hence each next point is the one farthest from all before it. The order is that of
one grid, whatever the pool, so that KV types with pools of different size share their points and can be compared;
between them come those that fill the engine's own pool, where the cache costs most.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calibration.engine.interface import StartFacts

BATCHES = (1, 4, 16, 32, 64, 128, 256)
PROMPTS = tuple(512 << k for k in range(9))  # tokens, to 131,072
FIRST_TOKENS = (2048, 512, 8192, 32768)  # tokens; the most often quoted length first
KERNELS = ((1, 2048), (64, 4096), (16, 8192), (256, 1024))  # (batch, tokens)
BURST = (48, 2048, 128)  # requests, tokens of the prompt, tokens generated
NEW_TOKENS = 24  # tokens that a decode point generates
SPARE = 8  # tokens a request may hold beyond what it has generated: the engine reserves ahead
REPEATS = 3  # points measured again, for the noise
USUAL_POOL = 1 << 18  # cached tokens; points beyond it, which few pools hold, come after all others
SHARED_BEFORE = 3  # points of the grid before one that fills the pool
FIRST = (1, 2048)  # where the order starts: one sequence, a usual context
LONGEST = 128  # tokens that the longest prompt stays below the engine's limit


@dataclass(frozen=True)
class DecodePoint:
    """A decode point: sequences, and tokens of each prompt."""

    batch: int
    prompt_len: int


def decode_points(facts: StartFacts, max_sequences: int) -> list[DecodePoint]:
    """All points that fit the engine's pool and context limit, the most telling first."""
    longest = facts.max_context - LONGEST
    prompts = sorted(
        {min(prompt_len, longest) for prompt_len in PROMPTS if longest > 0 and prompt_len <= facts.max_context}
    )
    points = [DecodePoint(batch, prompt_len) for batch in BATCHES for prompt_len in prompts]
    usual = [point for point in points if point.batch * point.prompt_len <= USUAL_POOL]
    grid = farthest_first(usual) + farthest_first([point for point in points if point not in usual])
    shared = [point for point in grid if point.batch <= max_sequences and fits(facts, point.batch, point.prompt_len)]
    largest = [DecodePoint(largest_batch(facts, prompt_len, max_sequences), prompt_len) for prompt_len in prompts]
    filling = farthest_first([point for point in largest if point.batch > 0 and point not in shared])
    ordered = []
    while shared or filling:
        ordered += shared[:SHARED_BEFORE] + filling[:1]
        shared, filling = shared[SHARED_BEFORE:], filling[1:]
    return ordered


def farthest_first(points: Sequence[DecodePoint]) -> list[DecodePoint]:
    """The points in an order in which each is the farthest from those before it, in the logarithms of batch and context."""
    remaining, ordered = list(points), []
    while remaining:
        chosen = ordered or [DecodePoint(*FIRST)]
        pick = max if ordered else min  # the first lies nearest to FIRST, all others farthest from what was chosen
        point = pick(remaining, key=lambda one: min(_distance(one, other) for other in chosen))
        ordered.append(point)
        remaining.remove(point)
    return ordered


def repeated_points(measured: Sequence[DecodePoint]) -> list[DecodePoint]:
    """Those of the measured points that are measured again: the first, the middle, and the last by cached tokens."""
    by_size = sorted(measured, key=lambda point: (point.batch * point.prompt_len, point.batch))
    chosen = {round(k * (len(by_size) - 1) / (REPEATS - 1)): None for k in range(REPEATS)} if by_size else {}
    return [by_size[index] for index in chosen]


def first_token_prompts(facts: StartFacts) -> list[int]:
    """Prompts whose first token is timed, in tokens, in order."""
    return [prompt_len for prompt_len in FIRST_TOKENS if fits(facts, 1, prompt_len)]


def kernel_points(facts: StartFacts, max_sequences: int) -> list[DecodePoint]:
    """Points at which kernels are told apart by name, in order, with fewer sequences where the pool holds fewer."""
    points = [
        DecodePoint(min(batch, largest_batch(facts, prompt_len, max_sequences)), prompt_len)
        for batch, prompt_len in KERNELS
    ]
    return [point for point in points if point.batch > 0 and fits(facts, point.batch, point.prompt_len)]


def burst_shape(facts: StartFacts, max_sequences: int) -> tuple[int, int, int] | None:
    """Requests, prompt and generated tokens of the burst, fewer where the pool holds fewer; None where it holds none."""
    requests, prompt_len, generated = BURST
    prompt_len = min(prompt_len, facts.max_context - generated - SPARE)
    if prompt_len <= 0:
        return None
    requests = min(requests, max_sequences, facts.pool_tokens // _request_tokens(facts, prompt_len, generated) - 1)
    return (requests, prompt_len, generated) if requests > 0 else None


def largest_batch(facts: StartFacts, prompt_len: int, max_sequences: int) -> int:
    """The most sequences with such prompts that the pool holds at once, at most ``max_sequences``."""
    return min(max_sequences, (facts.pool_tokens - facts.block_size) // _request_tokens(facts, prompt_len))


def fits(facts: StartFacts, batch: int, prompt_len: int) -> bool:
    """Whether so many sequences of that prompt generate to their end without waiting or being cut."""
    is_within_context = prompt_len + NEW_TOKENS + SPARE <= facts.max_context
    return is_within_context and batch <= largest_batch(facts, prompt_len, batch)


def _request_tokens(facts: StartFacts, prompt_len: int, new_tokens: int = NEW_TOKENS) -> int:
    """Tokens of pool that one request takes at its end, in whole blocks."""
    return math.ceil((prompt_len + new_tokens + SPARE) / facts.block_size) * facts.block_size


def _distance(one: DecodePoint, other: DecodePoint) -> float:
    return math.hypot(math.log2(one.batch / other.batch), math.log2(one.prompt_len / other.prompt_len))
