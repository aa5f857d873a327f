"""Bytes of a pool and of the requests in it, under the admission of the deployment's engine, from the formulas."""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.stress.overflow.demand import Demand
from costmodel.stress.overflow.load import Load


def evaluate_names(
    deployment: Deployment,
    scheme: Scheme,
    load: Load,
    names: tuple[str, ...],
    context: float | None = None,
    **numbers: float,
) -> dict[str, float]:
    """Quantities by name under a load, at the mean prompt or another context; 0 where one is undefined."""
    evaluator = build_evaluator(
        deployment, scheme, 1.0, load.prompt if context is None else context, **load.lengths, **numbers
    )
    return {name: float(np.nan_to_num(drop_model_axes(evaluator[name]))) for name in names}


def pool_and_demand(deployment: Deployment, scheme: Scheme, load: Load) -> tuple[dict[str, float], Demand]:
    """Bytes of the pool, of a prompt and of a token, and the demand of a request under the engine's admission."""
    share = {"running_reserve": deployment.engine.admissions[0].floor}
    held = evaluate_names(deployment, scheme, load, ("held_generation",), **share)["held_generation"]
    names = ("memory_pool", "local_sequence_size", "demand_spread", "demand_skew", "kv_bytes_per_token_per_gpu")
    mean = evaluate_names(deployment, scheme, load, names, load.prompt + held, exact_lengths=0.0, **share)
    prompt = evaluate_names(deployment, scheme, load, ("local_sequence_size",), exact_lengths=0.0)
    spread = mean["demand_spread"]
    demand = Demand(mean["local_sequence_size"], spread**2, mean["demand_skew"] * spread**3)
    return mean | {"prompt_size": prompt["local_sequence_size"]}, demand


def full_preemptions(
    deployment: Deployment, scheme: Scheme, load: Load, sizes: dict[str, float], slots: float
) -> float:
    """Times that an always full pool sends a request back; none where the engine reserves outputs."""
    if deployment.engine.admissions[0].floor:
        return 0.0
    numbers = {"prompt_size": sizes["prompt_size"], "pool_slots": slots}
    return evaluate_names(deployment, scheme, load, ("full_preemptions",), **numbers)["full_preemptions"]
