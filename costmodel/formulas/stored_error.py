"""How far stored keys and values are from exact ones: rounded once, or again with every token that joins an open tile.

A tile of real numbers is wider than one of normal numbers where some channels are large, and narrower along a channel.
Conditions: root mean squares over attending layers; spreads are those of one decoder (``facts/decoders``).
"""

import sympy as sp

from costmodel.formulas.cache import kept_tokens, precise_key_tokens, precise_value_tokens
from costmodel.formulas.retrieval import attending_layers
from costmodel.formulas.rounding import (
    key_float_error,
    key_step_error,
    key_tile_tokens,
    value_float_error,
    value_step_error,
    value_tile_tokens,
)
from costmodel.language.functions import Indicator, Maximum, PositivePart
from costmodel.language.quantity import Input, formula, total
from costmodel.language.symbols import attends, layer_count

key_token_spread = Input(
    "key_token_spread", "", r"\kappa_t", "Range of a token's keys over that of as many normal numbers.", "decoder"
)
key_channel_spread = Input(
    "key_channel_spread", "", r"\kappa_c", "Range of a channel's keys over several tokens, likewise.", "decoder"
)
value_spread = Input("value_spread", "", r"\kappa_v", "Range of a tile of values, likewise.", "decoder")

half = sp.Rational(1, 2)


@formula("", r"\epsilon_K^\mathrm{even}")
def key_even_error():
    """Relative error of a key whose channels are all off alike: a tile lies across channels, the largest decides."""
    return (1 - Indicator(key_tile_tokens - 1)) * key_token_spread * key_step_error


@formula("", r"\epsilon_K^\mathrm{own}")
def key_scaled_error():
    """Relative error of a key whose channels are each off by their own size: tiles along a channel, and floats."""
    step = Indicator(key_tile_tokens - 1) * key_channel_spread * key_step_error
    return (step**2 + key_float_error**2) ** half


@formula("", r"\epsilon_K")
def key_rounding_error():
    """Relative error of a key that was rounded once."""
    return (key_even_error**2 + key_scaled_error**2) ** half


@formula("", r"\epsilon_V")
def value_rounding_error():
    """Relative error of a value that was rounded once."""
    return ((value_spread * value_step_error) ** 2 + value_float_error**2) ** half


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


@total("layer", r"\sum e_K^2", "layer_group")
def key_square_errors():
    """Mean-square errors of the keys of a layer, precise ones included, summed over layers."""
    coded = PositivePart(kept_tokens - precise_key_tokens) / kept_tokens
    return layer_count * attends * key_rounding_error**2 * key_regrowth * coded


@total("layer", r"\sum e_V^2", "layer_group")
def value_square_errors():
    """Mean-square errors of the values of a layer, precise ones included, summed over layers."""
    coded = PositivePart(kept_tokens - precise_value_tokens) / kept_tokens
    return layer_count * attends * value_rounding_error**2 * value_regrowth * coded


@formula("", r"e_K")
def stored_key_error():
    """Relative error (root mean square) of the keys that a sequence stores, precise ones included."""
    return (key_square_errors / attending_layers) ** half


@formula("", r"e_V")
def stored_value_error():
    """Relative error (root mean square) of the values that a sequence stores, precise ones included."""
    return (value_square_errors / attending_layers) ** half
