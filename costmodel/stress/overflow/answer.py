"""How often open arrivals overflow the pool, and how often a request is sent back: a birth-and-death law of requests together.

Below the pool's end requests gather as the infinite-server law with peakedness and skewness says, above it as a queue; each
number of requests overflows with the probability that their demand exceeds the pool. Conditions are checked and named.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.stress.overflow.bursts import in_bursts
from costmodel.stress.overflow.conditions import failing_conditions
from costmodel.stress.overflow.load import Load, PromptWork
from costmodel.stress.overflow.rates import departures_a_second, passes_a_second, steps_a_second
from costmodel.stress.overflow.sizes import evaluate_names, full_preemptions, pool_and_demand
from costmodel.stress.overflow.stationary import stationary_law
from costmodel.stress.overflow.victims import ends_at, those_that_fit
from costmodel.stress.replay.costs import Costs, costs_of

ROUNDS = 30
SMALLER = 200  # pools beside the whole one, up to the largest request
NOISE = (
    "occupancy_peakedness", "occupancy_skew", "arrival_peakedness", "queue_dispersion", "prompt_hold_time",
)  # fmt: skip


@dataclass(frozen=True)
class Overflow:
    """Share of the busy time in which requests wait for blocks, times that a request is sent back, requests that run and wait.

    Time in which nobody is there does not count. ``load`` is the arrival rate over the largest that a full pool serves,
    ``prompt_share`` the share of the time that prompts take; ``slots`` are requests of mean length that fit. ``failing`` names
    the conditions that do not hold, in words. Admission is that of the engine's default policy; where it reserves outputs,
    preemptions are taken as none.
    """

    probability: float
    preemptions: float
    running: float
    waiting: float
    load: float
    prompt_share: float
    slots: float
    failing: tuple[str, ...]


def predict_overflow(deployment: Deployment, scheme: Scheme, load: Load, costs: Costs | None = None) -> Overflow:
    """Overflow and preemption of a load; ``costs`` are those of the scheme on the deployment, where they are at hand."""
    costs = costs or costs_of(deployment, scheme)
    sizes, demand = pool_and_demand(deployment, scheme, load)
    slots, context, pool = sizes["memory_pool"] / demand.mean, load.context, sizes["memory_pool"]
    if slots < 1:
        return Overflow(*[float("nan")] * 6, slots, failing_conditions(0.0, 0.0, slots, costs.max_sequences))
    most = min(slots, costs.max_sequences)
    count = np.arange(1.0, int(2 * most + 50 + 10 * np.sqrt(most)) + 1)
    work = PromptWork.of(costs, load, most)
    evaluate = partial(evaluate_names, deployment, scheme, load)
    demand, crowd = in_bursts(evaluate, demand, sizes["prompt_size"] / demand.mean, costs, load, work)
    policy = deployment.engine.admissions[0]
    reserved_output = max(policy.reserved_new - policy.floor, 0.0) * min(load.output, policy.limit)
    exceeds = demand.exceeds(pool, count, reserved_output * sizes["kv_bytes_per_token_per_gpu"])
    running = np.clip(np.cumsum(1 - exceeds), 1e-3, costs.max_sequences)
    fit = np.minimum(those_that_fit(exceeds), costs.max_sequences)
    step, forward = (
        np.array([table(n) for n in running]) for table in (lambda n: costs.step(n, context), costs.forward)
    )
    full = full_preemptions(deployment, scheme, load, sizes, slots)
    departures = departures_a_second(running, load.decoded, 1 + full, step, forward, work)
    prompts = load.prompts / load.prompt * sizes["prompt_size"]
    apart = float(prompts.max() + sizes["kv_bytes_per_token_per_gpu"] * load.output) / SMALLER
    smaller = np.array([demand.exceeds(pool, count, apart * place) for place in range(SMALLER + 1)])
    preemptions = 0.0
    for _ in range(ROUNDS):
        computed = load.rate * (1 + preemptions)
        steps = steps_a_second(computed, step, forward, work)
        there = int(min(np.searchsorted(running * steps / load.decoded, load.rate), len(count) - 1))
        share = float(min(max(1 - steps[there] * step[there], 0.0), 0.99))
        passes = min(share + passes_a_second(computed, float(steps[there]), work) * float(step[there]), 0.99)
        stay = load.decoded / float(steps[there])
        noise = evaluate(NOISE, prompt_share=share, pass_share=passes, decode_stay_time=stay, **crowd)
        law, beyond = stationary_law(load, running, steps, departures, exceeds, noise)
        over = law[1:] * exceeds
        inside = float((over * fit).sum() + beyond * fit[-1]) / max(float(over.sum() + beyond), 1e-300)
        full = full_preemptions(deployment, scheme, load, sizes, max(inside, 1.0))
        before = preemptions
        if full:
            growth = (1 - exceeds) * steps + exceeds * departures * load.decoded / running
            grown = (
                float((over * fit * growth).sum() + beyond * departures[-1] * load.decoded) / load.rate / load.output
            )
            tail = np.maximum(smaller @ law[1:] + beyond, 1e-300)
            grew = load.output * sizes["kv_bytes_per_token_per_gpu"] / full - sizes["prompt_size"]
            ends = ends_at(tail, apart, prompts + max(grew, 0.0))
            preemptions = (before + grown * full * ends) / 2
        if abs(preemptions - before) < 1e-6 * (1 + before):
            break
    offered = load.rate / float(departures[-1])
    if offered >= 1:  # what crowds a pool that falls behind ever further is no rate of it
        offered = max(load.rate / full_rate(deployment, scheme, load, costs)[0], 1.0)
    probability = float((law[1:] * exceeds).sum() + beyond * exceeds[-1]) / (1 - float(law[0]))
    mean_running = float((law[1:] * running).sum() + beyond * running[-1]) if offered < 1 else most
    waiting = float((law[1:] * (count - running)).sum()) if offered < 1 else float("inf")
    failing = failing_conditions(offered, share, slots, costs.max_sequences)
    return Overflow(probability, preemptions, mean_running, waiting, offered, share, slots, failing)


def full_rate(deployment: Deployment, scheme: Scheme, load: Load, costs: Costs) -> tuple[float, float]:
    """Requests a second that a full pool serves, those sent back included; and the requests of mean length that fit."""
    sizes, demand = pool_and_demand(deployment, scheme, load)
    slots = sizes["memory_pool"] / demand.mean
    running = np.array([max(min(slots, costs.max_sequences), 1.0)])
    work = PromptWork.of(costs, load, float(running[0]))
    step, forward = costs.step(running[0], load.context), costs.forward(running[0])
    again = 1 + full_preemptions(deployment, scheme, load, sizes, max(slots, 1e-6))
    return float(departures_a_second(running, load.decoded, again, step, forward, work)[0]), slots
