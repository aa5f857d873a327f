"""Exact replays of a trace's blocks: LRU as engines do it, Belady's optimum, and a cache that never forgets.

A request hits until its first block that is missing, as chained hashes make it. Blocks of a prompt are touched from its end to
its beginning, so that the end is evicted first (vLLM frees a request's blocks in that order).
"""

import heapq
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from costmodel.stress.reuse.references import References

Told = Callable[[int, int], None]
NEVER = np.iinfo(np.int64).max


def replay_lru(
    warm_up: References, judged: References, capacity: float, on_progress: Told = lambda done, total: None
) -> float:
    """Share of the judged references that a cache of so many blocks answers, filled by the warm-up before."""
    size, cache, hits = max(round(capacity * judged.rate), 0), OrderedDict(), 0
    total = len(warm_up.starts) + len(judged.starts)
    for done, (is_judged, blocks) in enumerate(_requests(warm_up, judged)):
        if is_judged:
            for block in blocks:
                if block not in cache:
                    break
                hits += 1
        for block in reversed(blocks):
            cache[block] = None
            cache.move_to_end(block)
        while len(cache) > size:
            cache.popitem(last=False)
        on_progress(done + 1, total)
    return judged.hit_rate(len(judged.blocks) - hits)


def replay_optimal(warm_up: References, judged: References, capacity: float) -> float:
    """The same for a cache that evicts the block whose next use is farthest, the newest one too (Belady, 1966).

    No policy hits more.
    """
    blocks = np.concatenate([warm_up.blocks, judged.blocks])
    following = _next_uses(blocks)
    size, first = max(round(capacity * judged.rate), 0), len(warm_up.blocks)
    due: dict[int, int] = {}
    farthest: list[tuple[int, int]] = []
    hits = 0
    for position, (block, after) in enumerate(zip(blocks.tolist(), following.tolist(), strict=True)):
        hits += position >= first and block in due
        due[block] = after
        heapq.heappush(farthest, (-after, block))
        while len(due) > size:
            when, evicted = heapq.heappop(farthest)
            if due.get(evicted) == -when:
                del due[evicted]
    return judged.hit_rate(len(judged.blocks) - hits)


def infinite_hit_rate(warm_up: References, judged: References) -> float:
    """The same for a cache that never forgets."""
    seen = np.isin(judged.blocks, warm_up.blocks)
    repeated = np.zeros(len(judged.blocks), dtype=bool)
    first = np.unique(judged.blocks, return_index=True)[1]
    repeated[:] = True
    repeated[first] = False
    return judged.hit_rate(float((~(seen | repeated)).sum()))


def repeated_shares(parts: Sequence[References]) -> tuple[float, ...]:
    """Shares of the blocks in consecutive parts of a trace that were asked for before, in their part or an earlier one."""
    blocks = np.concatenate([part.blocks for part in parts])
    is_new = np.zeros(len(blocks))
    is_new[np.unique(blocks, return_index=True)[1]] = 1
    ends = np.cumsum([0, *(len(part.blocks) for part in parts)])
    return tuple(
        part.hit_rate(float(is_new[low:high].sum())) for part, low, high in zip(parts, ends[:-1], ends[1:], strict=True)
    )


def _requests(warm_up: References, judged: References):
    for is_judged, part in ((False, warm_up), (True, judged)):
        ends = np.append(part.starts[1:], len(part.blocks))
        values = part.blocks.tolist()
        for start, end in zip(part.starts.tolist(), ends.tolist(), strict=True):
            yield is_judged, values[start:end]


def _next_uses(blocks: np.ndarray) -> np.ndarray:
    """Position of the next reference of each one's block; NEVER for the last."""
    order = np.lexsort((np.arange(len(blocks)), blocks))
    following = np.full(len(blocks), NEVER)
    same = np.diff(blocks[order]) == 0
    following[order[:-1][same]] = order[1:][same]
    return following
