"""Whether a token so far back is still there when a question needs it: surely by its position, or only if a score kept it.

Between chance and a perfect score lies what nobody knows before the answers are read; formulas give both ends. Conditions: the
end of a prompt; a needle of one token; layers count alike, whether or not each is needed.
"""

from functools import partial

from costmodel.formulas.cache import read_tokens
from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.quantity import Input, formula, slot, total
from costmodel.language.symbols import attends, context, layer_count, sequence, token, window

needle_depth = partial(Input, table="workload")(
    "needle_depth", "token/sequence", r"T_\mathrm{ndl}", "Tokens between the needle and the end of the context."
)


@slot("token/sequence", r"T_\mathrm{sure}")
def guaranteed_recent_tokens():
    """Newest tokens that a layer keeps and reads whatever they score."""
    return Minimum(context, window)


@slot("token/sequence", r"T_\mathrm{first}")
def sink_tokens():
    """First tokens that a layer keeps for good."""
    return 0 * token / sequence


@slot("", r"\sigma_s", high=1)
def score_selected():
    """1 where a score chooses what else is kept or read, 0 where position alone decides."""
    return 0


@slot("", r"f_H", high=1)
def full_heads():
    """Share of the heads of a layer that keep every token, whatever the others drop."""
    return 0


@formula("", r"p_0")
def kept_by_position():
    """1 where the needle's position keeps it."""
    return Maximum(
        Indicator(guaranteed_recent_tokens - needle_depth),
        Indicator(needle_depth - PositivePart(context - sink_tokens)),
    )


@formula("", r"p_c")
def random_retention():
    """Share of the other tokens that are kept and read: what a score without any knowledge would do for the needle."""
    others = Maximum(context - guaranteed_recent_tokens - sink_tokens, token / sequence)
    return score_selected * Minimum(PositivePart(read_tokens - guaranteed_recent_tokens - sink_tokens) / others, 1)


@total("layer", r"\lambda_\alpha", "layer_group")
def attending_layers():
    """Layers that have attention."""
    return layer_count * attends


@total("layer", r"\sum p_-", "layer_group")
def holding_layers_low():
    """Layers that hold the needle, on average, where scores are blind; one whose heads differ counts by its heads."""
    others = kept_by_position + (1 - kept_by_position) * random_retention
    return layer_count * attends * (full_heads + (1 - full_heads) * others)


@total("layer", r"\sum p_+", "layer_group")
def holding_layers_high():
    """Layers that hold the needle where scores know of it."""
    others = kept_by_position + (1 - kept_by_position) * score_selected
    return layer_count * attends * (full_heads + (1 - full_heads) * others)


@formula("", r"p_-")
def needle_retention_low():
    """Share of layers, and of their heads, that hold the needle where scores are blind."""
    return holding_layers_low / attending_layers


@formula("", r"p_+")
def needle_retention_high():
    """Share of layers, and of their heads, that hold the needle where scores know of it."""
    return holding_layers_high / attending_layers
