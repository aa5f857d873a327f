"""Targets, and how a set-up stands against them: times at a percentile over requests, and what users lose in quality."""

from dataclasses import dataclass

import numpy as np

from costmodel.analyses.cost import gpu_hours_per_million
from costmodel.analyses.load import UnderLoad, Workload, under_load
from costmodel.analyses.quality import Loss, first_published
from costmodel.analyses.recommend.candidates import PLAIN, Setup
from costmodel.errors import InputError
from costmodel.stress.replay import Costs, costs_of

MILLI = 1e3
MOST_USERS = 8192  # of a replica
MOST_WAITING = 0.05  # of the users may wait for room, where no time to the first token is asked for
CLOSE = 1.02  # bounds of the number of users that are as good as one


@dataclass(frozen=True)
class Targets:
    """Requests in flight, and the longest times (seconds) of an output token and to the first, at a percentile over requests."""

    users: float
    tpot: float | None = None
    ttft: float | None = None
    percentile: float = 95.0
    max_quality_loss: float | None = None

    def __post_init__(self):
        if not self.users >= 1:
            raise InputError(f"users: expected at least 1, got {self.users:g}")
        if self.users != int(self.users):
            raise InputError(f"users: expected whole requests in flight, got {self.users:g}")
        if not 0 < self.percentile < 100:
            raise InputError(f"percentile: expected above 0 and below 100, got {self.percentile:g}")
        for name in ("tpot", "ttft"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name}: expected a time above 0, got {value:g} s")

    def times(self) -> dict[str, float]:
        """The limits in milliseconds, by column."""
        limits = {"tpot_ms": self.tpot, "ttft_ms": self.ttft}
        return {name: MILLI * value for name, value in limits.items() if value is not None}


@dataclass(frozen=True, eq=False)
class Judged:
    """A set-up under the load of all users: what each replica's users meet, and whether that is within the targets.

    ``is_certain`` is False where a target lies within the 90 % interval of its time. ``capacity`` is the largest number of users
    within the targets, None where nobody looked for it.
    """

    setup: Setup
    answer: UnderLoad
    targets: Targets
    quality: Loss | None
    capacity: int | None = None

    def at_percentile(self, name: str) -> float:
        """A time in milliseconds at the percentile of the targets."""
        return self.answer.percentile(name, self.targets.percentile)

    def ends(self, name: str) -> tuple[float, float]:
        """Its 90 % interval: that of the mean, as a factor."""
        columns = self.answer.columns
        factor = self.at_percentile(name) / columns[name]
        return factor * columns[f"{name}_lo"], factor * columns[f"{name}_hi"]

    @property
    def is_feasible(self) -> bool:
        """Whether the pool holds requests and times are within the targets; without one for the first token, few may wait."""
        if not self.answer.fits:
            return False
        if self.targets.ttft is None and self.answer.waiting > MOST_WAITING * (
            self.answer.waiting + self.answer.running
        ):
            return False
        return all(self.at_percentile(name) <= limit for name, limit in self.targets.times().items())

    @property
    def is_certain(self) -> bool:
        """Whether the whole 90 % intervals lie on one side of the targets."""
        for name, limit in self.targets.times().items():
            low, high = self.ends(name)
            if low <= limit < high:
                return False
        return True

    @property
    def serves(self) -> bool:
        """Whether it serves anybody within the targets; a rate and a cost outside them answer no question."""
        return self.capacity != 0

    @property
    def throughput(self) -> float:
        """Output tokens a second of all replicas."""
        return self.answer.columns["throughput_tok_s"] * self.setup.replicas

    @property
    def gpu_hours_per_million(self) -> float:
        """GPU hours of a million output tokens, their prompts included."""
        return gpu_hours_per_million(self.setup.gpus, self.throughput)

    @property
    def quality_is_known(self) -> bool:
        """Whether somebody published what the cache and the weights lose: nobody's figures of quantised weights are here."""
        own = self.setup.deployment.model.weight_dtype == self.setup.deployment.weight_dtype
        return own and (self.setup.scheme.id == PLAIN or self.quality is not None)


def judge(setup: Setup, workload: Workload, targets: Targets, costs: Costs | None = None) -> Judged:
    """A set-up under the load of ``targets.users``, spread evenly over its replicas."""
    costs = costs_of(setup.deployment, setup.scheme, workload.hit_rate) if costs is None else costs
    share = max(int(np.ceil(targets.users / setup.replicas)), 1)
    percentiles = sorted({50.0, 95.0, 99.0, targets.percentile})
    answer = under_load(setup.deployment, setup.scheme, workload.at(share), costs, percentiles)
    return Judged(setup, answer, targets, first_published(setup.scheme.spec, setup.deployment.model.id))


def largest_users(setup: Setup, workload: Workload, targets: Targets, costs: Costs) -> int:
    """The largest number of users within the targets; 0 where one alone is not. Found to 2 %, doubling and halving."""

    def meets(users: int) -> bool:
        aim = Targets(users, targets.tpot, targets.ttft, targets.percentile)
        return judge(setup, workload, aim, costs).is_feasible

    good, bad = 0, setup.replicas
    while bad <= MOST_USERS * setup.replicas and meets(bad):
        good, bad = bad, 2 * bad
    while good and bad > good + setup.replicas and bad > CLOSE * good:
        middle = setup.replicas * round((good + bad) / 2 / setup.replicas)
        if middle in (good, bad):
            break
        good, bad = (middle, bad) if meets(middle) else (good, middle)
    return good
