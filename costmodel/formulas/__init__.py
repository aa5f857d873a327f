"""One physical picture a file. Formulas know names only: no facts, no arrays.

Whichever formula is asked for first, all are defined, in this order: the catalogue, and with it the order of terms in
printed equations and of steps in generated code, is the same for everybody.
"""

from costmodel.formulas import (  # noqa: I001 - the order is that in which a newcomer would read them
    cache,
    paging,
    attention,
    dispatch,
    linear,
    products,
    communication,
    codec,
    step,
    prefill_attention,
    prefill,
    capacity,
    serving,
    continuous_batching,
    sharing,
    suffix_prefill,
    pressure,
    turns,
    retrieval,
    comparison,
    breakeven,
    breakdown,
)

__all__ = [
    "attention",
    "breakdown",
    "breakeven",
    "cache",
    "capacity",
    "codec",
    "communication",
    "comparison",
    "continuous_batching",
    "dispatch",
    "linear",
    "paging",
    "prefill",
    "prefill_attention",
    "pressure",
    "products",
    "suffix_prefill",
    "retrieval",
    "serving",
    "sharing",
    "step",
    "turns",
]
