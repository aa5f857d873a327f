"""The references of a trace: the blocks of every prompt in order, sampled by block where there are too many to hold.

Whether a block belongs to the sample depends on its hash alone, so that all its references do or none does, and a cache of R
times the blocks behaves like the whole one (SHARDS, Waldspurger et al., FAST 2015). References that a sample has too many or too
few are those of the few most popular blocks, which any cache keeps: they count as hits (their SHARDS-adj).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from costmodel.errors import InputError
from costmodel.traces import Request

MAX_REFERENCES = 4_000_000  # held at once: 32 MB
MIN_REQUESTS = 16
MODULUS = 1 << 24
MIXER = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio: hashes of a trace are often consecutive numbers


@dataclass(frozen=True)
class References:
    """Sampled references: block by block, where each request begins in them, and the share of all blocks that are sampled.

    ``sizes`` are the blocks of each request, sampled or not; ``input_tokens`` and ``output_tokens`` are means a request.
    """

    blocks: np.ndarray
    starts: np.ndarray
    rate: float
    sizes: np.ndarray
    input_tokens: float
    output_tokens: float

    @property
    def requests(self) -> int:
        """Requests of the trace."""
        return len(self.starts)

    @property
    def total(self) -> int:
        """References of the trace, sampled or not."""
        return int(self.sizes.sum())

    @property
    def excess(self) -> float:
        """Sampled references over those that are due in a sample of this rate; 1 where nothing is left out."""
        return len(self.blocks) / max(self.total * self.rate, 1e-300)

    def hit_rate(self, missed: float) -> float:
        """Share of all references that hit where ``missed`` of the sampled ones do not."""
        return min(max(1 - missed / max(self.total * self.rate, 1e-300), 0.0), 1.0) if self.total else 0.0

    def half(self, which: int) -> "References":
        """The first (0) or the second (1) half of the requests."""
        middle = len(self.starts) // 2
        cut = int(self.starts[middle]) if middle < len(self.starts) else len(self.blocks)
        blocks, starts, sizes = (
            (self.blocks[:cut], self.starts[:middle], self.sizes[:middle])
            if which == 0
            else (self.blocks[cut:], self.starts[middle:] - cut, self.sizes[middle:])
        )
        return References(blocks, starts, self.rate, sizes, self.input_tokens, self.output_tokens)


def collect_references(requests: Iterable[Request], location: str) -> References:
    """All references of a trace, of a falling sample of blocks where they are too many.

    Raises InputError for a trace of too few requests or without hashes of blocks.
    """
    rate, count, tokens_in, tokens_out = 1.0, 0, 0.0, 0.0
    held: list[np.ndarray] = []
    sizes: list[int] = []
    size = 0
    for request in requests:
        count += 1
        tokens_in, tokens_out = tokens_in + request.input_tokens, tokens_out + request.output_tokens
        blocks = np.asarray(request.blocks, dtype=np.int64)
        sizes.append(len(blocks))
        held.append(blocks[_sampled(blocks, rate)])
        size += len(held[-1])
        while size > MAX_REFERENCES:
            rate /= 2
            held = [part[_sampled(part, rate)] for part in held]
            size = sum(map(len, held))
    if count < MIN_REQUESTS:
        raise InputError(
            f"{location}: expected at least {MIN_REQUESTS} requests, of which half judge the others, got {count}"
        )
    if not any(sizes):
        raise InputError(
            f"{location}: expected hashes of the prompts' blocks (as Mooncake's hash_ids), got lengths alone"
        )
    starts = np.concatenate([[0], np.cumsum([len(part) for part in held])[:-1]]).astype(np.int64)
    return References(np.concatenate(held), starts, rate, np.array(sizes), tokens_in / count, tokens_out / count)


def _sampled(blocks: np.ndarray, rate: float) -> np.ndarray:
    """Which of the blocks belong to a sample of that rate."""
    if rate == 1:
        return np.ones(len(blocks), dtype=bool)
    mixed = (blocks.astype(np.uint64) * np.uint64(MIXER)) >> np.uint64(40)
    return mixed < np.uint64(rate * MODULUS)
