"""How far answers drift from those of the full cache: errors of what is stored, of attention's output, of the next token.

Errors of rounding are independent, so attention averages them as it averages values; the newest tokens weigh most, so a
precise window takes most of the error away. Laws and constants of one decoder: errors of others differ in size, not in kind.
"""

import sympy as sp

from costmodel.formulas.cache import kept_tokens, precise_key_tokens, precise_value_tokens
from costmodel.formulas.rounding import (
    key_float_error,
    key_step_error,
    key_tile_tokens,
    value_float_error,
    value_step_error,
    value_tile_tokens,
)
from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import context, sequence, token, window

key_token_spread = Input(
    "key_token_spread", "", r"\kappa_t", "Range of a token's keys over that of as many normal numbers.", "decoder"
)
key_channel_spread = Input(
    "key_channel_spread", "", r"\kappa_c", "Range of a channel's keys over several tokens, likewise.", "decoder"
)
value_spread = Input("value_spread", "", r"\kappa_v", "Range of a tile of values, likewise.", "decoder")
key_error_gain = Input(
    "key_error_gain", "", r"a_K", "Error of attention's output for a relative error of all stored keys.", "decoder"
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

one_token = token / sequence


@formula("", r"\epsilon_K")
def key_rounding_error():
    """Relative error of a stored key that was rounded once: a tile of a channel is narrower than one across channels."""
    is_channel = Indicator(key_tile_tokens - 1)
    spread = is_channel * key_channel_spread + (1 - is_channel) * key_token_spread
    return ((spread * key_step_error) ** 2 + key_float_error**2) ** sp.Rational(1, 2)


@formula("", r"\epsilon_V")
def value_rounding_error():
    """Relative error of a stored value that was rounded once."""
    return ((value_spread * value_step_error) ** 2 + value_float_error**2) ** sp.Rational(1, 2)


def _regrowth(tile_tokens, precise_tokens):
    """Error of an open tile that is coded again with each token that joins, over that of one coding, both mean squares.

    A token is coded when it joins, and again whenever a later one widens the range, the n-th with probability 2 / n; squared
    ranges grow like ln n − 0.8. Condition: at least 16 tokens, 4 bits (2-bit codes often survive a wider range).
    """
    tokens = Maximum(tile_tokens, 16)
    recoded = (3 - 2 * (sp.log(tokens) + sp.EulerGamma) / tokens) * (1 - 1 / (sp.log(tokens) - sp.Rational(4, 5)))
    is_open = Indicator(tile_tokens - 1) * (1 - Indicator(precise_tokens))
    return 1 + is_open * (recoded - 1)


@formula("", r"n_K^\mathrm{code}")
def key_regrowth():
    """Mean square of a stored key's error over that of one rounding: above 1 where an open tile is coded again and again."""
    return _regrowth(key_tile_tokens, precise_key_tokens)


@formula("", r"n_V^\mathrm{code}")
def value_regrowth():
    """Mean square of a stored value's error over that of one rounding."""
    return _regrowth(value_tile_tokens, precise_value_tokens)


def _coded_share(precise_tokens):
    return PositivePart(kept_tokens - precise_tokens) / kept_tokens


@formula("", r"e_K")
def stored_key_error():
    """Relative error (root mean square) of the keys that a sequence stores, precise ones included."""
    return key_rounding_error * (key_regrowth * _coded_share(precise_key_tokens)) ** sp.Rational(1, 2)


@formula("", r"e_V")
def stored_value_error():
    """Relative error (root mean square) of the values that a sequence stores, precise ones included."""
    return value_rounding_error * (value_regrowth * _coded_share(precise_value_tokens)) ** sp.Rational(1, 2)


def _recent(precise_tokens, recency):
    """What a precise window leaves of a mean-square error: attention's weight falls with distance as a power."""
    return Indicator(kept_tokens - precise_tokens) * (1 + precise_tokens / one_token) ** -recency


@formula("", r"e_A")
def attention_output_error():
    """Relative error of attention's output that rounding causes; what dropped tokens add is not in it."""
    keys = (key_error_gain * key_rounding_error) ** 2 * key_regrowth * _recent(precise_key_tokens, key_recency)
    values = (value_error_gain * value_rounding_error) ** 2 * value_regrowth
    return (keys + values * _recent(precise_value_tokens, value_recency)) ** sp.Rational(1, 2)


@formula("", r"D_\mathrm{KL}")
def answer_divergence():
    """Nats between the next token's distribution and the full cache's: half the squared error of attention, amplified."""
    return (divergence_gain * attention_output_error) ** 2 / 2


@formula("token/sequence", r"T_\mathrm{lost}")
def dropped_tokens():
    """Tokens of the context that a layer no longer stores; what they cost answers is measured, not derived."""
    return PositivePart(Minimum(context, window) - kept_tokens)
