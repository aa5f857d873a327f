"""The grouped product of experts on a deployment: which measured kernel times it, with its coefficients and types.

Chosen once, as data. Where no kernel of the engine was measured in a type that stands for the experts', their products run by
the law of one product, as every other product does.
"""

import functools

import numpy as np

from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.products import FEW_ROWS
from costmodel.facts.deployment import Deployment
from costmodel.facts.layers import ROUTER_SPREAD
from costmodel.facts.profiles import GroupedFit
from costmodel.facts.profiles.grouped import call_kind, expert_layer
from costmodel.facts.vocabulary import vocabulary
from costmodel.facts.weight_types import GROUPED_AS, GROUPED_TYPES

Choice = tuple[tuple[dict[str, float], GroupedFit], ...]
TYPICAL_SPREAD = 0.15  # of a fit that nobody reads: the term is 0
SPREADS = ("grouped_spread", "grouped_spread_large")


def choose_grouped(deployment: Deployment) -> Choice:
    """Coefficients with their spreads, and their fits, that of any number of tokens last; empty without experts or fits."""
    groups = [group for group in deployment.model.groups if group["experts"] > 0]
    if not groups:
        return ()
    widest = max(groups, key=lambda group: group["layer_count"])
    kind = call_kind(widest["feed_forward_matrices"], deployment.expert_ranks)
    sizes = (widest[name] for name in ("expert_intermediate_size", "experts_per_token", "experts"))
    dtypes = GROUPED_AS.get(deployment.weight_dtype, ())
    return deployment.profile.grouped(dtypes, kind, expert_layer(deployment.model.hidden_size, *sizes))


def expert_inputs(deployment: Deployment, choice: Choice) -> dict[str, float]:
    """Every input of the law that does not depend on the tokens of a pass."""
    weights = deployment.weights
    kind = GROUPED_TYPES[choice[-1][1].dtype] if choice else None
    return {
        "expert_ranks": float(deployment.expert_ranks),
        "expert_weight_size": weights.weight,
        "expert_input_size": kind.input if kind else weights.input,
        "expert_peak": deployment.gpu.peak(kind.peak if kind else weights.peak),
        "grouped_is_measured": float(bool(choice)),
        "evenly_routed": 0.0,
        "router_spread": ROUTER_SPREAD,
    }


def coefficient_inputs(evaluator: Evaluator, choice: Choice) -> dict[str, np.ndarray]:
    """Coefficients of the kernel that runs a pass of so many tokens, and its log error; ones without a fit: the term is 0."""
    tokens, few = evaluator["expert_tokens"], evaluator["expert_tokens"] <= FEW_ROWS
    names = _coefficient_names()
    if not choice:
        return {name: np.asarray(1.0) for name in names} | {"grouped_spread": np.asarray(TYPICAL_SPREAD)}
    values, _ = choice[-1]
    inputs = {name: np.asarray(values[name]) for name in (*names, *SPREADS)}
    for of_few, fit in choice[:-1]:
        inputs = {name: np.where(tokens <= fit.max_tokens, of_few[name], value) for name, value in inputs.items()}
    large = inputs.pop("grouped_spread_large")
    return inputs | {"grouped_spread": np.where(few, inputs["grouped_spread"], large)}


@functools.cache
def _coefficient_names() -> tuple[str, ...]:
    """The vocabulary's names of the law's coefficients."""
    return tuple(name for name, entry in vocabulary().items() if entry.get("law") == "grouped")
