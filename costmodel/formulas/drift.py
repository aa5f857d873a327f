"""How far answers drift from those of the full cache: the error of attention's output, and of the next token.

Errors of rounding are independent, so attention averages them as it averages values, however long the context; the newest
tokens weigh most, so a precise window takes most of the error away. Gains and powers are those of one decoder.
"""

import sympy as sp

from costmodel.formulas.cache import kept_tokens, precise_key_tokens, precise_value_tokens
from costmodel.formulas.codec import flush_tokens
from costmodel.formulas.retrieval import attending_layers
from costmodel.formulas.stored_error import (
    key_even_error,
    key_regrowth,
    key_scaled_error,
    value_regrowth,
    value_rounding_error,
)
from costmodel.language.functions import Indicator, Minimum, PositivePart
from costmodel.language.quantity import Input, formula, total
from costmodel.language.symbols import attends, context, layer_count, sequence, token, window

key_even_gain = Input(
    "key_even_gain", "", r"a_K", "Error of attention's output for keys whose channels are all off alike.", "decoder"
)
key_scaled_gain = Input(
    "key_scaled_gain", "", r"a_K'", "The same for keys whose channels are each off by their own size.", "decoder"
)
value_error_gain = Input(
    "value_error_gain", "", r"a_V", "Error of attention's output for a relative error of all stored values.", "decoder"
)
key_recency = Input(
    "key_recency", "", r"\beta_K", "Power with which the error of keys falls with a precise window.", "decoder"
)
value_recency = Input(
    "value_recency", "", r"\beta_V", "Power with which the error of values falls with a precise window.", "decoder"
)
divergence_gain = Input(
    "divergence_gain", "", "a_D", "Nats of divergence for a squared error of attention's output, half of it.", "decoder"
)


def _behind_window(precise_tokens, recency):
    """What a precise window leaves of a mean-square error: attention's weight falls with distance as a power.

    A window that is flushed holds between half a flush less and half a flush more than its mean; the power is averaged over
    its fill.
    """
    half_flush = flush_tokens / 2
    emptiest, fullest = PositivePart(precise_tokens - half_flush), precise_tokens + half_flush
    grown = [(1 + tokens * sequence / token) ** (1 - recency) for tokens in (emptiest, fullest)]
    mean = (grown[1] - grown[0]) / ((1 - recency) * (fullest - emptiest) * sequence / token)
    return Indicator(kept_tokens - precise_tokens) * mean


@total("layer", r"\sum e_A^2", "layer_group")
def attention_square_errors():
    """Mean-square errors of a layer's attention output, summed over layers: errors of keys move its weights.

    Queries are large where keys are, so errors that follow a channel's size weigh more than as large ones spread evenly.
    """
    keys = ((key_even_gain * key_even_error) ** 2 + (key_scaled_gain * key_scaled_error) ** 2) * key_regrowth
    values = (value_error_gain * value_rounding_error) ** 2 * value_regrowth
    keys_behind = keys * _behind_window(precise_key_tokens, key_recency)
    return layer_count * attends * (keys_behind + values * _behind_window(precise_value_tokens, value_recency))


@formula("", r"e_A")
def attention_output_error():
    """Relative error of attention's output that rounding causes; what dropped tokens add is not in it."""
    return (attention_square_errors / attending_layers) ** sp.Rational(1, 2)


@formula("", r"D_\mathrm{KL}")
def answer_divergence():
    """Nats between the next token's distribution and the full cache's: half the squared error of attention, amplified."""
    return (divergence_gain * attention_output_error) ** 2 / 2


@total("token*layer/sequence", r"\sum T_\mathrm{lost}", "layer_group")
def dropped_tokens():
    """Tokens of the context that layers no longer store; what they cost answers is measured, not derived."""
    return layer_count * attends * PositivePart(Minimum(context, window) - kept_tokens)
