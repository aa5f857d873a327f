"""The blocks of a paged pool that growing sequences take, counted by where each stands within its block.

Every running sequence gets one token a step, so that ``length − step`` never changes: sequences are counted by it modulo the
block size, and the blocks that a leap needs are a sum over those counts. A sequence at the cap of its cache grows no more.
"""

import math

from costmodel.stress.replay.costs import Costs


class Pool:
    """Blocks in use, and the sequences that grow."""

    def __init__(self, costs: Costs):
        self.costs, self.used, self.growing = costs, 0, 0
        self._by_offset = [0] * costs.block_size  # growing sequences by (length − step) modulo the block size
        self._is_capped = not math.isinf(costs.cap)

    def enter(self, length: int, step: int) -> None:
        """A sequence whose blocks are taken begins to grow."""
        if length < self.costs.cap:
            self._count(length - step, 1)

    def leave(self, length: int, step: int) -> None:
        """A sequence gives its blocks back."""
        self.used -= self.costs.blocks_of(length)
        if length < self.costs.cap:
            self._count(length - step, -1)

    def grow(self, steps: int, step: int, lengths) -> bool:
        """Take the blocks that so many steps need; False, and none taken, where the pool lacks them.

        ``lengths`` iterates over the lengths of the sequences, of which some may reach the cap.
        """
        needed = self.needed(steps, step)
        if self.used + needed > self.costs.blocks:
            return False
        self.used += needed
        if self._is_capped:
            for length in lengths:
                if length < self.costs.cap <= length + steps:
                    self._count(length - step, -1)
        return True

    def needed(self, steps: int, step: int) -> int:
        """Blocks that growing sequences begin within so many steps."""
        size = self.costs.block_size
        whole, rest = divmod(steps, size)
        begun = whole * self.growing
        if rest:
            first = (1 - step - rest) % size  # of the offsets whose next block begins within the rest
            counts = self._by_offset
            begun += (
                sum(counts[first : first + rest])
                if first + rest <= size
                else sum(counts[first:]) + sum(counts[: first + rest - size])
            )
        return begun

    def steps_to_fill(self, at_most: int, step: int) -> int:
        """Steps until the pool lacks a block, at most so many."""
        free = self.costs.blocks - self.used
        if self.needed(at_most, step) <= free:
            return at_most
        low, high = 0, at_most
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.needed(middle, step) <= free else (low, middle)
        return low

    def _count(self, offset: int, change: int) -> None:
        self._by_offset[int(offset + self.costs.fixed) % self.costs.block_size] += change
        self.growing += change
