"""How much of a pool holds tokens: blocks of one size, slots of size classes, segments of the exact size.

The closed form stands beside the requests of a trace, placed one by one in a pool of which nothing is ever idle for want of
work. Condition: requests wait all the time, first come, first served.
"""

from costmodel.stress.fragmentation.allocators import Allocator, Blocks, Segments, Slots
from costmodel.stress.fragmentation.analysis import ALLOCATORS, Fragmentation, measure_fragmentation
from costmodel.stress.fragmentation.lengths import Lengths, read_lengths
from costmodel.stress.fragmentation.replay import Occupancy, fill_pool

__all__ = [
    "ALLOCATORS",
    "Allocator",
    "Blocks",
    "Fragmentation",
    "Lengths",
    "Occupancy",
    "Segments",
    "Slots",
    "fill_pool",
    "measure_fragmentation",
    "read_lengths",
]
