"""Whether a token so far back is still there when a question needs it: surely by its position, or only if a score kept it.

A score is told by one number, its salience: how many times the odds of any token a needle's odds of being kept are. 1 is a
score that knows nothing. Conditions: the end of a prompt; a needle of one token; heads and layers count alike and choose alone.
"""

from functools import partial

from costmodel.formulas.cache import cached_heads, read_tokens
from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.quantity import Input, formula, slot, total
from costmodel.language.symbols import attends, context, head, layer_count, sequence, token, window

needle_depth = partial(Input, table="workload")(
    "needle_depth", "token/sequence", r"T_\mathrm{ndl}", "Tokens between the needle and the end of the context."
)

salience_odds = Input(
    "salience_odds", "", r"K_s", "Odds that a score keeps the needle, over those of any other token.", "workload"
)
needles = Input("needles", "", r"n_\mathrm{ndl}", "Needles that are all needed.", "workload", positive=True)


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


@formula("", r"p_s")
def scored_retention():
    """Share of the heads whose score keeps the needle: its odds are those of any token times its salience."""
    blind = random_retention
    return salience_odds * blind / (1 - blind + salience_odds * blind)


@formula("", r"p_h")
def head_retention():
    """Share of a layer's heads that hold the needle: by its position, because they keep everything, or by its score."""
    others = kept_by_position + (1 - kept_by_position) * scored_retention
    return full_heads + (1 - full_heads) * others


@total("layer", r"\sum p_h", "layer_group")
def holding_layers():
    """Layers that hold the needle, one whose heads differ counted by its heads."""
    return layer_count * attends * head_retention


@total("layer", r"\sum p_\ell", "layer_group")
def layers_with_a_holder():
    """Layers in which at least one head holds each of the needles, heads choosing independently."""
    nobody = PositivePart(1 - head_retention) ** (cached_heads / head)
    return layer_count * attends * PositivePart(1 - nobody) ** needles


@formula("", r"p_\mathrm{ndl}")
def needle_retention():
    """Share of all heads that hold the needle."""
    return holding_layers / attending_layers


@formula("", r"p_\ell")
def needle_layer_retention():
    """Share of the layers in which each needle is held by some head."""
    return layers_with_a_holder / attending_layers
