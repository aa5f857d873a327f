"""What freed memory is worth: tokens a second that one more GiB of pool brings, and the batch above which it brings none.

A larger batch shares the weights among more sequences; once the step grows in proportion to the batch (attention, or arithmetic),
or the scheduler runs no more, memory buys nothing. Static: one context, no arrivals, decode steps alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.deployment import Deployment
from costmodel.text.counted import counted

GIBI = 2.0**30
SATURATED = 1.1  # throughput of twice the batch over that of the batch, below which a batch is saturated


@dataclass(frozen=True)
class LoadPoint:
    """A batch at one context: its step (seconds), tokens a second, MBU and MFU, and whether the pool holds it."""

    batch: float
    step: float
    throughput: float
    bandwidth_use: float
    arithmetic_use: float
    fits: bool


@dataclass(frozen=True)
class MemoryWorth:
    """At one context: points of the load, the largest batch and what ends it, a GiB's worth, where memory buys nothing.

    ``worth`` is in tokens a second for one GiB on every GPU of the replica; ``saturation`` the batch (sequences) from which twice
    the sequences give less than a tenth more tokens, infinite where no batch that the scheduler runs does.
    """

    context: float
    points: tuple[LoadPoint, ...]
    largest: float
    limit: str
    throughput: float
    worth: float
    saturation: float

    @property
    def text(self) -> str:
        """One sentence."""
        if self.largest < 1:
            return "the pool holds no such sequence: memory decides whether it runs at all"
        if self.limit != "memory":
            return f"the scheduler runs {counted(self.largest, 'sequence')} and memory holds more: a freed GiB buys nothing"
        gain = f"one more GiB is worth {self.worth:,.3g} tokens/s ({self.worth / self.throughput:.1%})"
        text = f"the pool holds {counted(self.largest, 'sequence')}; {gain}"
        if self.largest >= self.saturation:
            return f"{text}: from {self.saturation:,.0f} on, twice the batch gives less than a tenth more"
        return text


def memory_worth(deployment: Deployment, scheme: str | Scheme, batch: Sequence[float], context: float) -> MemoryWorth:
    """The load of a scheme at ``batch`` (sequences) and ``context`` (tokens), and the worth of memory there.

    Raises InputError for a batch or a context that is not positive.
    """
    scheme = load_scheme(scheme) if isinstance(scheme, str) else scheme
    batches = np.asarray(batch, dtype=float)
    if not (batches > 0).all() or not context > 0:
        raise InputError(f"batch and context: expected numbers above 0, got {batches.min():g} and {context:g}")
    pool = build_pool_evaluator(deployment, scheme, context, context, None, None)
    in_memory, largest = (float(drop_model_axes(pool[name])) for name in ("max_batch_memory", "max_batch"))
    scheduled = deployment.engine.numbers["max_sequences"]
    size = float(drop_model_axes(pool["local_sequence_size"]))
    limit = "memory" if in_memory < scheduled else "scheduler"
    at_largest, with_more = _throughput(
        deployment, scheme, np.array([max(largest, 1.0), max(largest, 1.0) + GIBI / size]), context
    )
    every = np.arange(1.0, scheduled + 1)
    growth = _throughput(deployment, scheme, 2 * every, context) / _throughput(deployment, scheme, every, context)
    saturated = every[growth < SATURATED]
    return MemoryWorth(
        context,
        _points(deployment, scheme, batches, context, largest),
        largest,
        limit,
        at_largest,
        with_more - at_largest if limit == "memory" else 0.0,
        float(saturated[0]) if saturated.size else float("inf"),
    )


def _points(deployment, scheme, batches, context, largest) -> tuple[LoadPoint, ...]:
    step = build_evaluator(deployment, scheme, batches, context, prompt=context)
    names = ("step_time", "throughput", "bandwidth_use", "arithmetic_use")
    columns = [np.broadcast_to(drop_model_axes(step[name]), batches.shape) for name in names]
    return tuple(
        LoadPoint(float(b), *map(float, values), fits=bool(b <= largest))
        for b, *values in zip(batches, *columns, strict=True)
    )


def _throughput(deployment, scheme, batch, context) -> np.ndarray:
    return drop_model_axes(build_evaluator(deployment, scheme, batch, context, prompt=context)["throughput"])
