"""Keys or values that are cached as a low-rank code and multiplied back to their width before or inside attention.

Every read token of every head costs rank × width multiply-adds on the tensor cores (Palu, arXiv:2407.21118, section 3.3):
inside the attention kernel beside its memory traffic, or in a pass of its own. Condition: the code is not absorbed.
"""

from costmodel.language.quantity import formula, slot
from costmodel.language.symbols import (
    codec_is_measured,
    flop,
    fused_product_share,
    head,
    kernel_is_ideal,
    multiprocessors,
    peak_16bit,
    token,
)


@slot("flop/token/head", r"w_r")
def reconstruction_work():
    """Arithmetic that multiplies one cached token of one head back to its width."""
    return 0 * flop / (token * head)


@formula("second/token/head", r"\tau_\mathrm{rec}")
def reconstruction_time():
    """The whole device multiplying one token of one head back; an ideal kernel does so at peak."""
    share = fused_product_share + kernel_is_ideal * (1 - fused_product_share)
    return (1 - codec_is_measured) * reconstruction_work / (share * peak_16bit)


@formula("second*sm/token/head", r"\tau_\mathrm{rec}'")
def reconstruction_cost():
    """One multiprocessor multiplying one token of one head back."""
    return reconstruction_time * multiprocessors
