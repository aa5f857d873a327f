"""Which kernels of an engine write the input of the products behind them in the products' own type.

A table of products pays for casting the input in a kernel of its own; where a norm, an activation or attention casts as it
writes, a step does not launch that kernel.
"""

from costmodel.errors import FactError, UnknownName
from costmodel.facts import store
from costmodel.facts.weight_types import WEIGHT_TYPES

WRITERS = {  # kernel that writes an input → products that read it
    "norm": ("qkv", "query_up", "latent", "mixer", "up"),
    "activation": ("down",),
    "attention": ("attention_out",),
}


def read(table: dict, location: str) -> dict[str, tuple[str, ...]]:
    """The kernels that cast, by weight type; FactError, naming the key, for an unknown type or kernel."""
    where = f"{location}: fused_casts"
    store.check_keys(table, WEIGHT_TYPES, where)
    store.check_types(table, dict.fromkeys(table, list[str]), where)
    for weight_type, kernels in table.items():
        for kernel in kernels:
            if kernel not in WRITERS:
                raise FactError(f"{where}.{weight_type}: {UnknownName('kernel that casts', kernel, WRITERS)}")
    return {weight_type: tuple(kernels) for weight_type, kernels in table.items()}
