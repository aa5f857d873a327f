"""What users ask of a replica: lengths of prompts and outputs, and how many requests are in flight or come in a second."""

import math
from dataclasses import dataclass, replace

import numpy as np

from costmodel.errors import InputError
from costmodel.stress.replay import Arrivals, closed_loop, random_arrivals
from costmodel.text.counted import counted

LEAST_REQUESTS, MOST_REQUESTS = 1500, 20_000  # replayed, so that a 99th percentile stands on fifteen
WARM_UP_WAVES, REPLAYED_WAVES = 2, 10
OPEN_WARM_UP = 0.1  # of the requests of an open load
MAX_SPREAD, MAX_TOKENS = 10.0, 1e7


@dataclass(frozen=True)
class Workload:
    """Mean tokens of prompts and outputs with their coefficients of variation (gamma laws), and a load.

    Either ``concurrency`` requests are in flight, each followed by the next at once, or ``rate`` arrive in a second, with counts
    of that ``dispersion`` (variance over mean; 1 is Poisson). ``hit_rate`` is the share of every prompt that the prefix cache
    holds. Or ``trace``, whose requests come as they came.
    """

    prompt: float = 1024.0
    prompt_cv: float = 0.5
    output: float = 512.0
    output_cv: float = 0.5
    concurrency: float | None = None
    rate: float | None = None
    dispersion: float = 1.0
    hit_rate: float = 0.0
    trace: Arrivals | None = None

    def __post_init__(self):
        if sum(x is not None for x in (self.concurrency, self.rate, self.trace)) != 1:
            raise InputError("a load has a concurrency, a rate or a trace, one of them")
        for name, low, high in (
            ("prompt", 1, MAX_TOKENS), ("output", 1, MAX_TOKENS), ("prompt_cv", 0, MAX_SPREAD), ("output_cv", 0, MAX_SPREAD),
            ("concurrency", 1, 1e6), ("rate", 1e-6, 1e6), ("dispersion", 1e-3, 1e4), ("hit_rate", 0, 0.999),
        ):  # fmt: skip
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InputError(f"{name}: expected {low:g} to {high:g}, got {value:g}")
        if self.concurrency is not None and self.concurrency != int(self.concurrency):
            raise InputError(f"concurrency: expected whole requests, got {self.concurrency:g}")

    def at(self, concurrency: float) -> "Workload":
        """The same requests, so many of them in flight."""
        return replace(self, concurrency=concurrency, rate=None, trace=None)

    @property
    def longest(self) -> float:
        """Tokens of a long request: its mean lengths, or the longest of a trace."""
        if self.trace is not None:
            return float((self.trace.prompt + self.trace.output).max())
        return self.prompt + self.output

    def arrivals(self, max_context: float, seed: int = 0) -> Arrivals:
        """The requests that are replayed; lengths beyond the model's context are cut to it, as a server refuses them."""
        if self.trace is not None:
            return self.trace
        laws = (self.prompt, self.prompt_cv), (self.output, self.output_cv)
        if self.concurrency is not None:
            slots = max(round(self.concurrency), 1)
            waves = WARM_UP_WAVES + REPLAYED_WAVES + 1
            count = int(np.clip(waves * slots, LEAST_REQUESTS, max(MOST_REQUESTS, 3 * slots)))
            drawn = closed_loop(count, slots, *laws, seed)
        else:
            drawn = random_arrivals(2 * LEAST_REQUESTS, float(self.rate or 0), self.dispersion, *laws, seed)
        prompt = np.minimum(drawn.prompt, max(int(max_context) - 1, 1))
        return replace(drawn, prompt=prompt, output=np.maximum(np.minimum(drawn.output, int(max_context) - prompt), 1))

    def measured(self, count: int) -> slice:
        """The requests whose times count: after the load has settled, before it dies down."""
        if self.trace is not None:
            return slice(0, count)
        if self.concurrency is None:
            return slice(int(OPEN_WARM_UP * count), count)
        slots = max(round(self.concurrency), 1)
        return slice(min(WARM_UP_WAVES * slots, count // 2), count - min(slots, count // 4))

    def describe(self) -> str:
        """The load in a sentence, without a full stop."""
        if self.trace is not None:
            pace = f"{self.trace.rate:.3g} a second" if math.isfinite(self.trace.rate) else "all at once"
            load = f"{counted(len(self.trace), 'request')} of a trace, {pace}"
            return f"{load}; prompts of {counted(self.trace.prompt.mean(), 'token')}, outputs of {self.trace.output.mean():,.0f}"
        spread = (f" ± {100 * cv:.0f} %" if cv else "" for cv in (self.prompt_cv, self.output_cv))
        lengths = (
            f"prompts of {counted(self.prompt, 'token')}{next(spread)}, outputs of {self.output:,.0f}{next(spread)}"
        )
        if self.concurrency is not None:
            load = f"{counted(self.concurrency, 'request')} in flight"
        else:
            how = "in bursts" if self.dispersion > 1 else "more evenly than at random"
            arrive = "" if self.dispersion == 1 else f", {how} (dispersion {self.dispersion:g})"
            load = f"{self.rate:g} request{'s' * (self.rate != 1)} a second{arrive}"
        hits = f", {100 * self.hit_rate:.0f} % of them in the prefix cache" if self.hit_rate else ""
        return f"{load}; {lengths}{hits}"
