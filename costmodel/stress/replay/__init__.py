"""Requests replayed one by one: a paged allocator and a scheduler of continuous batching, event by event."""

from costmodel.stress.replay.arrivals import Arrivals, closed_loop, from_trace, random_arrivals
from costmodel.stress.replay.costs import Costs, costs_of
from costmodel.stress.replay.meter import Meter, Replayed
from costmodel.stress.replay.scheduler import Scheduler

__all__ = [
    "Arrivals",
    "Costs",
    "Meter",
    "Replayed",
    "Scheduler",
    "closed_loop",
    "costs_of",
    "from_trace",
    "random_arrivals",
]
