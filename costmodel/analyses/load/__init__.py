"""A deployment under a stated load: times as users meet them, how many run and wait, and what limits them.

Requests are replayed one by one through scheduler and paged pool, whose steps and prompts take the time of the formulas.
"""

from costmodel.analyses.load.answer import UnderLoad, under_load
from costmodel.analyses.load.workload import Workload

__all__ = ["UnderLoad", "Workload", "under_load"]
