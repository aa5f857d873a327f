"""Requests that arrive by themselves: how many are there, how their demand spreads, how often one of them is sent back.

Arrivals at a rate, their counts dispersed; prompts take the device before decoding goes on, which gathers arrivals into batches
(Marshall and Whitt's view of a queue with priority). What is there together follows the infinite-server law with peakedness
(Eckberg 1983); once the pool is full, that of a queue in heavy traffic. Conditions: the pool binds, not the scheduler's limit.
"""

from functools import partial

from sympy import Rational

from costmodel.formulas.capacity import kv_bytes_per_token_per_gpu, local_sequence_size
from costmodel.formulas.offloading import host_link_rate
from costmodel.formulas.pressure import age_spread, prompt_cv, prompt_token_size, sequence_spread
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import generated, generated_cv, prompt, sequence

W = partial(Input, table="workload")
arrival_rate = W("arrival_rate", "sequence/second", r"\lambda", "Requests that arrive in a second.", positive=True)
arrival_dispersion = W(
    "arrival_dispersion", "", "Z", "Variance of counts of arrivals over their mean; 1 for Poisson.", positive=True
)
prompt_share = W("prompt_share", "", r"\rho_a", "Share of the time that prompts take from decoding.")
computed_prompt_time = W("computed_prompt_time", "second", r"\tau_a", "Mean time of a prompt.", positive=True)
prompt_time_variation = W("prompt_time_variation", "", r"c_\tau^2", "Squared variation of the time of a prompt.")
burst_overlap = W(
    "burst_overlap", "", r"\kappa_a", "Share of the demand of a burst that is still there while its requests run."
)
decode_stay_time = W("decode_stay_time", "second", r"t_o", "Time in which a request decodes.", positive=True)
prompt_size = W("prompt_size", "byte/sequence", r"m_a", "Bytes of a prompt on one GPU.", positive=True)
pool_slots = W("pool_slots", "sequence", "K", "Requests of mean length that the pool holds.", positive=True)

half = Rational(1, 2)
SMOOTHING = Rational(
    2, 5
)  # settled on the development settings of costmodel.stress.overflow.settings, judged on the others


@formula("", r"\gamma_\mathrm{age}")
def age_skew():
    """Skewness of what a running request has generated so far: second to fourth moments of a gamma output."""
    square = generated_cv**2
    third = (1 + square) * square * (1 + 3 * square) / 4
    return third / ((1 + square) * (1 + 5 * square) / 12) ** (3 * half)


@formula("", r"\gamma_m")
def sequence_skew():
    """Skewness of the bytes of a running request: gamma prompts, and ages independent of them."""
    prompts = prompt_token_size * prompt * prompt_cv
    ages = kv_bytes_per_token_per_gpu * age_spread
    return (2 * prompt_cv * prompts**3 + age_skew * ages**3) / sequence_spread**3


@formula("", r"Z_d")
def interrupted_dispersion():
    """Dispersion of arrivals in the time that decoding gets: while prompts run, arrivals gather into a batch."""
    return (arrival_dispersion + prompt_share**2 * prompt_time_variation) / (1 - prompt_share) ** 2


@formula("second", r"t_{r,a}")
def backlog_time():
    """Relaxation of the queue of prompts: over shorter stays, what gathers in it is not yet seen as a batch."""
    noise = arrival_dispersion + prompt_time_variation
    return computed_prompt_time * noise / (2 * (1 - prompt_share) ** 2)


@formula("", r"\zeta_n")
def occupancy_peakedness():
    """Variance of the requests that are there over their mean, had the pool no end (1 for Poisson)."""
    seen = decode_stay_time / (decode_stay_time + SMOOTHING * backlog_time)
    return 1 + (interrupted_dispersion - 1) * burst_overlap * seen


@formula("", r"\zeta_\lambda")
def arrival_peakedness():
    """The same without the batches that prompts gather, which end where the pool is full."""
    seen = decode_stay_time / (decode_stay_time + SMOOTHING * backlog_time)
    return 1 + (arrival_dispersion + prompt_share**2 * prompt_time_variation - 1) * burst_overlap * seen


@formula("", r"\zeta_q")
def queue_dispersion():
    """Noise of the queue before a full pool: half of arrivals', outputs' and prompts' variation (Kingman, 1962)."""
    outputs, prompts = (1 - prompt_share) * generated_cv, prompt_share**2 * prompt_time_variation
    return (arrival_dispersion + outputs**2 + prompts) / 2


@formula("second", r"t_{h,a}")
def prompt_hold_time():
    """Time that a request holds blocks without decoding: its prompt, and the prompts behind it."""
    noise = arrival_dispersion + prompt_time_variation
    sojourn = computed_prompt_time * (1 + prompt_share * noise / (2 * (1 - prompt_share)))
    return computed_prompt_time + prompt_share / (1 - prompt_share) * sojourn


@formula("byte/sequence", r"m_v")
def victim_size():
    """Bytes that sending one back frees: its prompt, and what it has generated since it was let in, growth undone in turn."""
    grown = kv_bytes_per_token_per_gpu * generated
    return (prompt_size + (prompt_size**2 + 2 * grown**2 * sequence / pool_slots) ** half) / 2


@formula("", r"v_1")
def full_preemptions():
    """Times that a request is sent back where the pool is always full: growth over what sending one back frees.

    Requests stand in a line by arrival, and the pool reaches to a level in it; growth moves the level back over one boundary a
    victim, wherever it stands.
    """
    return kv_bytes_per_token_per_gpu * generated / victim_size


@formula("second", r"t_\mathrm{swap}")
def swap_time():
    """Copying a running request of mean length to the host and back."""
    return 2 * local_sequence_size * sequence / host_link_rate
