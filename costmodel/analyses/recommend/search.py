"""The search: from the fewest GPUs on, every set-up under the load; the best of the first number that is enough.

Among as many GPUs, the set-up that most users fit is best: the targets bind, and what is left over is room. Where none is enough,
the set-up with most users on most GPUs says how many there may be.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from costmodel.analyses.load import Workload
from costmodel.analyses.recommend.candidates import PLAIN, Setup, Space, setups
from costmodel.analyses.recommend.targets import Judged, Targets, judge, largest_users
from costmodel.errors import InputError
from costmodel.stress.replay import Costs, costs_of
from costmodel.text.counted import counted

FINALISTS = 6  # set-ups whose largest number of users is looked for
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Recommendation:
    """The best set-up and the runner-up with the users that they hold; every set-up that was replayed; where the answer flips.

    ``best`` is the closest one where none is within the targets.
    """

    best: Judged
    runner_up: Judged | None
    judged: tuple[Judged, ...]
    flips: tuple[str, ...]
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def is_feasible(self) -> bool:
        """Whether the best set-up holds all users within the targets."""
        return (self.best.capacity or 0) >= self.best.targets.users

    def front(self) -> list[Judged]:
        """The set-ups that run, of which no other is at least as cheap and as fast, cheapest first."""
        running = [one for one in self.judged if one.answer.fits]
        cost = {id(one): (one.gpu_hours_per_million, one.at_percentile("tpot_ms")) for one in running}
        return sorted(
            (
                one for one in running
                if not any(
                    all(x <= y for x, y in zip(cost[id(other)], cost[id(one)], strict=True)) and cost[id(other)] != cost[id(one)]
                    for other in running
                )
            ),
            key=lambda one: cost[id(one)],
        )  # fmt: skip


def recommend(
    space: Space,
    workload: Workload,
    targets: Targets,
    explores_all: bool = False,
    on_progress: OnProgress | None = None,
) -> Recommendation:
    """The set-up to run for a load within targets.

    ``explores_all`` replays every number of GPUs, for the whole front. Raises InputError where nothing can run at all.
    """
    costs: dict[tuple, Costs] = {}

    def costs_for(setup: Setup) -> Costs:
        if setup.key not in costs:
            costs[setup.key] = costs_of(setup.deployment, setup.scheme, workload.hit_rate)
        return costs[setup.key]

    judged: list[Judged] = []
    for gpus in sorted(space.gpus):
        candidates = list(setups(space, gpus))
        for done, setup in enumerate(candidates):
            if on_progress:
                on_progress(done, len(candidates))
            one = judge(setup, workload, targets, costs_for(setup))
            if targets.max_quality_loss is not None and not _is_within_loss(one, targets.max_quality_loss):
                space.leave_out(_loss_reason(one, targets.max_quality_loss))
                continue
            judged.append(one)
        if not explores_all and any(one.is_feasible and one.setup.gpus == gpus for one in judged):
            break
    running = [one for one in judged if one.answer.fits]
    if not running:
        reasons = "; ".join(f"{reason} ({count})" for reason, count in list(space.left_out.items())[:3])
        raise InputError(
            f"no set-up of {_name(space.model)} on {_name(space.gpu)} runs these requests: {reasons or 'no pool holds one'}"
        )
    finalists, chosen = [], _finalists(running)
    for done, one in enumerate(chosen):
        if on_progress:
            on_progress(done, len(chosen))
        finalists.append(replace(one, capacity=largest_users(one.setup, workload, targets, costs_for(one.setup))))
    feasible = [one for one in finalists if one.is_feasible]
    if feasible:
        fewest = min(one.setup.gpus for one in feasible)
        first = sorted((one for one in feasible if one.setup.gpus == fewest), key=_worth)
        order = first + [one for one in finalists if one not in first]
    else:
        order = sorted(finalists, key=_worth)
        order[:2] = [_at_capacity(one, workload, costs_for(one.setup)) for one in order[:2]]
    twin = next((one for one in running if one not in chosen and _is_plain_twin(one, order[0])), None)
    if twin is not None:  # of the best, which was not the first finalist
        capacity = largest_users(twin.setup, workload, targets, costs_for(twin.setup))
        order.append(replace(twin, capacity=capacity))
    return Recommendation(
        order[0], order[1] if len(order) > 1 else None, tuple(judged), _flips(order), dict(space.left_out)
    )


def _worth(one: Judged) -> tuple[float, float, float]:
    """Most users first; of as many, the cache that loses least, then the cheaper."""
    loss = one.quality.value if one.quality is not None else float("inf")
    return -(one.capacity or 0), loss, one.gpu_hours_per_million


def _at_capacity(one: Judged, workload: Workload, costs: Costs) -> Judged:
    """A set-up that misses its targets, at the most users within them instead of at those asked for."""
    if not one.capacity:
        return one
    fewer = judge(one.setup, workload, replace(one.targets, users=one.capacity), costs)
    return replace(one, answer=fewer.answer)


def _name(fact) -> str:
    return fact if isinstance(fact, str) else fact.id


def _loss_reason(one: Judged, bound: float) -> str:
    """Why a set-up is beyond a bound on quality: what it is known to lose, or that nobody published it."""
    if one.quality is not None and one.quality.value > bound:
        return f"{one.setup.scheme.id} cache: loses {100 * one.quality.value:.1f} %"
    if one.setup.deployment.weight_dtype != one.setup.deployment.model.weight_dtype:
        return f"{one.setup.deployment.weight_dtype} weights: their loss is unknown"
    return f"{one.setup.scheme.id} cache: its loss is unknown"


def _is_within_loss(one: Judged, bound: float) -> bool:
    if not one.quality_is_known:
        return False
    return one.setup.scheme.id == PLAIN or (one.quality is not None and one.quality.value <= bound)


def _finalists(running: list[Judged]) -> list[Judged]:
    """The set-ups worth a search for their largest number of users.

    Of those within the targets, the fewest GPUs with most slack, and the same as the first with a 16-bit cache; where none is,
    all of the most GPUs, since how far each misses at too many users says little.
    """
    feasible = [one for one in running if one.is_feasible]
    if not feasible:
        most = max(one.setup.gpus for one in running)
        return [one for one in running if one.setup.gpus == most]

    def slack(one: Judged) -> float:
        limits = one.targets.times()
        return max((one.at_percentile(name) / limit for name, limit in limits.items()), default=-one.throughput)

    ranked = sorted(feasible, key=lambda one: (one.setup.gpus, slack(one)))
    return ranked[:FINALISTS] + [
        one for one in running if one not in ranked[:FINALISTS] and _is_plain_twin(one, ranked[0])
    ]


def _flips(order: list[Judged]) -> tuple[str, ...]:
    """Numbers of users at which another set-up becomes the answer."""
    best, flips = order[0], []
    users, capacity = best.targets.users, best.capacity or 0
    if capacity >= users:
        flips.append(f"above {counted(capacity, 'user')} this set-up misses a target")
    plain = next((one for one in order[1:] if _is_plain_twin(one, best)), None)
    if plain is not None and plain.capacity is not None and best.setup.scheme.id != PLAIN:
        if 0 < plain.capacity < users or (0 < plain.capacity < capacity):
            flips.append(f"up to {counted(plain.capacity, 'user')} the same set-up does it with a 16-bit cache")
        elif plain.capacity == 0:
            flips.append("with a 16-bit cache the same set-up serves nobody within the targets")
    for other in order[1:]:
        if capacity >= users and other.capacity and other.capacity > capacity and other.setup.gpus > best.setup.gpus:
            flips.append(f"beyond, {other.setup.describe()} serves {other.capacity:,}")
            break
    return tuple(flips)


def _is_plain_twin(one: Judged, best: Judged) -> bool:
    """Whether a set-up is another's but for its 16-bit cache."""
    same = one.setup.key[:3] == best.setup.key[:3] and one.setup.gpus == best.setup.gpus
    return same and one.setup.scheme.id == PLAIN
