"""The sequences that run: lengths relative to the step counter, sums that admission and step times need, who is sent back."""

from costmodel.facts.admission import Admission
from costmodel.stress.replay.arrivals import Arrivals
from costmodel.stress.replay.costs import Costs
from costmodel.stress.replay.reserve import Reserve


class Sequences:
    """Running requests in order of admission, each with its length and the step at its entry.

    Every step adds one token to each, so that ``total_base``, the sum of length less step at entry, and their number give all
    contexts. ``final_tokens`` and ``final_blocks`` are what they hold if each generates all that it may.
    """

    def __init__(self, costs: Costs, arrivals: Arrivals, admission: Admission):
        self.costs, self.admission = costs, admission
        self.prompt, self.limit = arrivals.prompt.tolist(), arrivals.output_limit.tolist()
        self.entries: dict[int, tuple[int, int]] = {}
        self.total_base = self.final_tokens = self.final_blocks = 0
        self.clipped: set[int] = set()  # those that may generate more than admission counts

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, request: int) -> bool:
        return request in self.entries

    def enter(self, request: int, length: int, step: int) -> None:
        """A request joins with so many tokens."""
        self.entries[request] = (length, step)
        self.total_base += length - step
        self._count(request, 1)

    def leave(self, request: int) -> None:
        """A request ends or is sent back."""
        base, entry = self.entries.pop(request)
        self.total_base -= base - entry
        self._count(request, -1)

    def length(self, request: int, step: int) -> int:
        """Tokens of a sequence."""
        base, entry = self.entries[request]
        return base + step - entry

    def lengths(self, step: int):
        """Tokens of all, one after the other."""
        return (base + step - entry for base, entry in self.entries.values())

    def context(self, step: int) -> float:
        """Mean tokens of a sequence."""
        return self.total_base / max(len(self.entries), 1) + step

    def generated(self, step: int) -> int:
        """Tokens that all have generated."""
        return self.total_base + len(self.entries) * step - sum(self.prompt[request] for request in self.entries)

    def limits(self) -> int:
        """Tokens that all may generate."""
        return sum(self.limit[request] for request in self.entries)

    def victim(self, step: int) -> int:
        """Who is sent back: the newest, or whoever has generated least (of those, the longest prompt)."""
        if self.admission.victim == "newest":
            return next(reversed(self.entries))
        return min(self.entries, key=lambda r: (self.length(r, step) - self.prompt[r], -self.prompt[r]))

    def reserved(self, reserve: Reserve, used: int, step: int) -> int:
        """Blocks that they may still grow by and admission must leave alone, of a pool of which they use so many."""
        if not reserve.share:
            return 0
        if reserve.is_whole:
            return self.final_blocks - used
        if reserve.is_share_of_tokens:
            left = self.final_tokens - self.total_base - len(self.entries) * step
            left -= sum(max(self._left(request, step) - self.admission.limit, 0) for request in self.clipped)
            return -int(-reserve.share * left // self.costs.block_size)
        return sum(reserve.of_running(self.length(r, step), self._left(r, step)) for r in self.entries)

    def _left(self, request: int, step: int) -> int:
        return self.prompt[request] + self.limit[request] - self.length(request, step)

    def _count(self, request: int, change: int) -> None:
        tokens = self.prompt[request] + self.limit[request]
        self.final_tokens += change * tokens
        self.final_blocks += change * self.costs.blocks_of(tokens)
        if self.limit[request] > self.admission.limit:
            (self.clipped.add if change > 0 else self.clipped.discard)(request)
