"""Which set-up to run: engine, GPUs, types of cache and weights for so many users within targets, and where the answer flips.

Every candidate is replayed under the load; what cannot run or does not exist is left out and counted.
"""

from costmodel.analyses.recommend.candidates import Setup, Space, setups
from costmodel.analyses.recommend.search import Recommendation, recommend
from costmodel.analyses.recommend.targets import Judged, Targets, judge

__all__ = ["Judged", "Recommendation", "Setup", "Space", "Targets", "judge", "recommend", "setups"]
