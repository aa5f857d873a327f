"""How often open arrivals overflow the pool, and how often a request is sent back: a birth-and-death law of requests together.

Below the pool's end requests gather as the infinite-server law with peakedness says, above it as a queue in heavy traffic; each
number of requests overflows with the probability that their demand exceeds the pool. Conditions are checked and named.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.stress.overflow.demand import Demand
from costmodel.stress.overflow.load import Load, PromptWork
from costmodel.stress.overflow.rates import departures_a_second, steps_a_second
from costmodel.stress.replay.costs import Costs, costs_of

ROUNDS = 30
MAX_LOAD, MAX_PROMPT_SHARE, MIN_SLOTS = 0.9, 0.4, 8.0  # of development settings; beyond them the law fails


@dataclass(frozen=True)
class Overflow:
    """Share of the time in which requests wait for blocks, times that a request is sent back, requests that run and wait.

    ``load`` is the arrival rate over the largest that a full pool serves, ``prompt_share`` the share of the time that prompts
    take; ``slots`` are requests of mean length that fit. ``failing`` names the conditions that do not hold, in words. Admission
    is that of the engine's default policy; where it reserves outputs, preemptions are taken as none.
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
    sizes, demand = _sizes(deployment, scheme, load)
    slots, context = sizes["memory_pool"] / demand.mean, load.context
    if slots < 1:
        return Overflow(*[float("nan")] * 6, slots, failing_conditions(0.0, 0.0, slots, costs.max_sequences))
    most = min(slots, costs.max_sequences)
    count = np.arange(1.0, int(2 * most + 50 + 10 * np.sqrt(most)) + 1)
    work = PromptWork.of(costs, load, most)
    demand = _with_feedback(demand, costs, load, work, count, context, sizes)
    policy = deployment.engine.admissions[0]
    asked = max(policy.reserved_new - policy.floor, 0.0) * min(load.output, policy.limit)
    exceeds = demand.exceeds(sizes["memory_pool"], count, asked * sizes["kv_bytes_per_token_per_gpu"])
    running = np.clip(np.cumsum(1 - exceeds), 1e-3, costs.max_sequences)
    step, forward = (
        np.array([table(n) for n in running]) for table in (lambda n: costs.step(n, context), costs.forward)
    )
    full = _full_preemptions(deployment, scheme, load, sizes, slots)
    departures = departures_a_second(running, load.decoded, 1 + full, step, forward, work)
    edge = demand.exceeds(sizes["memory_pool"], count, sizes["prompt_size"] / 2)
    preemptions = 0.0
    for _ in range(ROUNDS):
        steps = steps_a_second(load.rate * (1 + preemptions), step, forward, work)
        there = int(min(np.searchsorted(running * steps / load.decoded, load.rate), len(count) - 1))
        share = float(min(max(1 - steps[there] * step[there], 0.0), 0.99))
        noise = _evaluate(
            deployment, scheme, load,
            ("occupancy_peakedness", "arrival_peakedness", "queue_dispersion", "prompt_hold_time"),
            prompt_share=share, computed_prompt_time=work.seconds, prompt_time_variation=work.variation,
            burst_overlap=load.burst_overlap(), decode_stay_time=load.decoded / float(steps[there]),
        )  # fmt: skip
        law, beyond = _stationary(load, running, steps, departures, exceeds, noise)
        growth = (1 - exceeds) * steps + exceeds * departures * load.decoded / running
        grown = float((law[1:] * edge * running * growth).sum() + beyond * edge[-1] * departures[-1] * load.decoded)
        before = preemptions
        preemptions = (before + grown / load.rate / load.output * full) / 2
        if abs(preemptions - before) < 1e-6 * (1 + before):
            break
    offered = load.rate / float(departures[-1])
    probability = float((law[1:] * exceeds).sum() + beyond * exceeds[-1])
    mean_running = float((law[1:] * running).sum() + beyond * running[-1])
    waiting = float((law[1:] * (count - running)).sum()) if offered < 1 else float("inf")
    failing = failing_conditions(offered, share, slots, costs.max_sequences)
    return Overflow(probability, preemptions, mean_running, waiting, offered, share, slots, failing)


def full_rate(deployment: Deployment, scheme: Scheme, load: Load, costs: Costs) -> tuple[float, float]:
    """Requests a second that a full pool serves, those sent back included; and the requests of mean length that fit."""
    sizes, demand = _sizes(deployment, scheme, load)
    slots = sizes["memory_pool"] / demand.mean
    running = np.array([max(min(slots, costs.max_sequences), 1.0)])
    work = PromptWork.of(costs, load, float(running[0]))
    step, forward = costs.step(running[0], load.context), costs.forward(running[0])
    again = 1 + _full_preemptions(deployment, scheme, load, sizes, max(slots, 1e-6))
    return float(departures_a_second(running, load.decoded, again, step, forward, work)[0]), slots


def _full_preemptions(
    deployment: Deployment, scheme: Scheme, load: Load, sizes: dict[str, float], slots: float
) -> float:
    if deployment.engine.admissions[0].floor:  # nobody grows beyond what is reserved for all, but for chance
        return 0.0
    numbers = {"prompt_size": sizes["prompt_size"], "pool_slots": slots}
    return _evaluate(deployment, scheme, load, ("full_preemptions",), **numbers)["full_preemptions"]


def _evaluate(
    deployment, scheme, load: Load, names: tuple[str, ...], context: float | None = None, **numbers
) -> dict[str, float]:
    evaluator = build_evaluator(
        deployment, scheme, 1.0, load.prompt if context is None else context, **load.lengths, **numbers
    )
    return {name: float(np.nan_to_num(drop_model_axes(evaluator[name]))) for name in names}


def _sizes(deployment, scheme, load: Load) -> tuple[dict[str, float], Demand]:
    """Bytes of the pool, of a prompt and of a token, and the demand of a request under the engine's admission."""
    share = {"running_reserve": deployment.engine.admissions[0].floor}
    held = _evaluate(deployment, scheme, load, ("held_generation",), **share)["held_generation"]
    names = ("memory_pool", "local_sequence_size", "demand_spread", "demand_skew", "kv_bytes_per_token_per_gpu")
    mean = _evaluate(deployment, scheme, load, names, load.prompt + held, exact_lengths=0.0, **share)
    prompt = _evaluate(deployment, scheme, load, ("local_sequence_size",), exact_lengths=0.0)
    spread = mean["demand_spread"]
    demand = Demand(mean["local_sequence_size"], spread**2, mean["demand_skew"] * spread**3)
    return mean | {"prompt_size": prompt["local_sequence_size"]}, demand


def _with_feedback(demand: Demand, costs: Costs, load: Load, work: PromptWork, count, context: float, sizes) -> Demand:
    """The demand with what its own fluctuations bring about."""
    step = np.array([costs.step(n, context) for n in count])
    taken = min(load.rate * work.seconds, 0.9)
    there = int(np.clip(np.searchsorted(count * (1 - taken) / (load.decoded * step), load.rate), 1, len(count) - 2))
    feedback = min(count[there] * (step[there + 1] - step[there - 1]) / (2 * step[there]), 0.95)
    size = sizes["prompt_size"] / load.prompt
    added = 2 * demand.mean * taken / (1 - taken) * work.covariance * size * load.burst_overlap()
    held = Demand(demand.mean, demand.variance, demand.third, load.rate * work.held * size)
    return held.amplified(feedback, added if demand.variance else 0.0)


def _stationary(load: Load, running, steps, departures, exceeds, noise) -> tuple[np.ndarray, float]:
    """Probabilities of 0, 1, … requests together, and of more than the last."""
    served = running / (load.decoded / steps + noise["prompt_hold_time"])
    free = _ratio(load.rate, served, max(noise["occupancy_peakedness"], 0.05))
    full = _ratio(load.rate, departures, max(noise["queue_dispersion"], 0.05))
    ratio = (1 - exceeds) * np.log(free) + exceeds * np.log(full)
    below = max(noise["arrival_peakedness"], 0.05)
    scale = np.log(((1 - exceeds) * below + exceeds * max(noise["queue_dispersion"], 0.05)) / below)
    level = np.concatenate(
        [[0.0], np.cumsum(ratio) - scale]
    )  # the density is one over the noise where the noise changes
    law = np.exp(level - level.max())
    last = min(float(np.exp(ratio[-1])), 0.9999)
    beyond = float(law[-1]) * last / (1 - last)
    return law / (law.sum() + beyond), beyond / float(law.sum() + beyond)


def _ratio(rate: float, served: np.ndarray, peakedness: float) -> np.ndarray:
    """Births over deaths, whose stationary law has that peakedness (Bernoulli, Poisson or Pascal)."""
    before = np.concatenate([[0.0], served[:-1]])
    return np.maximum(rate / peakedness + before * (1 - 1 / peakedness), 1e-9 * rate) / served


def failing_conditions(offered: float, share: float, slots: float, max_sequences: int) -> tuple[str, ...]:
    """The conditions that do not hold, in words."""
    served = f"the load is {offered:.0%} of what a full pool serves"
    checks = (
        (offered >= 1, f"{served}, and the queue grows without end"),
        (MAX_LOAD < offered < 1, f"{served} (at most {MAX_LOAD:.0%})"),
        (share > MAX_PROMPT_SHARE, f"prompts take {share:.0%} of the time (at most {MAX_PROMPT_SHARE:.0%})"),
        (slots < MIN_SLOTS, f"the pool holds {slots:.3g} requests of mean length (at least {MIN_SLOTS:.0f})"),
        (slots > max_sequences, f"the scheduler's limit of {max_sequences:,.0f} sequences binds before the pool"),
    )
    return tuple(text for fails, text in checks if fails)
