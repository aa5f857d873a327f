"""Continuous batching in steady state: every request that finishes is followed by another, whose prompt must be computed.

A decode step advances all running sequences by one token; for each of their outputs one prompt passes through the same
device, which delays every other sequence by what that prompt adds to the passes. Conditions: a closed loop of requests
that are alike, no prefix shared, no preemption; the queue of prompts is M/D/1 (Pollaczek and Khinchine), or waves.
"""

from functools import partial

from sympy import Add, Rational

from costmodel.formulas.errors import codec_spread, other_spread
from costmodel.formulas.prefill import prefill_codec_total, prompt_chunks
from costmodel.formulas.prefill_attention import prefill_attention_error, prefill_attention_total
from costmodel.formulas.terms import errors_of, forward_pass_time
from costmodel.language.functions import Floor, Indicator, Maximum, Minimum, PositivePart
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import (
    generated,
    generated_cv,
    max_batched_tokens,
    mixed_batches,
    prompt,
    prompts,
    sequence,
    token,
)

S = partial(Input, table="serving")
concurrency = S("concurrency", "sequence", r"n_{rq}", "Requests in flight at a replica.", positive=True)
running = S("running", "sequence", r"n_r", "Requests that pool and scheduler let run at once.", positive=True)
decode_time = S("decode_time", "second", r"t_d", "A decode step of the running sequences alone.", positive=True)
decode_forward_time = S(
    "decode_forward_time", "second", r"t_{d,\mathrm{pass}}", "Its products, all-reduces, small kernels, host."
)
decode_attention_error = S("decode_attention_error", "second", r"\delta_{d,\mathrm{attn}}", "Its attention error.")
decode_codec_error = S("decode_codec_error", "second", r"\delta_{d,\mathrm{codec}}", "Its codec error.")
decode_proxy_error = S(
    "decode_proxy_error", "second", r"\delta_{d,\tau b}", "Its error by the token cost of a borrowed kernel."
)
decode_shared_error = S("decode_shared_error", "second", r"\delta_{d,\mathrm{shared}}", "Its shared error.")


@formula("second", r"t_\mathrm{add}")
def interference_time():
    """What one prompt adds to the passes of a busy replica: a pass that decodes anyway has paid for reading the weights."""
    added = PositivePart(forward_pass_time - mixed_batches * decode_forward_time)
    return prompt_chunks * added + prefill_attention_total + prefill_codec_total


@formula("", r"\lambda_p")
def prompts_per_step():
    """Prompts that arrive in a decode step: one for each output that ends."""
    return running * token / (sequence * generated * prompts)


@formula("", r"x_w")
def lockstep_waves():
    """1 where requests run in waves: outputs are of one length, and an engine that runs prompts alone runs them first.

    All prompts of a wave are computed before anybody decodes on, and all outputs end together, to be followed by the next.
    """
    return (1 - mixed_batches) * (1 - Indicator(generated_cv))


@formula("", r"\xi")
def prompt_interference_fraction():
    """Share of the prompts that a running sequence waits for: all of them; in a wave those behind its own, half of them."""
    return 1 - lockstep_waves / 2


@formula("second", r"t_\mathrm{TPOT}")
def served_step_time():
    """Time of one output token of a sequence: a decode step, and its share of the prompts of others."""
    return decode_time + prompt_interference_fraction * prompts_per_step * interference_time


@formula("", r"\rho_p")
def prompt_load():
    """Share of the time that goes to prompts."""
    return prompt_interference_fraction * prompts_per_step * interference_time / served_step_time


@formula("second", r"t_w")
def prompt_wait():
    """Wait of a prompt: half of the pass that is under way and the prompts before it; in a wave, half of the wave."""
    staggered = decode_time / 2 + prompt_load * interference_time / (2 * (1 - prompt_load))
    return (1 - lockstep_waves) * staggered + lockstep_waves * running / prompts * interference_time / 2


@formula("", r"n_\parallel")
def prompts_together():
    """Prompts that share a pass: outputs of one length that began together end together, and are followed together."""
    fitting = Floor(max_batched_tokens / (prompt * prompts))
    return Maximum(Minimum((1 - Indicator(generated_cv)) * mixed_batches * fitting, running / prompts), 1)


@formula("second", r"t_\mathrm{run}")
def served_first_token_time():
    """From being let in to the first token: the wait, then the passes of the prompts beside its own, decoding included."""
    return prompt_wait + prompts_together * interference_time + mixed_batches * prompt_chunks * decode_time


@formula("second", r"t_\mathrm{stay}")
def residence_time():
    """How long a request runs: its prompt, then its further outputs."""
    return served_first_token_time + PositivePart(generated * sequence / token - 1) * served_step_time


@formula("second", r"t_\mathrm{queue}")
def queue_time():
    """Wait for room: requests beyond those that run leave the queue at the pace at which running ones end."""
    return PositivePart(concurrency - running) / running * residence_time


@formula("second", r"t_\mathrm{TTFT}")
def served_ttft():
    """Time to first token under load."""
    return queue_time + served_first_token_time


@formula("token/second", r"\Theta_s")
def served_throughput():
    """Output tokens a second of a replica (Little's law over the whole stay)."""
    return concurrency * generated / (queue_time + residence_time)


# --- how far the time per token may be wrong


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
    measured = [e for spread, e in errors_of(lambda term: term.every_pass).items() if spread != other_spread]
    prompts_error = prompts_per_step * prompt_chunks * Add(*(error**2 for error in measured)) ** Rational(1, 2)
    return (decode_shared_error**2 + prompts_error**2) ** Rational(1, 2)


@formula("", r"\varsigma_s")
def served_spread():
    """Log standard error of the time per token under load, from its kernels alone."""
    total = served_attention_error**2 + served_codec_error**2 + decode_proxy_error**2 + served_shared_error**2
    return total ** Rational(1, 2) / served_step_time
