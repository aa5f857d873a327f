"""Hit rates of a trace under every scheme's pool: predicted from its first half, judged on its second by exact replay.

A scheme that stores tokens in fewer bytes keeps more of them; whether that brings hits depends on how long blocks wait until
they are asked for again. What a hit is worth is prefill that need not be computed. Condition: what running requests hold is not
there to cache.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.deployment import Deployment
from costmodel.stress.pool_tokens import pool_tokens
from costmodel.stress.reuse.prediction import Prediction, predict_reuse
from costmodel.stress.reuse.references import References
from costmodel.stress.reuse.replay import infinite_hit_rate, replay_lru, replay_optimal
from costmodel.stress.suffix_prefill import compute_suffix_prefill

DRIFTING = 0.03  # change of the hit rate between two quarters of a trace from which it is called drifting
SCHEMES = ("none", "fp8", "int4", "kivi-2bit", "h2o")


@dataclass(frozen=True)
class SchemeHitRate:
    """One scheme: tokens that its idle pool keeps, the predicted hit rate with its interval, and the exact ones.

    ``doubled`` is the prediction for twice the capacity; ``replayed`` and ``optimal`` are NaN where nothing was replayed;
    ``prefill_time`` and ``prefill_time_without`` are seconds of a mean prompt with and without hits, ``prefill_low`` and
    ``prefill_high`` the 90 % interval of the former's kernels, at the predicted hit rate.
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
    prefill_low: float
    prefill_high: float
    is_shareable: bool


@dataclass(frozen=True)
class TraceReuse:
    """A trace: its size, the hit rate of a cache that never forgets (estimated, and in the judged half), its working set.

    ``working_set_tokens`` reach nine tenths of the estimated ceiling; ``drift`` is the largest change of the replayed hit rate
    between neighbouring quarters of the first half; ``prediction`` is what the first half tells of the second.
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
    prediction: Prediction
    schemes: tuple[SchemeHitRate, ...]

    @property
    def is_drifting(self) -> bool:
        """Whether reuse changes so much within the first half that its intervals do not tell what follows."""
        return self.drift > DRIFTING


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
    loaded = [load_scheme(scheme) for scheme in schemes]
    capacities = [pool_tokens(deployment, scheme, references.input_tokens) * (1 - in_use) for scheme in loaded]
    quarters = [part for half in (first.half(0), first.half(1)) for part in (half.half(0), half.half(1))]
    prediction = predict_reuse(first, quarters)
    drift = _drift(quarters, capacities[0] / block_tokens)
    rows = []
    for index, (scheme, tokens) in enumerate(zip(loaded, capacities, strict=True)):
        rows.append(_scheme(deployment, scheme, tokens, block_tokens, prediction, (first, second), replays))
        on_progress(index + 1, len(loaded))
    return TraceReuse(
        references.requests, references.total, references.rate, references.input_tokens, block_tokens, prediction.ceiling,
        infinite_hit_rate(first, second), prediction.working_set(0.9) * block_tokens, drift, prediction, tuple(rows),
    )  # fmt: skip


def _scheme(
    deployment: Deployment,
    scheme: Scheme,
    tokens: float,
    block_tokens: float,
    prediction: Prediction,
    halves: tuple[References, References],
    replays: bool,
) -> SchemeHitRate:
    blocks, is_shareable = tokens / block_tokens, scheme.spec.lifecycle["prefix_shareable"] == "yes"
    predicted = float(prediction.hit_rate(blocks)) if is_shareable else 0.0
    low, high = prediction.interval(blocks) if is_shareable else (0.0, 0.0)
    exact = (np.nan, np.nan)
    if replays:
        exact = (replay_lru(*halves, blocks), replay_optimal(*halves, blocks)) if is_shareable else (0.0, 0.0)
    prompt = halves[0].input_tokens
    hit = np.minimum(np.array([predicted, 0.0]) * prompt, prompt - 1)
    times = compute_suffix_prefill(deployment, scheme, hit, prompt - hit)
    ends = (times[f"suffix_prefill_time{end}"][0] for end in ("_lo", "_hi"))
    return SchemeHitRate(
        scheme.id, tokens, predicted, low, high, float(prediction.hit_rate(2 * blocks)) if is_shareable else 0.0, *exact,
        *map(float, (*times["suffix_prefill_time"], *ends)), is_shareable,
    )  # fmt: skip


def _drift(quarters: Sequence[References], blocks: float) -> float:
    """The largest change of the hit rate between neighbouring quarters, each behind the one before it."""
    rates = [replay_lru(before, after, blocks) for before, after in itertools.pairwise(quarters)]
    return float(np.max(np.abs(np.diff(rates))))
