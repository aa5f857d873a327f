"""Replays of a setting, one after the other, until they resolve its rates or so many requests are replayed.

Each is measured after a tenth of its requests, until the last has arrived. Parts of all of them (batch means) tell how far the
mean may be off: it is resolved where the whole 90 % interval is no wider than the limit of a difference, or lies below half of
what counts as seen. What was replayed is written as it goes, and found again.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.ask.intervals import Z90
from costmodel.stress.overflow.settings import Setting
from costmodel.stress.replay import Scheduler, random_arrivals

LENGTH, MOST = 40_000, 400_000  # requests of one replay, of all of a setting
LEAST_REPLAYS = 2
APART = 1_000_000  # seeds of one replay and the next
RELATIVE, POINTS, SEEN = 0.1, 0.02, 1e-3


def limit_of(rate: float) -> float:
    """How far a prediction may be off a replayed rate: 10 % of it, or 2 points where it is above 2 %."""
    return max(RELATIVE * rate, POINTS if rate > POINTS else 0.0)


@dataclass(frozen=True)
class Replays:
    """Share of time in overflow and preemptions a request, each with half of its 90 % interval; requests that were replayed."""

    seed: int
    workload: dict[str, float]
    requests: int
    overflow: float
    overflow_half_width: float
    preemptions: float
    preemptions_half_width: float


@dataclass
class Referee:
    """Replays of ``length`` requests, at most ``most`` in all; ``file`` keeps what was replayed, one setting a line."""

    length: int = LENGTH
    most: int = MOST
    file: Path | None = None
    known: dict[int, Replays] = field(default_factory=dict)

    def __post_init__(self):
        if self.file and self.file.exists():
            for number, line in enumerate(self.file.read_text(encoding="utf-8").splitlines(), 1):
                self._remember(number, line)

    def replay(self, setting: Setting) -> Replays:
        """The replays of a setting; those of the file where it holds them."""
        known = self.known.get(setting.seed)
        if known and known.workload == asdict(setting.load):
            return known
        parts, arrived = np.zeros((0, 3)), 0
        for number in range(max(self.most // self.length, 1)):
            more, count = self._one(setting, setting.seed + APART * number)
            parts, arrived = np.concatenate([parts, more]), arrived + count
            replays = _summary(setting, parts, arrived, (number + 1) * self.length)
            if number + 1 >= LEAST_REPLAYS and _is_resolved(replays):
                break
        if self.file:
            with self.file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(replays)) + "\n")
        return replays

    def _one(self, setting: Setting, seed: int) -> tuple[np.ndarray, int]:
        load = setting.load
        lengths = (load.prompt, load.prompt_cv), (load.output, load.output_cv)
        arrivals = random_arrivals(self.length, load.rate, load.dispersion, *lengths, seed)
        start, end = float(arrivals.time[self.length // 10]), float(arrivals.time[-1])
        meter = Scheduler(setting.costs, arrivals, window=(start, end)).run().meter
        return meter.parts, int(((arrivals.time >= start) & (arrivals.time < end)).sum())

    def _remember(self, number: int, line: str) -> None:
        try:
            replays = Replays(**json.loads(line))
        except (ValueError, TypeError):
            message = (
                f"{self.file}, line {number}: expected the replays of one setting, as validate --burst writes them"
            )
            raise InputError(message) from None
        self.known[replays.seed] = replays


def _summary(setting: Setting, parts: np.ndarray, arrived: int, requests: int) -> Replays:
    """Seconds, seconds in overflow and preemptions of each part, all together."""
    rows = parts[parts[:, 0] > 0]
    seconds, blocked, preempted = rows.sum(axis=0)
    spread = (
        float(Z90 * np.std(rows[:, column] - total / seconds * rows[:, 0], ddof=1) * np.sqrt(len(rows)))
        for column, total in ((1, blocked), (2, preempted))
    )
    overflow, preemptions = spread
    return Replays(
        setting.seed, asdict(setting.load), requests, float(blocked / seconds), overflow / float(seconds),
        float(preempted / arrived), preemptions / arrived,
    )  # fmt: skip


def _is_resolved(replays: Replays) -> bool:
    rates = (replays.overflow, replays.overflow_half_width), (replays.preemptions, replays.preemptions_half_width)
    return all(half <= limit_of(rate) / 2 or rate + half < SEEN / 2 for rate, half in rates)
