"""Along which axes every quantity of a grid may vary: batch, context, kinds of layers, matrix products.

What a scheme redefines may vary with the context and the layer; matrix products vary with the batch. A formula varies along
whatever it reads varies along, less the axes that it sums over. Conditions: those of a sweep, every prompt as long as its
context and one token a sequence in every step.
"""

from collections.abc import Mapping

BATCH, CONTEXT, GROUP, PRODUCT = "batch", "context", "layer_group", "product"
MODEL_AXES = {GROUP: -2, PRODUCT: -1}  # where the axes of the model stand in every array; leading axes are the caller's
BOTH = frozenset({BATCH, CONTEXT})
BY_BATCH = ("batch", "forward_tokens", "expert_tokens", "decode_tokens", "head_rows", "gemm_spread", "grouped_spread")
BY_PRODUCT = ("peak", "weight_size", "input_size", "law_of_one_product", "beside_experts")
BY_GROUP = ("attention_spread_launch", "attention_spread_cold", "token_cost_spread", "prefill_spread")
FIXED = ("warm", "pair_correlation", "kernel_is_ideal", "slow_end", "products_in_step")
OF_LAW = {"attention": {GROUP}, "in-step": {GROUP}, "prefill-attention": {GROUP}, "gemm": {PRODUCT}, "grouped": {BATCH}}
OF_TABLE = {
    "layer": {GROUP},
    "path": {GROUP},
    "product": {BATCH, GROUP, PRODUCT},
    "workload": {CONTEXT},
    "baseline": {BATCH, CONTEXT},
}


def axes_of_input(name: str, entry: Mapping) -> frozenset[str]:
    """The axes of what no formula computes, from its entry in the vocabulary."""
    for axis, names in ((BATCH, BY_BATCH), (PRODUCT, BY_PRODUCT), (GROUP, BY_GROUP)):
        if name in names:
            return frozenset({axis})
    if name in FIXED:
        return frozenset()
    if entry["kind"] == "slot":
        return frozenset({CONTEXT, GROUP})
    return frozenset(OF_LAW.get(entry.get("law", ""), OF_TABLE.get(entry.get("table", ""), ())))


def axes_by_name(reads: Mapping[str, tuple], entries: Mapping[str, Mapping]) -> dict[str, frozenset[str]]:
    """Axes of every quantity; ``reads`` maps formulas to (names that they read, axes that they sum over)."""
    axes: dict[str, frozenset[str]] = {}

    def visit(name: str) -> frozenset[str]:
        if name not in axes:
            if name in reads and entries[name]["kind"] != "slot":
                names, over = reads[name]
                axes[name] = frozenset().union(*map(visit, names)) - set(over)
            else:
                axes[name] = axes_of_input(name, entries[name])
        return axes[name]

    for name in entries:
        visit(name)
    return axes
