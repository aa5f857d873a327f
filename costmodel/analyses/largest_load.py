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


def largest_load(
    deployment: Deployment, scheme: Scheme, context: np.ndarray, output: float, objective: Objective | None = None
) -> np.ndarray:
    """Requests that run at once within an objective at every context; 0 where not even one does. Shape (contexts,)."""
    return LoadedSchemes(deployment, context, output).largest(scheme, objective)


class LoadedSchemes:
    """Schemes under the loads of a vector of mean contexts on one deployment; what several comparisons need is computed once."""

    def __init__(self, deployment: Deployment, context: np.ndarray, output: float):
        self.deployment, self.load = deployment, load_at(context, output)
        for name in ("largest", "served", "_room"):
            setattr(self, name, functools.cache(getattr(self, name)))

    def largest(self, scheme: Scheme, objective: Objective | None = None) -> np.ndarray:
        """Requests that run at once within an objective at every context; 0 where not even one does. Shape (contexts,)."""
        _, pool = self._room(scheme)
        held = np.floor(np.broadcast_to(drop_model_axes(pool["max_batch"]), self.load.prompt.shape))
        if objective is None:
            return held

        def meets(requests: np.ndarray) -> np.ndarray:
            return self._in_time(scheme, objective, np.maximum(requests, 1)) & (requests >= 1) & (requests <= held)

        at_least_one = meets(np.ones(held.shape))
        good, bad = np.where(at_least_one, 1.0, 0.0), np.where(at_least_one, held + 1, 1.0)
        while (bad - good > 1).any():
            good, bad = halve(good, bad, meets, lambda low, high: np.floor((low + high) / 2), HALVINGS)
        return good

    def _in_time(self, scheme: Scheme, objective: Objective, requests: np.ndarray) -> np.ndarray:
        """Whether so many requests (any × contexts) meet an objective."""
        loop = serve_loop(self.deployment, scheme, self.load.at(requests), self._room(scheme))
        in_time = np.ones(requests.shape, dtype=bool)
        for term, most in (("served_step_time", objective.tpot), ("served_ttft", objective.ttft)):
            if most is not None:
                in_time &= drop_model_axes(loop[term]) <= most
        return in_time

    def served(self, scheme: Scheme, objective: Objective | None = None) -> ServedLoad:
        """The scheme with the most requests that fit and meet an objective, at least one."""
        return self.serve(scheme, self.largest(scheme, objective))

    def serve(self, scheme: Scheme, requests: np.ndarray) -> ServedLoad:
        """The scheme with so many requests in flight at every context, at least one."""
        return serve_load(self.deployment, scheme, self.load.at(requests), self._room(scheme))

    def _room(self, scheme: Scheme) -> Room:
        return load_pool(self.deployment, scheme, self.load)


def loaded_ratio(
    schemes: LoadedSchemes, scheme: Scheme, baseline: Scheme, objective: Objective | None = None
) -> LoadedRatio:
    """Throughput over throughput in steady state, each side at the most requests that fit and meet the objective."""
    ours, theirs = (schemes.served(side, objective) for side in (scheme, baseline))
    batches = tuple(schemes.largest(side, objective) for side in (scheme, baseline))
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
