"""How often a prefix is found in the cache: a closed form from reuse intervals, and exact replays that judge it."""

from costmodel.stress.reuse.intervals import ReuseIntervals, measure_intervals
from costmodel.stress.reuse.references import References, collect_references
from costmodel.stress.reuse.replay import infinite_hit_rate, replay_lru, replay_optimal

__all__ = [
    "References",
    "ReuseIntervals",
    "collect_references",
    "infinite_hit_rate",
    "measure_intervals",
    "replay_lru",
    "replay_optimal",
]
