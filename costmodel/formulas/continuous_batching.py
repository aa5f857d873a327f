"""Continuous batching in steady state: every request that finishes is followed by another, whose prompt must be computed.

A decode step advances all running sequences by one token; for each of their outputs one prompt passes through the same
device, which delays every other sequence by what that prompt adds to the passes. Conditions: a closed loop of requests
that are alike, no prefix shared, no preemption; the queue of prompts is M/D/1 (Pollaczek and Khinchine), waves or a convoy; a
benchmark opens with all of its slots at once.
"""

from functools import partial

from sympy import Expr, Rational, exp

from costmodel.formulas.attention_groups import attention_groups
from costmodel.formulas.prefill import PROMPT_ROOM, prefill_codec_total, prompt_chunks, slowed_products_time
from costmodel.formulas.prefill_attention import prefill_attention_total
from costmodel.formulas.terms import forward_pass_time
from costmodel.language.functions import Maximum, Minimum, PositivePart
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import (
    context,
    generated,
    generated_cv,
    groups_in_step,
    layers,
    mixed_batches,
    prompt_layer_time,
    prompts,
    prompts_ahead,
    request_overhead,
    sequence,
    token,
)

S = partial(Input, table="serving")
concurrency = S("concurrency", "sequence", r"n_{rq}", "Requests in flight at a replica.", positive=True)
running = S("running", "sequence", r"n_r", "Requests that pool and scheduler let run at once.", positive=True)
decode_time = S("decode_time", "second", r"t_d", "A decode step of the running sequences alone.", positive=True)
waves = S(
    "waves", "", r"n_w", "Requests that follow one another in one slot, of a benchmark that begins with all slots."
)
admission_steps = S(
    "admission_steps", "", r"n_\mathrm{adm}", "Decode steps before the scheduler looks at a request, on average."
)
closed_loop = S(
    "closed_loop",
    "",
    r"x_o",
    "1 where a request follows the one that ends in its slot, 0 where requests come by themselves.",
)
decode_forward_time = S(
    "decode_forward_time", "second", r"t_{d,\mathrm{pass}}", "Its products, all-reduces, small kernels, host."
)


@formula("second", r"t_\mathrm{add,dev}")
def interference_device_time():
    """What a prompt adds to the passes on the device: a pass that decodes anyway has paid for reading the weights."""
    added = PositivePart(forward_pass_time - mixed_batches * decode_forward_time)
    return prompt_chunks * (added + slowed_products_time) + prefill_attention_total + prefill_codec_total


@formula("second", r"t_{\mathrm{gap},h}")
def host_gap_time():
    """What a pass with a prompt adds on the host, which launches its kernels layer by layer: no full graph holds it."""
    return PositivePart(layers * prompt_layer_time - mixed_batches * decode_time)


@formula("second", r"t_\mathrm{add}")
def interference_time():
    """What one prompt adds to the passes of a busy replica: on the device or, for few tokens, on the host."""
    return Maximum(interference_device_time, prompt_chunks * host_gap_time)


@formula("", r"\lambda_p")
def prompts_per_step():
    """Prompts that delay a decode step: one for each output that ends.

    Groups that share experts wait for each other: a prompt in any of them delays all, prompts in several at once count once,
    as they all do where groups hold prompts back until all have one.
    """
    of_group = running * token / (sequence * generated * prompts * attention_groups)
    of_any = 1 - PositivePart(1 - of_group) ** attention_groups
    return Maximum(of_group, (1 - groups_in_step) * of_any)


@formula("second", r"t_\mathrm{all}")
def prompts_of_all_time():
    """The prompts of all that run in a group, one after the other: they fill passes, and the host binds none."""
    return running / prompts / attention_groups * interference_device_time


@formula("", r"\sigma_w")
def drift_of_ends():
    """Decode steps over which outputs that began together end: it grows as the root of the requests that follow one another.

    Lengths are taken as evenly spread, over root twelve of their standard deviations.
    """
    return (12 * waves) ** Rational(1, 2) * generated_cv * generated * sequence / token


def share_together(drift: Expr) -> Expr:
    """Share of requests still together where their ends are spread over a fraction ``drift`` of what they were together in.

    Where it is a, the queue that meets each is shorter by it: the mean of 1 - a over the waves.
    """
    early, late = Minimum(drift, 1), Maximum(drift, 1)
    return 1 - Rational(2, 3) * early + (1 / late**2 - 1) / 3


@formula("", r"x_w")
def lockstep():
    """Share of the requests that run in waves, under an engine that runs prompts alone and first.

    All prompts of a wave are computed before anybody decodes on, and outputs of one length end together, to be followed
    together, until their ends are spread over the time of the prompts.
    """
    return closed_loop * (1 - mixed_batches) * share_together(drift_of_ends * decode_time / prompts_of_all_time)


@formula("", r"x_c")
def convoy():
    """Share of the requests that go in a convoy, under an engine whose passes with a prompt decode as well.

    Prompts of the opening burst are computed one after the other, outputs of one length end in that order, step by step, and
    who follows comes while the prompt of the one before is computed; until their ends are spread over as many steps as there
    are requests.
    """
    return closed_loop * mixed_batches * share_together(drift_of_ends * prompts * attention_groups / running)


@formula("", r"\xi")
def prompt_interference_fraction():
    """Share of the prompts that a running sequence waits for: those of others; in a wave those behind its own, half of them."""
    return (1 - lockstep / 2) * (1 - prompts / running)


@formula("second", r"t_\mathrm{others}")
def prompts_of_others_time():
    """What prompts of others add to a step: on the device each its own, on the host once for all that share a pass.

    How many come in one step is Poisson.
    """
    prompts_seen = prompt_interference_fraction * prompts_per_step
    passes = 1 - exp(-prompt_chunks * prompts_seen)
    return Maximum(prompts_seen * interference_device_time, passes * host_gap_time)


@formula("second", r"t_\mathrm{TPOT}")
def served_step_time():
    """Time of one output token of a sequence: a decode step, and its share of the prompts of others."""
    return decode_time + prompts_of_others_time


@formula("", r"\rho_p")
def prompt_load():
    """Share of the time that goes to prompts."""
    return prompts_of_others_time / served_step_time


@formula("", r"n_\mathrm{open}")
def opening_passes():
    """Passes that the prompts of all that run in a group fill when they come at once."""
    return Maximum(running * context / (attention_groups * PROMPT_ROOM), 1)


@formula("second", r"t_\mathrm{open}")
def opening_time():
    """All prompts of a burst, and in their passes the decoding of those that were first: of half of them, on average.

    Its products do not grow with their number, its attention does; the host binds where passes are short.
    """
    beside = opening_passes * (decode_time + decode_forward_time) / 2
    return Maximum(
        prompts_of_all_time + mixed_batches * beside, mixed_batches * opening_passes * layers * prompt_layer_time
    )


@formula("second", r"t_\mathrm{before}")
def prompts_before_time():
    """The prompts of those that came at the same time, before one's own: half of the others."""
    return PositivePart(1 - prompts * attention_groups / running) * opening_time / 2


@formula("second", r"t_\mathrm{passes}")
def prompt_passes_time():
    """The passes of one prompt on a busy replica, from end to end: what it adds, and the decoding that rides along."""
    return interference_time + mixed_batches * prompt_chunks * decode_time


@formula("second", r"t_w")
def prompt_wait():
    """Wait of a prompt: half of the pass that is under way and the prompts before it.

    In a wave, those before it in the wave; in a convoy, as many as an engine is seen to gather, of those that run.
    """
    ahead = prompts_ahead * (1 - prompts / running) * prompt_passes_time
    queued = prompt_load * interference_time / (2 * (1 - prompt_load))
    staggered = decode_time / 2 + convoy * ahead + (1 - convoy) * queued
    return (1 - lockstep) * staggered + lockstep * prompts_before_time


@formula("second", r"t_\mathrm{run}")
def served_first_token_time():
    """From being let in to the first token: the wait, the passes of its prompt, decoding included, and the overhead.

    The first wave of a benchmark comes at once and waits for half of its own prompts.
    """
    wait = prompts_before_time / waves + (1 - 1 / waves) * prompt_wait
    return request_overhead + wait + prompt_passes_time


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
    """Time to first token under load. The first is sent as soon as it is there, however many are sent together later.

    Steps pass first where a server receives requests every so many of them (SGLang, --scheduler-recv-interval: half of the
    interval on average) or waits for fuller passes (TensorRT-LLM, batch_wait_timeout_iters).
    """
    return queue_time + admission_steps * served_step_time + served_first_token_time


@formula("token/second", r"\Theta_s")
def served_throughput():
    """Output tokens a second of a replica (Little's law over the whole stay)."""
    return concurrency * generated / (queue_time + residence_time)
