"""How loads of experts are set, by the name that measured tables give it: all alike, by a power law, or as tokens choose.

The name decides which formulas of ``formulas.routing`` state the share of experts that are touched and how unequal loads are.
"""

import re
from collections.abc import Sequence

import numpy as np

from costmodel.errors import FactError
from costmodel.evaluation.assemble.evaluator import Evaluator

EVEN, INDEPENDENT = "balanced", "independent"
POWER_LAW = re.compile(r"power_law_(\d+(?:\.\d+)?)")
SINGULAR = (1.0, 2.0, 3.0)  # exponents at which the moments of the law are logarithms
UNUSED_EXPONENT = 1.5


def routing_exponent(routing: str) -> float | None:
    """The exponent of a power law, None for the other names; FactError for what is none of them."""
    if routing in (EVEN, INDEPENDENT):
        return None
    match = POWER_LAW.fullmatch(routing)
    if match is None or float(match[1]) in SINGULAR or not float(match[1]):
        raise FactError(
            f"routing: expected {EVEN}, {INDEPENDENT} or power_law_<exponent>, the exponent not 0, 1, 2 or 3, got {routing!r}"
        )
    return float(match[1])


def with_routing(call: Evaluator, routing: Sequence[str]) -> Evaluator:
    """The call with loads as named; ``routing`` is one name for every row of the call's leading axis."""
    shape = (len(routing), *(1,) * (np.ndim(call["expert_tokens"]) - 1))
    names = np.asarray(routing, dtype=object)
    exponents = np.array([routing_exponent(name) or np.nan for name in routing]).reshape(shape)
    even, independent = ((names == name).reshape(shape) for name in (EVEN, INDEPENDENT))
    call = call.with_inputs(
        routing_exponent=np.where(np.isnan(exponents), UNUSED_EXPONENT, exponents), evenly_routed=even.astype(float)
    )
    share = np.where(even, call["even_share"], np.where(independent, call["independent_share"], call["skewed_share"]))
    skewed = np.where(independent, call["independent_variation"], call["skewed_variation"])
    return call.with_inputs(touched_share=share, load_variation=np.where(even, 0.0, skewed))
