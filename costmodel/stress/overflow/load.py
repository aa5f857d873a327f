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

    @cached_property
    def overlaps(self) -> dict[str, float]:
        """What of a burst is there together, by number and by demand, over what there would be if all stayed and were alike.

        Integrals over age of products of S(a), the probability that a request still runs, and of h(a) = (prompt + a) S(a), over
        the mean output and mean demands: all are 1 where outputs are alike and prompts long, a burst then leaves as it came.
        """
        ages, runs = self._ages()
        size, square = ages / self.context, ages**2 + (self.prompt * self.prompt_cv) ** 2
        demand = size * runs
        integrals = {
            "number_overlap": runs**2, "number_overlap_third": runs**3, "mixed_overlap": runs * demand,
            "burst_overlap": demand**2, "burst_overlap_third": demand**3,
        }  # fmt: skip
        squared = (square * runs * demand).sum() / (square * runs).sum()
        return {name: float(values.sum() / runs.sum()) for name, values in integrals.items()} | {
            "squared_overlap": float(squared)
        }

    def _ages(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean demand of a running request at equally spaced ages, and the probability that it still runs."""
        largest = self.output * (1 + 8 * max(self.output_cv, 0.1))
        ages = (np.arange(AGES) + 0.5) / AGES * largest
        shape = max(self.output_cv, 0.02) ** -2
        return self.prompt + ages, gammaincc(shape, ages * shape / self.output)


@dataclass(frozen=True)
class PromptWork:
    """Prompts of a load on a deployment: mean seconds and their squared variation, passes, and seconds that one pass pays.

    ``excess`` holds the moments of a prompt's tokens beyond their mean while it is computed, ``joint`` the mixed central moments
    of tokens and seconds, of orders (1, 1), (2, 1) and (1, 2); ``host`` is the seconds that a pass with a prompt takes at least.
    """

    seconds: float
    variation: float
    passes: float
    floor: float
    excess: tuple[float, float, float] = (0.0, 0.0, 0.0)
    joint: tuple[float, float, float] = (0.0, 0.0, 0.0)
    host: float = 0.0

    @classmethod
    def of(cls, costs: Costs, load: Load, running: float) -> "PromptWork":
        """What the prompts of a load take beside so many running sequences."""
        tokens = load.prompts
        seconds = np.array([costs.prefill(length) for length in tokens])
        room = max(costs.max_batched_tokens - running, 1)
        mean = float(seconds.mean())
        more, longer = tokens - tokens.mean(), seconds - mean
        excess = tuple(float((more**power * seconds).mean() / mean) for power in (1, 2, 3))
        joint = tuple(float((more**one * longer**other).mean()) for one, other in ((1, 1), (2, 1), (1, 2)))
        return cls(
            mean, float((longer**2).mean() / mean**2), float(np.maximum(np.ceil(tokens / room), 1).mean()),
            costs.prefill(1.0), excess, joint, costs.pass_host_time,
        )  # fmt: skip
