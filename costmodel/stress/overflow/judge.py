"""The closed form of overflow against the replay of the same load: setting by setting, and how often within the limit.

A difference is within the limit up to 10 % of the replayed rate, or 2 points where that is above 2 %. Rates below 0.1 % count as
equal: no replay of this length sees them. A replay is measured after a tenth of its requests, until the last has arrived; its own
90 % interval comes from twenty parts of that time.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.stress.overflow.answer import Overflow, predict_overflow
from costmodel.stress.overflow.settings import Setting
from costmodel.stress.replay import Scheduler, random_arrivals

REQUESTS = 40_000  # of one replay
RELATIVE, POINTS, SEEN = 0.1, 0.02, 1e-3


@dataclass(frozen=True)
class Rate:
    """One rate: predicted, replayed, and half of the replay's own 90 % interval."""

    predicted: float
    replayed: float
    half_width: float

    @property
    def difference(self) -> float:
        """Predicted less replayed."""
        return self.predicted - self.replayed

    @property
    def is_within(self) -> bool:
        """Whether the difference is within the limit."""
        limit = max(RELATIVE * self.replayed, POINTS if self.replayed > POINTS else 0.0)
        return abs(self.difference) <= limit or max(self.predicted, self.replayed) < SEEN

    @property
    def is_undecided(self) -> bool:
        """Whether the difference is beyond the limit, but within the replay's own interval."""
        return not self.is_within and abs(self.difference) <= self.half_width


@dataclass(frozen=True)
class Judged:
    """One setting: the law's answer, the share of time in overflow, and preemptions a request."""

    setting: Setting
    answer: Overflow
    overflow: Rate
    preemptions: Rate


@dataclass(frozen=True)
class Tally:
    """Of so many settings: the share within the limit, that with those that the replay cannot decide, and the differences."""

    count: int
    within: float
    not_refuted: float
    median: float
    p90: float
    bias: float

    @classmethod
    def of(cls, rates: Iterable[Rate]) -> "Tally":
        """The tally of some rates; NaN of none."""
        rates = list(rates)
        if not rates:
            return cls(0, *[float("nan")] * 5)
        size = np.abs([rate.difference for rate in rates])
        within = np.mean([rate.is_within for rate in rates])
        loose = np.mean([rate.is_within or rate.is_undecided for rate in rates])
        bias = np.mean([rate.difference for rate in rates])
        return cls(len(rates), *map(float, (within, loose, np.median(size), np.quantile(size, 0.9), bias)))


def predict(setting: Setting) -> Overflow:
    """The closed form's answer to a setting."""
    return predict_overflow(setting.deployment, load_scheme(setting.scheme), setting.load, setting.costs)


def judge(setting: Setting, answer: Overflow, requests: int = REQUESTS) -> Judged:
    """The answer to a setting beside the replay of so many requests."""
    load = setting.load
    arrivals = random_arrivals(
        requests, load.rate, load.dispersion, (load.prompt, load.prompt_cv), (load.output, load.output_cv), setting.seed
    )
    start, end = float(arrivals.time[requests // 10]), float(arrivals.time[-1])
    meter = Scheduler(setting.costs, arrivals, window=(start, end)).run().meter
    arrived = int(((arrivals.time >= start) & (arrivals.time < end)).sum())
    half_width = meter.preemptions_half_width * (end - start) / arrived
    preemptions = Rate(answer.preemptions, meter.preemptions / arrived, half_width)
    return Judged(setting, answer, Rate(answer.probability, meter.overflow, meter.overflow_half_width), preemptions)


def judge_all(
    settings: Iterator[Setting],
    count: int,
    requests: int = REQUESTS,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Judged], list[tuple[Setting, Overflow]]]:
    """So many settings in which the conditions hold, judged one after the other; and those between them in which they fail."""
    judged, declined = [], []
    for setting in settings:
        answer = predict(setting)
        if answer.failing:
            declined.append((setting, answer))
            continue
        judged.append(judge(setting, answer, requests))
        on_progress(len(judged), count)
        if len(judged) == count:
            break
    return judged, declined
