"""How many requests a scheme serves at once in steady state, prompts included: what the pool holds, and what an objective allows.

A cell of a map at context c is a load of prompts of c less half an output; prompts of others delay every token, and take their
share of the device. Conditions: those of ``continuous_batching``; requests alike, nobody waits for room.
"""

import functools
from dataclasses import dataclass

import numpy as np

from costmodel.analyses.largest_batch import Objective
from costmodel.evaluation.ask.bisection import halve
from costmodel.evaluation.ask.compare import Ratio, fitting_ratio
from costmodel.evaluation.ask.load import (
    Load,
    Room,
    ServedLoad,
    binding_term_under_load,
    load_pool,
    serve_load,
    serve_loop,
    served_ratio,
)
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment

OUTPUT = 512.0  # tokens of an output where nobody states them
HALVINGS = 2  # of the requests to one call
ALL = 1e9  # requests in flight: as many as the pool holds run


@dataclass(frozen=True)
class LoadedRatio:
    """Throughput of a scheme over its baseline's at every context, arrays (1, contexts).

    ``batches`` are the requests that each side runs, 0 where none.
    """

    ratio: Ratio
    batches: tuple[np.ndarray, np.ndarray]
    binding: np.ndarray


def load_at(context: np.ndarray, output: float) -> Load:
    """The load of a vector of mean contexts, as many in flight as the pool holds; every context leaves a prompt."""
    prompt = np.asarray(context, dtype=float) - output / 2
    lengths = (np.broadcast_to(value, prompt.shape) for value in (output, 0.0, np.nan))
    return Load(np.full(prompt.shape, ALL), prompt, *lengths)


def has_prompt(context: np.ndarray, output: float) -> np.ndarray:
    """Whether a mean context leaves a prompt of at least one token."""
    return np.asarray(context, dtype=float) - output / 2 >= 1


@dataclass(frozen=True)
class Loads:
    """The loads of a vector of mean contexts on one deployment, whose requests generate ``output`` tokens.

    What was computed of them is kept for whoever asks for the same: other comparisons, other schemes against one baseline.
    """

    deployment: Deployment
    context: tuple[float, ...]
    output: float

    def at(self, requests: float | np.ndarray = ALL) -> Load:
        """So many requests in flight at every context, at least one."""
        return load_at(np.array(self.context), self.output).at(np.asarray(requests, dtype=float))


def loads_at(deployment: Deployment, context: np.ndarray, output: float) -> Loads:
    """The loads of mean contexts, all of which leave a prompt."""
    return Loads(deployment, tuple(np.asarray(context, dtype=float).tolist()), output)


def largest_load(
    deployment: Deployment, scheme: Scheme, context: np.ndarray, output: float, objective: Objective | None = None
) -> np.ndarray:
    """Requests that run at once within an objective at every context; 0 where not even one does. Shape (contexts,)."""
    return largest_of(loads_at(deployment, context, output), scheme, objective)


@functools.lru_cache(maxsize=64)
def _room(loads: Loads, scheme: Scheme) -> Room:
    return load_pool(loads.deployment, scheme, loads.at())


@functools.lru_cache(maxsize=512)
def largest_of(loads: Loads, scheme: Scheme, objective: Objective | None = None) -> np.ndarray:
    """As ``largest_load``; whoever asks again is given the same array, which cannot be written to."""
    room = _room(loads, scheme)
    held = np.floor(np.broadcast_to(drop_model_axes(room[1]["max_batch"]), (len(loads.context),)))
    if objective is None:
        held.flags.writeable = False
        return held
    terms = (("served_step_time", objective.tpot), ("served_ttft", objective.ttft))

    def meets(requests: np.ndarray) -> np.ndarray:
        loop = serve_loop(loads.deployment, scheme, loads.at(requests), room)
        in_time = (drop_model_axes(loop[term]) <= most for term, most in terms if most is not None)
        return functools.reduce(np.logical_and, in_time, (requests >= 1) & (requests <= held))

    at_least_one = meets(np.ones(held.shape))
    good, bad = np.where(at_least_one, 1.0, 0.0), np.where(at_least_one, held + 1, 1.0)
    while (bad - good > 1).any():
        good, bad = halve(good, bad, meets, lambda low, high: np.floor((low + high) / 2), HALVINGS)
    good.flags.writeable = False
    return good


def serve(loads: Loads, scheme: Scheme, requests: np.ndarray) -> ServedLoad:
    """The scheme with so many requests in flight at every context, at least one."""
    return serve_load(loads.deployment, scheme, loads.at(requests), _room(loads, scheme))


@functools.lru_cache(maxsize=8)  # of megabytes each: the sides of one map
def _serve_largest(loads: Loads, scheme: Scheme, objective: Objective | None) -> ServedLoad:
    return serve(loads, scheme, largest_of(loads, scheme, objective))


@functools.lru_cache(maxsize=512)
def loaded_ratio(loads: Loads, scheme: Scheme, baseline: Scheme, objective: Objective | None = None) -> LoadedRatio:
    """Throughput over throughput in steady state, each side at the most requests that fit and meet the objective."""
    ours, theirs = (_serve_largest(loads, side, objective) for side in (scheme, baseline))
    batches = tuple(largest_of(loads, side, objective) for side in (scheme, baseline))
    per_token = served_ratio(ours, theirs)
    throughput = _throughput(ours) / _throughput(theirs)
    ratio = per_token.scaled(throughput / per_token.value)
    ratio = fitting_ratio(ratio, *(batch >= 1 for batch in batches))
    return LoadedRatio(_row(ratio), (batches[0][None], batches[1][None]), binding_term_under_load(ours)[None])


def _throughput(served: ServedLoad) -> np.ndarray:
    return drop_model_axes(served.loop["served_throughput"])


def _row(ratio: Ratio) -> Ratio:
    value, low, high = (np.asarray(end)[None] for end in (ratio.value, ratio.low, ratio.high))
    return Ratio(value, low, high, None if ratio.ideal_low is None else np.asarray(ratio.ideal_low)[None])
