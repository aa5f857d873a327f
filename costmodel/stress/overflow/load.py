"""A load of requests: rate and dispersion of arrivals, gamma laws of prompts and outputs, and what follows from them alone."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaincc, gammaincinv

from costmodel.stress.replay.costs import Costs

POINTS = 64  # equal parts of the law of prompts
AGES = 4000


@dataclass(frozen=True)
class Load:
    """Requests a second, dispersion of their counts; mean tokens and coefficients of variation of prompts and outputs."""

    rate: float
    dispersion: float
    prompt: float
    prompt_cv: float
    output: float
    output_cv: float

    @cached_property
    def prompts(self) -> np.ndarray:
        """Tokens of prompts, one for each of equal parts of their law; their mean is exact."""
        if not self.prompt_cv:
            return np.full(POINTS, self.prompt)
        shape = self.prompt_cv**-2
        points = np.maximum(gammaincinv(shape, (np.arange(POINTS) + 0.5) / POINTS) * self.prompt / shape, 1.0)
        points[-1] += max(POINTS * self.prompt - points.sum(), 0.0)
        return points

    @property
    def context(self) -> float:
        """Mean context of the requests that run: long outputs are met more often."""
        return self.prompt + self.output * (1 + self.output_cv**2) / 2

    @property
    def decoded(self) -> float:
        """Tokens of an output that decode steps give: all but the first."""
        return max(self.output - 1, 1e-6)

    @property
    def lengths(self) -> dict[str, float]:
        """What the formulas call them."""
        return {
            "prompt": self.prompt, "prompt_cv": self.prompt_cv, "generated": self.output, "generated_cv": self.output_cv,
            "arrival_rate": self.rate, "arrival_dispersion": self.dispersion,
        }  # fmt: skip

    def burst_overlap(self) -> float:
        """∫ h² da over E[o] h̄², with h(a) the demand of a request of age a, if it still runs, and h̄ the mean demand.

        It is 1 where all outputs are alike and prompts long: a burst then leaves as it came.
        """
        largest = self.output * (1 + 8 * max(self.output_cv, 0.1))
        ages = (np.arange(AGES) + 0.5) / AGES * largest
        shape = max(self.output_cv, 0.02) ** -2
        demand = (self.prompt + ages) * gammaincc(shape, ages * shape / self.output)
        return float((demand**2).sum() * (ages[1] - ages[0]) / (self.output * self.context**2))


@dataclass(frozen=True)
class PromptWork:
    """Prompts of a load on a deployment: mean seconds and their squared variation, passes, and seconds that one pass pays.

    ``held`` is the mean of tokens × seconds of a prompt, ``covariance`` that of tokens with seconds, over the mean seconds;
    ``host`` the seconds that a pass with a prompt takes at least.
    """

    seconds: float
    variation: float
    passes: float
    floor: float
    held: float
    covariance: float
    host: float = 0.0

    @classmethod
    def of(cls, costs: Costs, load: Load, running: float) -> "PromptWork":
        """What the prompts of a load take beside so many running sequences."""
        tokens = load.prompts
        seconds = np.array([costs.prefill(length) for length in tokens])
        room = max(costs.max_batched_tokens - running, 1)
        mean = float(seconds.mean())
        return cls(
            mean, float((seconds**2).mean() / mean**2 - 1), float(np.maximum(np.ceil(tokens / room), 1).mean()),
            costs.prefill(1.0), float((tokens * seconds).mean()), float(((tokens - tokens.mean()) * seconds).mean() / mean),
            costs.pass_host_time,
        )  # fmt: skip
