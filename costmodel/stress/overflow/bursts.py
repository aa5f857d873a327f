"""The demand of a number of requests that came in bursts, behind prompts that hold everyone up, at the pace that they set.

A long prompt gathers arrivals while it is computed; a long cache slows the steps of all, so that more gather. Joint cumulants of
number and demand come from the formulas, had the pool no end; the demand of a number of requests follows from them.
"""

from collections.abc import Callable

import numpy as np

from costmodel.stress.overflow.demand import Crowd, Demand
from costmodel.stress.overflow.load import Load, PromptWork
from costmodel.stress.overflow.rates import passes_a_second, steps_a_second
from costmodel.stress.replay.costs import Costs

CUMULANTS = (
    "decoding_requests", "prompt_hold_time", "occupancy_variance", "occupancy_third", "demand_mean", "occupancy_covariance",
    "demand_variance", "demand_third",
)  # fmt: skip


def in_bursts(
    evaluate: Callable[..., dict[str, float]],
    demand: Demand,
    prompt_part: float,
    costs: Costs,
    load: Load,
    work: PromptWork,
) -> tuple[Demand, dict[str, float]]:
    """The demand of a number of requests, and what the formulas ask for about them.

    ``evaluate`` gives quantities by name under the load; ``demand`` is that of one request by itself, its prompt a part of it.
    """
    count = np.arange(1.0, costs.max_sequences + 2)
    step, forward = (
        np.array([table(n) for n in count]) for table in (lambda n: costs.step(n, load.context), costs.forward)
    )
    steps = steps_a_second(load.rate, step, forward, work)
    there = int(np.clip(np.searchsorted(count * steps / load.decoded, load.rate), 1, len(count) - 2))
    share = float(np.clip(1 - steps[there] * step[there], 0.0, 0.9))
    known = load.overlaps | {"prompt_time_variation": work.variation, "prompt_part": prompt_part}
    if not demand.variance:
        return demand, known | {"step_feedback": 0.0, "size_variance": 0.0, "size_third": 0.0}
    feedback = min(count[there] * (step[there + 1] - step[there - 1]) / (2 * step[there]), 0.95)
    variance, third = gathered_sizes(demand, prompt_part, load, work, share)
    known |= {
        "step_feedback": feedback,
        "size_variance": demand.variance / demand.mean**2 + variance * load.overlaps["burst_overlap"],
        "size_third": demand.third / demand.mean**3 + third * load.overlaps["burst_overlap_third"],
    }
    passes = share + float(passes_a_second(load.rate, float(steps[there]), work) * step[there])
    stay = load.decoded / float(steps[there])
    values = evaluate(CUMULANTS, prompt_share=share, pass_share=min(passes, 0.99), decode_stay_time=stay, **known)
    number = values.pop("decoding_requests") + load.rate * values.pop("prompt_hold_time")
    held = computed_prompts(demand, prompt_part, load, work)
    return Crowd(number, *values.values(), feedback).given_number(demand.mean, held), known


def gathered_sizes(
    demand: Demand, prompt_part: float, load: Load, work: PromptWork, share: float
) -> tuple[float, float]:
    """Second and third cumulant of a demand that come from large prompts gathering more arrivals, in mean demands.

    Wald's identity with marks: terms of the cumulants of bytes that mix a prompt's tokens and its seconds.
    """
    token, rate = prompt_part / load.prompt, load.rate / (1 - share)
    first, second, square = (moment * token**power for moment, power in zip(work.joint, (1, 2, 1), strict=True))
    dispersion = (load.dispersion + share**2 * work.variation) / (1 - share) ** 2
    variance = 2 * first * rate
    pairs = dispersion + demand.variance / demand.mean**2 + variance
    return variance, 3 * rate * (first * pairs + second + square * rate)


def computed_prompts(demand: Demand, prompt_part: float, load: Load, work: PromptWork) -> tuple[float, float, float]:
    """Mean, variance, third central moment of bytes that prompts in computation hold more than others: long ones last."""
    token, busy = prompt_part * demand.mean / load.prompt, min(load.rate * work.seconds, 0.9)
    mean, square, cube = (busy * moment * token**power for power, moment in enumerate(work.excess, 1))
    return mean, square - mean**2, cube - 3 * mean * square + 2 * mean**3
