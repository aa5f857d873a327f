"""The prompt pass of new tokens behind a history whose cache is there: a hit prefix, the next turn of a conversation.

Products run over the new tokens alone; their attention is that of history and new tokens together less that of the history,
as far as a layer still keeps it (a triangle less a smaller one). Condition: what was kept is used as it is; a scheme that
scores the whole prompt scores new tokens against it twice at most.
"""

from functools import partial

from sympy import Rational

from costmodel.formulas.prefill import prefill_codec_total
from costmodel.formulas.prefill_attention import prefill_attention_error, prefill_attention_total
from costmodel.language.functions import Maximum, PositivePart
from costmodel.language.quantity import Input, formula

S = partial(Input, table="sharing")
new_passes_time = S(
    "new_passes_time",
    "second",
    r"\sum t_\mathrm{pass}^\mathrm{new}",
    "Products, links, small kernels of the new tokens.",
)
new_prefill_time = S(
    "new_prefill_time", "second", r"t_\mathrm{prefill}^\mathrm{new}", "Prompt pass of the new tokens alone."
)
new_host_time = S("new_host_time", "second", r"t_{p,\mathrm{host}}^\mathrm{new}", "Host time of their passes.")
new_prefill_spread = S("new_prefill_spread", "", r"\varsigma_\mathrm{new}", "Log standard error of it.")
carried_attention_time = S(
    "carried_attention_time",
    "second",
    r"t_\mathrm{pattn}^\mathrm{old}",
    "Attention of a prompt as long as what is kept.",
)
carried_attention_error = S(
    "carried_attention_error", "second", r"\delta_\mathrm{pattn}^\mathrm{old}", "Its standard error."
)
carried_codec_time = S(
    "carried_codec_time", "second", r"t_\mathrm{penc}^\mathrm{old}", "Codec work of a prompt as long as what is kept."
)


@formula("second", r"\sum t_\mathrm{pattn}^\mathrm{new}")
def suffix_attention_time():
    """Attention of the new tokens to all that is kept and to each other."""
    return PositivePart(prefill_attention_total - carried_attention_time)


@formula("second", r"\delta_\mathrm{pattn}^\mathrm{new}")
def suffix_attention_error():
    """Its standard error: what both prompts err by alike cancels."""
    return PositivePart(prefill_attention_error - carried_attention_error)


@formula("second", r"\sum t_\mathrm{penc}^\mathrm{new}")
def suffix_codec_time():
    """Codec work on the new tokens."""
    return PositivePart(prefill_codec_total - carried_codec_time)


@formula("second", r"t_{\mathrm{rest},\mathrm{dev}}")
def suffix_device_time():
    """The new tokens on the device."""
    return new_passes_time + suffix_attention_time + suffix_codec_time


@formula("second", r"t_\mathrm{rest}")
def suffix_prefill_time():
    """The prompt pass of the new tokens: the device, or the host that it waits for."""
    return Maximum(suffix_device_time, new_host_time)


@formula("", r"\varsigma_\mathrm{rest}")
def rest_prefill_spread():
    """Log standard error of it: that of the new tokens' pass, and of the attention to what was there."""
    alone = new_prefill_time * new_prefill_spread
    return (alone**2 + suffix_attention_error**2) ** Rational(1, 2) / suffix_prefill_time
