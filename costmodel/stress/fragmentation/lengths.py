"""The lengths of a trace's requests, in their order: whole tokens in and out, of at most so many requests."""

from collections.abc import Iterable
from dataclasses import dataclass

from costmodel.errors import InputError
from costmodel.text.counted import counted
from costmodel.traces import Request

MOST_REQUESTS = 200_000  # placed one by one; of a longer trace its beginning
LEAST_REQUESTS = 16


@dataclass(frozen=True)
class Lengths:
    """Prompt and output tokens of each request, those without an output counted, and those behind the limit."""

    requests: list[tuple[int, int]]
    without_output: int
    beyond_the_limit: int

    def text(self, name: str) -> str:
        """What was read, and what was left out, in words."""
        left = [f"{self.without_output:,} without an output"] if self.without_output else []
        left += [f"{self.beyond_the_limit:,} behind the first {MOST_REQUESTS:,}"] if self.beyond_the_limit else []
        return f"{name}: {counted(len(self.requests), 'request')}" + (
            f"; left out: {', '.join(left)}." if left else "."
        )


def read_lengths(requests: Iterable[Request], location: str) -> Lengths:
    """The lengths of the requests of a trace. Raises InputError where they are too few."""
    kept: list[tuple[int, int]] = []
    without = beyond = 0
    for request in requests:
        prompt, output = round(request.input_tokens), round(request.output_tokens)
        if output < 1:
            without += 1
        elif len(kept) >= MOST_REQUESTS:
            beyond += 1
        else:
            kept.append((prompt, output))
    if len(kept) < LEAST_REQUESTS:
        raise InputError(f"{location}: expected at least {LEAST_REQUESTS} requests with an output, got {len(kept)}")
    return Lengths(kept, without, beyond)
