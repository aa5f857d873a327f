"""Requests of random length in one pool: how often they overflow it, and how many may run while that is rare.

A running request holds its prompt and what it has generated so far; in steady state the length of its output is met in
proportion to itself (the inspection paradox) and its age is uniform within it. The sum over many requests is taken as normal.
Conditions: outputs spread like a gamma distribution, prompts independent of them; bytes grow along the slope at the mean.
"""

from sympy import Rational

from costmodel.formulas.cache import local_cached_heads, prompt_growth
from costmodel.formulas.capacity import kv_bytes_per_token_per_gpu, local_sequence_size, memory_pool
from costmodel.formulas.pooling import pooled_size
from costmodel.language.quantity import Input, formula, total
from costmodel.language.symbols import (
    generated,
    generated_cv,
    layer,
    layer_count,
    owns_cache,
    prompt,
    sequence,
)

prompt_cv = Input("prompt_cv", "", r"c_p", "Coefficient of variation of the prompt length.", "workload")
concurrent_requests = Input(
    "concurrent_requests", "sequence", r"n_m", "Requests that run at once.", "workload", positive=True
)
risk_quantile = Input(
    "risk_quantile", "", "z", "Standard deviations above the mean that the pool must hold.", "workload"
)

half = Rational(1, 2)


@formula("token/sequence", r"\sigma_\mathrm{age}")
def age_spread():
    """Standard deviation of what a running request has generated so far: second and third moments of a gamma output."""
    return generated * ((1 + generated_cv**2) * (1 + 5 * generated_cv**2) / 12) ** half


@formula("byte/token", r"m_{p}")
def prompt_marginal_size():
    """Bytes that one more token of the prompt adds to the layer on one GPU."""
    return owns_cache * prompt_growth * local_cached_heads * pooled_size


@total("byte/token", r"\sum m_{p}", "layer_group")
def prompt_token_size():
    """Bytes that one more token of the prompt adds to a request on one GPU."""
    return layer_count / layer * prompt_marginal_size


@formula("byte/sequence", r"\sigma_m")
def sequence_spread():
    """Standard deviation of the bytes of a running request on one GPU; 0 where its budget is full."""
    prompts, ages = prompt_token_size * prompt * prompt_cv, kv_bytes_per_token_per_gpu * age_spread
    return (prompts**2 + ages**2) ** half


@formula("", r"z_m")
def overflow_margin():
    """Standard deviations between the mean demand of the running requests and the pool; below 0 the mean overflows."""
    room = memory_pool - concurrent_requests * local_sequence_size
    return room / (sequence_spread * (concurrent_requests * sequence) ** half)


@formula("sequence", r"n_\mathrm{safe}")
def max_safe_requests():
    """Requests whose mean demand and so many standard deviations fill the pool: a quadratic in the root of their number."""
    spread = risk_quantile * sequence_spread
    root = (spread**2 + 4 * local_sequence_size * memory_pool / sequence) ** half - spread
    return (root / (2 * local_sequence_size)) ** 2 * sequence
