"""The closed form of overflow against the replay of the same load: setting by setting, and how often within the limit.

A difference is within the limit up to 10 % of the replayed rate, or 2 points where that is above 2 %. Rates below 0.1 % count as
equal: replays of this length hardly see them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.stress.overflow.answer import Overflow, predict_overflow
from costmodel.stress.overflow.referee import LENGTH, MOST, SEEN, Referee, Replays, limit_of
from costmodel.stress.overflow.settings import Setting


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
        return abs(self.difference) <= limit_of(self.replayed) or max(self.predicted, self.replayed) < SEEN

    @property
    def is_undecided(self) -> bool:
        """Whether the difference is beyond the limit, but within the replay's own interval."""
        return not self.is_within and abs(self.difference) <= self.half_width


@dataclass(frozen=True)
class Judged:
    """One setting: the law's answer, the share of time in overflow, preemptions a request; how many requests were replayed."""

    setting: Setting
    answer: Overflow
    overflow: Rate
    preemptions: Rate
    requests: int


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


def judge(setting: Setting, answer: Overflow, replays: Replays) -> Judged:
    """The answer to a setting beside its replays."""
    overflow = Rate(answer.probability, replays.overflow, replays.overflow_half_width)
    preemptions = Rate(answer.preemptions, replays.preemptions, replays.preemptions_half_width)
    return Judged(setting, answer, overflow, preemptions, replays.requests)


def judge_all(
    settings: Iterator[Setting],
    count: int,
    referee: Referee | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Judged], list[tuple[Setting, Overflow]]]:
    """So many settings in which the conditions hold, judged one after the other; and those between them in which they fail."""
    referee, judged, declined = referee or Referee(LENGTH, MOST), [], []
    for setting in settings:
        answer = predict(setting)
        if answer.failing:
            declined.append((setting, answer))
            continue
        judged.append(judge(setting, answer, referee.replay(setting)))
        on_progress(len(judged), count)
        if len(judged) == count:
            break
    return judged, declined
