"""How many requests a scheme serves at once in steady state, prompts included: what the pool holds, and what an objective allows.

A cell of a map at context c is a load of prompts of c less half an output; prompts of others delay every token, and take their
share of the device. Conditions: those of ``continuous_batching``; requests alike, nobody waits for room.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.analyses.largest_batch import Objective
from costmodel.evaluation.ask.compare import Ratio, fitting_ratio
from costmodel.evaluation.ask.load import (
    Load,
    ServedLoad,
    binding_term_under_load,
    load_pool,
    serve_load,
    serve_times,
    served_ratio,
)
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment

OUTPUT = 512.0  # tokens of an output where nobody states them
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
    load = load_at(context, output)
    _, pool = load_pool(deployment, scheme, load)
    held = np.floor(np.broadcast_to(drop_model_axes(pool["max_batch"]), load.prompt.shape))
    if objective is None:
        return held

    def meets(requests: np.ndarray) -> np.ndarray:
        tpot, ttft = serve_times(deployment, scheme, load.at(requests))
        in_time = np.ones(requests.shape, dtype=bool)
        if objective.tpot is not None:
            in_time &= tpot <= objective.tpot
        if objective.ttft is not None:
            in_time &= ttft <= objective.ttft
        return in_time & (requests <= held)

    good, bad = np.where(meets(np.ones(held.shape)), 1.0, 0.0), held + 1
    while (bad - good > 1).any():
        middle = np.floor((good + bad) / 2)
        fine = meets(np.maximum(middle, 1)) & (middle >= 1)
        good, bad = np.where(fine, middle, good), np.where(fine, bad, middle)
        bad = np.where(good == 0, np.minimum(bad, 1), bad)  # not even one
    return good


def loaded_ratio(
    deployment: Deployment,
    scheme: Scheme,
    baseline: Scheme,
    context: np.ndarray,
    output: float,
    objective: Objective | None = None,
) -> LoadedRatio:
    """Throughput over throughput in steady state, each side at the most requests that fit and meet the objective."""
    sides = {side.id: side for side in (scheme, baseline)}
    counts = {name: largest_load(deployment, side, context, output, objective) for name, side in sides.items()}
    load = load_at(context, output)
    served = {name: serve_load(deployment, side, load.at(counts[name])) for name, side in sides.items()}
    ours, theirs = served[scheme.id], served[baseline.id]
    per_token = served_ratio(ours, theirs)
    throughput = _throughput(ours) / _throughput(theirs)
    ratio = per_token.scaled(throughput / per_token.value)
    ratio = fitting_ratio(ratio, counts[scheme.id] >= 1, counts[baseline.id] >= 1)
    batches = counts[scheme.id][None], counts[baseline.id][None]
    return LoadedRatio(_row(ratio), batches, binding_term_under_load(ours)[None])


def _throughput(served: ServedLoad) -> np.ndarray:
    return drop_model_axes(served.loop["served_throughput"])


def _row(ratio: Ratio) -> Ratio:
    value, low, high = (np.asarray(end)[None] for end in (ratio.value, ratio.low, ratio.high))
    return Ratio(value, low, high, None if ratio.ideal_low is None else np.asarray(ratio.ideal_low)[None])
