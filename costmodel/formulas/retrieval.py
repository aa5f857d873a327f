"""Whether a token so far back is still there when a question needs it: surely by its position, or only if a score kept it.

Between chance and a perfect score lies what nobody knows before the answers are read; formulas give both ends. Conditions: the
end of a prompt; a needle of one token; layers count alike, whether or not each is needed.
"""

from functools import partial

from costmodel.formulas.cache import read_tokens
from costmodel.language.functions import Least, Most, Ramp, Step
from costmodel.language.quantity import Input, formula, slot, total
from costmodel.language.symbols import attends, context, layer_count, sequence, token, window

needle_depth = partial(Input, table="workload")(
    "needle_depth", "token/sequence", r"T_\mathrm{ndl}", "Tokens between the needle and the end of the context."
)


@slot("token/sequence", r"T_\mathrm{sure}")
def sure_tokens():
    """Newest tokens that a layer keeps and reads whatever they score."""
    return Least(context, window)


@slot("token/sequence", r"T_\mathrm{first}")
def first_tokens():
    """First tokens that a layer keeps for good."""
    return 0 * token / sequence


@slot("", r"\sigma_s")
def scored():
    """1 where a score chooses what else is kept or read, 0 where position alone decides."""
    return 0


@formula("", r"p_0")
def surely_held():
    """1 where the needle's position keeps it."""
    return Most(Step(sure_tokens - needle_depth), Step(needle_depth - Ramp(context - first_tokens)))


@formula("", r"p_c")
def chance_held():
    """Share of the other tokens that are kept and read: what a score without any knowledge would do for the needle."""
    others = Most(context - sure_tokens - first_tokens, token / sequence)
    return scored * Least(Ramp(read_tokens - sure_tokens - first_tokens) / others, 1)


@total("layer", r"\lambda_\alpha", "layer_group")
def attending_layers():
    """Layers that have attention."""
    return layer_count * attends


@total("layer", r"\sum p_-", "layer_group")
def holding_layers_low():
    """Layers that hold the needle, on average, where scores are blind."""
    return layer_count * attends * (surely_held + (1 - surely_held) * chance_held)


@total("layer", r"\sum p_+", "layer_group")
def holding_layers_high():
    """Layers that hold the needle where scores know of it."""
    return layer_count * attends * (surely_held + (1 - surely_held) * scored)


@formula("", r"p_-")
def needle_low():
    """Share of layers that hold the needle where scores are blind."""
    return holding_layers_low / attending_layers


@formula("", r"p_+")
def needle_high():
    """Share of layers that hold the needle where scores know of it."""
    return holding_layers_high / attending_layers
