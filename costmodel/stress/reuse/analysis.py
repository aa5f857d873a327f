"""Hit rates of a trace under every scheme's pool: predicted from its first half, judged on its second by exact replay.

A scheme that stores tokens in fewer bytes keeps more of them; whether that brings hits depends on how long blocks wait until
they are asked for again. What a hit is worth is prefill that need not be computed. Condition: what running requests hold is not
there to cache.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.ask.pool import build_pool_evaluator
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.deployment import Deployment
from costmodel.stress.reuse.intervals import ReuseIntervals, measure_intervals
from costmodel.stress.reuse.openings import begin_together, count_openings
from costmodel.stress.reuse.references import References
from costmodel.stress.reuse.replay import infinite_hit_rate, repeated_shares, replay_lru, replay_optimal
from costmodel.stress.suffix_prefill import compute_suffix_prefill

STUDENT_90 = 2.353  # three degrees of freedom
DRIFTING = 0.03  # change of the hit rate between two quarters of a trace from which it is called drifting
GROWING = 0.1  # rise of the repeated share from the third to the fourth quarter from which repeats are called growing
SCHEMES = ("none", "fp8", "int4", "kivi-2bit", "h2o")


@dataclass(frozen=True)
class SchemeHitRate:
    """One scheme: tokens that its idle pool keeps, the predicted hit rate with its interval, and the exact ones.

    ``doubled`` is the prediction for twice the capacity; ``replayed`` and ``optimal`` are NaN where nothing was replayed;
    ``prefill_time`` and ``prefill_time_without`` are seconds of a mean prompt with and without hits.
    """

    scheme: str
    capacity_tokens: float
    predicted: float
    low: float
    high: float
    doubled: float
    replayed: float
    optimal: float
    prefill_time: float
    prefill_time_without: float
    is_shareable: bool


@dataclass(frozen=True)
class TraceReuse:
    """A trace: its size, the hit rate of a cache that never forgets (estimated, and in the judged half), its working set.

    ``working_set_tokens`` reach nine tenths of the estimated ceiling; ``drift`` is the largest change of the replayed hit rate
    between neighbouring quarters of the first half; ``openings`` are the requests that open a session in its two quarters;
    ``repeats`` the shares of blocks in those four quarters that were asked for before.
    """

    requests: int
    references: int
    sampled: float
    input_tokens: float
    block_tokens: float
    ceiling: float
    judged_ceiling: float
    working_set_tokens: float
    drift: float
    openings: tuple[int, int]
    repeats: tuple[float, ...]
    schemes: tuple[SchemeHitRate, ...]

    @property
    def is_drifting(self) -> bool:
        """Whether reuse changes so much within the first half that it does not tell what follows."""
        return self.drift > DRIFTING

    @property
    def is_growing(self) -> bool:
        """Whether blocks still repeat more and more as the first half ends, so that the second repeats more than it."""
        return self.repeats[-1] - self.repeats[-2] > GROWING

    @property
    def begins_together(self) -> bool:
        """Whether the sessions of the first half began together, so that they end and the second half hits more."""
        return begin_together(self.openings)


def hit_rates(
    deployment: Deployment,
    references: References,
    block_tokens: float,
    schemes: Sequence[str] = SCHEMES,
    in_use: float = 0.0,
    replays: bool = True,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> TraceReuse:
    """The hit rates of schemes on a deployment; ``in_use`` is the share of the pool that running requests hold.

    ``block_tokens`` are the tokens of a block of the trace. Raises UnknownName for no such scheme.
    """
    first, second = references.half(0), references.half(1)
    intervals = measure_intervals(first)
    loaded = [load_scheme(scheme) for scheme in schemes]
    capacities = [_capacity(deployment, scheme, references.input_tokens) * (1 - in_use) for scheme in loaded]
    quarters = [part for half in (first.half(0), first.half(1)) for part in (half.half(0), half.half(1))]
    parts = [measure_intervals(quarter) for quarter in quarters]
    drift = _drift(quarters, capacities[0] / block_tokens)
    repeats = repeated_shares(first.blocks, [len(quarter.blocks) for quarter in quarters])
    rows = []
    for index, (scheme, tokens) in enumerate(zip(loaded, capacities, strict=True)):
        rows.append(_scheme(deployment, scheme, tokens, block_tokens, intervals, parts, (first, second), replays))
        on_progress(index + 1, len(loaded))
    return TraceReuse(
        references.requests, references.total, references.rate, references.input_tokens, block_tokens, intervals.ceiling,
        infinite_hit_rate(first, second), intervals.working_set(0.9) * block_tokens, drift, count_openings(first),
        repeats, tuple(rows),
    )  # fmt: skip


def _scheme(
    deployment: Deployment,
    scheme: Scheme,
    tokens: float,
    block_tokens: float,
    intervals: ReuseIntervals,
    parts: Sequence[ReuseIntervals],
    halves: tuple[References, References],
    replays: bool,
) -> SchemeHitRate:
    blocks, is_shareable = tokens / block_tokens, scheme.spec.lifecycle["prefix_shareable"] == "yes"
    predicted = float(intervals.hit_rate(blocks)) if is_shareable else 0.0
    margin = _margin(intervals, parts, blocks) if is_shareable else 0.0
    exact = (np.nan, np.nan)
    if replays:
        exact = (replay_lru(*halves, blocks), replay_optimal(*halves, blocks)) if is_shareable else (0.0, 0.0)
    prompt = halves[0].input_tokens
    hit = np.minimum(np.array([predicted, 0.0]) * prompt, prompt - 1)
    seconds = compute_suffix_prefill(deployment, scheme, hit, prompt - hit)["suffix_prefill_time"]
    return SchemeHitRate(
        scheme.id, tokens, predicted, max(predicted - margin, 0.0), min(predicted + margin, 1.0),
        float(intervals.hit_rate(2 * blocks)) if is_shareable else 0.0, *exact, *map(float, seconds), is_shareable,
    )  # fmt: skip


def _capacity(deployment: Deployment, scheme: Scheme, context: float) -> float:
    """Tokens that the pool keeps: those of sequences of the mean prompt, where a budget limits what each holds."""
    pool = build_pool_evaluator(deployment, scheme, context, context, None, None)
    return float(drop_model_axes(pool["max_batch_memory"])) * context


def _margin(intervals: ReuseIntervals, parts: Sequence[ReuseIntervals], blocks: float) -> float:
    """Half of the 90 % interval for the next half: the estimate's own error, and what quarters differ by.

    A half is two quarters: s·√(1/2 + 1/4) of the spread s of four, at Student's quantile.
    """
    spread = float(np.std([part.hit_rate(blocks) for part in parts], ddof=1))
    between = STUDENT_90 * spread * np.sqrt(1 / 2 + 1 / len(parts))
    return float(np.hypot(intervals.half_width(blocks), between))


def _drift(quarters: Sequence[References], blocks: float) -> float:
    """The largest change of the hit rate between neighbouring quarters, each behind the one before it."""
    rates = [replay_lru(before, after, blocks) for before, after in itertools.pairwise(quarters)]
    return float(np.max(np.abs(np.diff(rates))))
