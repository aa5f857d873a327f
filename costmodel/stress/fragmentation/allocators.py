"""Three ways to hand out a pool, counted in units (blocks of tokens, or tokens): they know sizes, no formula and no time.

A place is taken for a request, may grow, and is given back; each says how much it holds and how much is free.
"""

from bisect import insort
from typing import Protocol


class Allocator(Protocol):
    """What hands out a pool. Sizes are tokens."""

    held: int

    def take(self, name: int, tokens: int, final: int) -> bool:
        """Room for a request that has so many tokens and will have ``final`` when it ends; False where there is none."""
        ...

    def grow(self, name: int, tokens: int) -> bool:
        """Room for so many tokens of a request; False where there is none."""
        ...

    def give(self, name: int) -> None:
        """What a request holds, back to the pool."""
        ...

    def room(self, tokens: int, final: int) -> int:
        """Tokens of the pool that such a request needs."""
        ...

    def lasts(self, tokens: int, final: int) -> int:
        """Further tokens that its place holds, once it has so many: until it ends, or needs more room."""
        ...


class Blocks:
    """Blocks of one size: any free one will do, and a request takes them as it grows (PagedAttention)."""

    def __init__(self, capacity: int, size: int) -> None:
        self.size, self.free, self.held = size, capacity // size, 0
        self.of: dict[int, int] = {}

    def take(self, name: int, tokens: int, final: int) -> bool:
        """Blocks for what the request has."""
        self.of[name] = 0
        if self.grow(name, tokens):
            return True
        del self.of[name]
        return False

    def grow(self, name: int, tokens: int) -> bool:
        """The next block, where the last one is full."""
        more = -(-tokens // self.size) - self.of[name]
        if more > self.free:
            return False
        self.of[name] += more
        self.free -= more
        self.held += more * self.size
        return True

    def give(self, name: int) -> None:
        """Its blocks, free again."""
        blocks = self.of.pop(name)
        self.free += blocks
        self.held -= blocks * self.size

    def room(self, tokens: int, final: int) -> int:
        """Whole blocks for what it has."""
        return -(-tokens // self.size) * self.size

    def lasts(self, tokens: int, final: int) -> int:
        """What is left of the last block."""
        return min(self.size - tokens % self.size, final - tokens)


class Slots:
    """Slots of powers of two of a smallest size, cut in halves and joined again (the buddy system: Knowlton, CACM 1965)."""

    def __init__(self, capacity: int, size: int) -> None:
        self.size, self.held = size, 0
        self.of: dict[int, tuple[int, int]] = {}
        units, start = capacity // size, 0
        self.largest = max(units.bit_length() - 1, 0)
        self.idle: list[set[int]] = [set() for _ in range(self.largest + 1)]
        for order in range(self.largest, -1, -1):  # the pool as a sum of powers of two, each at a multiple of its size
            if units >> order & 1:
                self.idle[order].add(start)
                start += 1 << order

    def order(self, final: int) -> int:
        """The class of a request: the power of two that holds all of it."""
        return max(-(-final // self.size) - 1, 0).bit_length()

    def take(self, name: int, tokens: int, final: int) -> bool:
        """The first slot of its class, cut from the next larger one that is idle."""
        due = self.order(final)
        cut = next((order for order in range(due, self.largest + 1) if self.idle[order]), None)
        if cut is None:
            return False
        start = min(self.idle[cut])
        self.idle[cut].remove(start)
        for order in range(cut - 1, due - 1, -1):
            self.idle[order].add(start + (1 << order))
        self.of[name] = due, start
        self.held += self.size << due
        return True

    def grow(self, name: int, tokens: int) -> bool:
        """Nothing: the slot holds the whole request."""
        return True

    def give(self, name: int) -> None:
        """Its slot, joined with the other half where that is idle."""
        order, start = self.of.pop(name)
        self.held -= self.size << order
        while order < self.largest and start ^ 1 << order in self.idle[order]:
            self.idle[order].remove(start ^ 1 << order)
            start &= ~(1 << order)
            order += 1
        self.idle[order].add(start)

    def room(self, tokens: int, final: int) -> int:
        """The slot of its class."""
        return self.size << self.order(final)

    def lasts(self, tokens: int, final: int) -> int:
        """All that it will have."""
        return final - tokens


class Segments:
    """Segments of the exact size, each in the first hole that holds it (first fit); neighbouring holes are joined."""

    def __init__(self, capacity: int, size: int = 1) -> None:
        self.held = 0
        self.holes: list[tuple[int, int]] = [(0, capacity)]  # start and end, in order
        self.of: dict[int, tuple[int, int]] = {}

    def take(self, name: int, tokens: int, final: int) -> bool:
        """The beginning of the first hole that holds all of it."""
        for index, (start, end) in enumerate(self.holes):
            if end - start >= final:
                self.holes[index : index + 1] = [(start + final, end)] if end - start > final else []
                self.of[name] = start, start + final
                self.held += final
                return True
        return False

    def grow(self, name: int, tokens: int) -> bool:
        """Nothing: the segment holds the whole request."""
        return True

    def give(self, name: int) -> None:
        """Its segment, joined with the holes beside it."""
        start, end = self.of.pop(name)
        self.held -= end - start
        insort(self.holes, (start, end))
        index = self.holes.index((start, end))
        if index + 1 < len(self.holes) and self.holes[index + 1][0] == end:
            end = self.holes.pop(index + 1)[1]
        if index and self.holes[index - 1][1] == start:
            start = self.holes.pop(index - 1)[0]
            index -= 1
        self.holes[index] = start, end

    def room(self, tokens: int, final: int) -> int:
        """Its whole length."""
        return final

    def lasts(self, tokens: int, final: int) -> int:
        """All that it will have."""
        return final - tokens
