"""Who arrives when, with how many tokens: drawn at a rate and a dispersion, or taken from a trace.

Gaps between arrivals follow a gamma law: a dispersion (variance of counts over their mean, in the long run the squared
variation of gaps) of 1 is Poisson, above it arrivals come in bursts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from costmodel.errors import InputError
from costmodel.text.counted import counted
from costmodel.traces import Request

MAX_REQUESTS = 200_000  # replayed at once


@dataclass(frozen=True)
class Arrivals:
    """Times (seconds, rising), tokens of each prompt and of each output (whole, at least 1).

    ``stated_limit`` is the longest output that every request asks for (max_tokens); without one, each knows its own. With
    ``slots`` the loop is closed: so many come at once, and each that ends is followed by the next. ``remarks`` say what a trace
    holds and the arrivals do not.
    """

    time: np.ndarray
    prompt: np.ndarray
    output: np.ndarray
    stated_limit: int = 0
    slots: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def output_limit(self) -> np.ndarray:
        """Tokens that each request may generate, as admission knows them."""
        return np.maximum(self.output, self.stated_limit)

    def __len__(self) -> int:
        return len(self.time)

    @property
    def rate(self) -> float:
        """Requests a second."""
        span = float(self.time[-1] - self.time[0]) if len(self.time) > 1 else 0.0
        return (len(self.time) - 1) / span if span > 0 else float("inf")

    @property
    def dispersion(self) -> float:
        """Squared variation of the gaps between arrivals; 1 for a Poisson process."""
        gaps = np.diff(self.time)
        return float(np.var(gaps) / np.mean(gaps) ** 2) if len(gaps) and np.mean(gaps) > 0 else 0.0


def random_arrivals(
    count: int, rate: float, dispersion: float, prompt: tuple[float, float], output: tuple[float, float], seed: int = 0
) -> Arrivals:
    """``count`` requests at a rate; ``prompt`` and ``output`` are (mean tokens, coefficient of variation) of gamma laws.

    Raises InputError for a rate or a mean that is not positive, or for a spread below 0.
    """
    checks = ("rate", rate), ("dispersion", dispersion), ("prompt", prompt[0]), ("output", output[0])
    for name, value in checks:
        if not value > 0:
            raise InputError(f"{name}: expected a number above 0, got {value:g}")
    draw = np.random.default_rng(seed)
    gaps = draw.gamma(1 / dispersion, dispersion / rate, count)
    return Arrivals(np.cumsum(gaps) - gaps[0], *(_lengths(draw, count, *law) for law in (prompt, output)))


def closed_loop(
    count: int, slots: int, prompt: tuple[float, float], output: tuple[float, float], seed: int = 0
) -> Arrivals:
    """``count`` requests, ``slots`` of them in flight at any time; lengths as for ``random_arrivals``.

    Raises InputError for slots that are none or more than the requests.
    """
    if not 1 <= slots <= count:
        raise InputError(f"concurrency: expected 1 to {count:,}, got {slots:,}")
    draw = np.random.default_rng(seed)
    lengths = (_lengths(draw, count, *law) for law in (prompt, output))
    return Arrivals(np.where(np.arange(count) < slots, 0.0, np.inf), *lengths, slots=slots)


def from_trace(requests: Iterable[Request], location: str, speed: float = 1.0) -> Arrivals:
    """The requests of a trace, ``speed`` times as fast; the first 200,000 of a longer one.

    Raises InputError for a trace of fewer than two requests.
    """
    rows, is_cut = [], False
    for request in requests:
        if is_cut := len(rows) == MAX_REQUESTS:
            break
        rows.append((request.time, request.input_tokens, request.output_tokens))
    if len(rows) < 2:
        raise InputError(f"{location}: expected at least 2 requests, got {len(rows)}")
    table = np.array(sorted(rows), dtype=float)
    lengths = (np.maximum(np.round(column), 1).astype(np.int64) for column in (table[:, 1], table[:, 2]))
    remarks = [f"the first {counted(MAX_REQUESTS, 'request')} of a longer trace"] * is_cut
    if empty := int((np.round(table[:, 1:]) < 1).any(axis=1).sum()):
        remarks.append(f"{counted(empty, 'request')} without prompt or output: replayed with one token of it")
    return Arrivals((table[:, 0] - table[0, 0]) / speed, *lengths, remarks=tuple(remarks))


def _lengths(draw: np.random.Generator, count: int, mean: float, spread: float) -> np.ndarray:
    if spread < 0:
        raise InputError(f"coefficient of variation: expected 0 or more, got {spread:g}")
    drawn = np.full(count, mean) if spread == 0 else draw.gamma(1 / spread**2, mean * spread**2, count)
    return np.maximum(np.round(drawn), 1).astype(np.int64)
