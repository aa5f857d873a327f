"""Requests replayed one by one: a paged allocator and a scheduler of continuous batching, event by event."""

from costmodel.stress.replay.arrivals import Arrivals, from_trace, random_arrivals
from costmodel.stress.replay.costs import Costs, costs_of
from costmodel.stress.replay.scheduler import Replayed, Scheduler

__all__ = ["Arrivals", "Costs", "Replayed", "Scheduler", "costs_of", "from_trace", "random_arrivals"]
