"""How far the times of continuous batching may be wrong: its kernels, and what an engine does beside them.

Errors of the decode step and of the prompts that ride along add up by kind; an engine's scheduling, host and network are a
log error of their own, which published runs of that engine settle. Conditions: those of ``continuous_batching``.
"""

from functools import partial

from sympy import Add, Rational

from costmodel.formulas.continuous_batching import prompts_per_step, served_step_time
from costmodel.formulas.errors import codec_spread, other_spread
from costmodel.formulas.prefill import errors_of_a_chunk, prefill_codec_total, prompt_chunks
from costmodel.formulas.prefill_attention import prefill_attention_error
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import first_token_spread, load_spread, version_spread

S = partial(Input, table="serving")
decode_attention_error = S("decode_attention_error", "second", r"\delta_{d,\mathrm{attn}}", "Its attention error.")
decode_codec_error = S("decode_codec_error", "second", r"\delta_{d,\mathrm{codec}}", "Its codec error.")
decode_proxy_error = S(
    "decode_proxy_error", "second", r"\delta_{d,\tau b}", "Its error by the token cost of a borrowed kernel."
)
decode_shared_error = S("decode_shared_error", "second", r"\delta_{d,\mathrm{shared}}", "Its shared error.")


@formula("second", r"\delta_{s,\mathrm{attn}}")
def served_attention_error():
    """Attention, of the steps and of the prompts."""
    return decode_attention_error + prompts_per_step * prefill_attention_error


@formula("second", r"\delta_{s,\mathrm{codec}}")
def served_codec_error():
    """Codec work, of the steps and of the prompts."""
    return decode_codec_error + prompts_per_step * prefill_codec_total * codec_spread


@formula("second", r"\delta_{s,\mathrm{shared}}")
def served_shared_error():
    """What every cache format pays alike: that of the steps, and products and links of the prompts."""
    measured = [error for spread, error in errors_of_a_chunk().items() if spread != other_spread]
    prompts_error = prompts_per_step * prompt_chunks * Add(*(error**2 for error in measured)) ** Rational(1, 2)
    return (decode_shared_error**2 + prompts_error**2) ** Rational(1, 2)


@formula("", r"\varsigma_s")
def served_spread():
    """Log standard error of the time per token under load, from its kernels and their version alone."""
    total = served_attention_error**2 + served_codec_error**2 + decode_proxy_error**2 + served_shared_error**2
    return (total / served_step_time**2 + version_spread**2) ** Rational(1, 2)


@formula("", r"\varsigma_{s,\mathrm{TPOT}}")
def served_tpot_spread():
    """Log standard error of the time per token under load: its kernels, and what the engine does beside them."""
    return (served_spread**2 + load_spread**2) ** Rational(1, 2)


@formula("", r"\varsigma_{s,\mathrm{TTFT}}")
def served_ttft_spread():
    """Log standard error of the first token under load."""
    return (served_spread**2 + first_token_spread**2) ** Rational(1, 2)
