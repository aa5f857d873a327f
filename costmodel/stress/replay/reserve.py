"""Blocks that admission leaves alone: a share of what each request may still generate, as an engine's policy says.

SGLang's share falls while nobody is sent back and rises when somebody is; TensorRT-LLM's GUARANTEED_NO_EVICT reserves all of it;
vLLM and MAX_UTILIZATION none.
"""

import math

from costmodel.facts.admission import Admission
from costmodel.stress.replay.costs import Costs


class Reserve:
    """The reserve of one replay; ``share`` is that of the running requests now.

    It ``is_share_of_tokens`` where caches grow without end: then it is counted for all requests together.
    """

    def __init__(self, costs: Costs, policy: Admission):
        self.is_share_of_tokens = math.isinf(costs.cap)
        self.costs, self.policy = costs, policy
        self.share = policy.reserved_running
        self._fall = (policy.reserved_running - policy.floor) / policy.decay_steps if policy.decay_steps else 0.0

    @property
    def is_whole(self) -> bool:
        """Whether everyone's blocks are reserved to the end."""
        return self.share == 1 and math.isinf(self.policy.limit)

    @property
    def is_falling(self) -> bool:
        """Whether a step that changes nothing else may make room for a request."""
        return self.share > self.policy.floor

    def step(self, steps: int) -> None:
        """Decode steps in which nobody was sent back."""
        if self._fall:
            self.share = max(self.share - steps * self._fall, self.policy.floor)

    def retract(self, generated: int, limits: int, running: int) -> None:
        """Somebody was sent back: tokens that the running requests have generated, of those that they may."""
        if self.policy.decay_steps:
            self.share = min((generated + self.policy.retraction_steps * running) / (limits + 1), 1.0)

    def of_new(self, length: int, left: int) -> int:
        """Blocks beside those of its prompt that a request needs free to be let in."""
        return self._blocks(length, left, self.policy.reserved_new)

    def of_running(self, length: int, left: int) -> int:
        """Blocks that stay free for a request that runs."""
        return self._blocks(length, left, self.share)

    def _blocks(self, length: int, left: int, share: float) -> int:
        if not share:
            return 0
        more = share * min(left, self.policy.limit)
        return self.costs.blocks_of(length + more) - self.costs.blocks_of(length)
