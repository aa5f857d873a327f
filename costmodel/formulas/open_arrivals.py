"""Requests that arrive by themselves: how many are there, how their demand spreads, how often one of them is sent back.

Arrivals at a rate, their counts dispersed; prompts take the device before decoding goes on, which gathers arrivals into batches
(Marshall and Whitt's view of a queue with priority). What is there together follows the infinite-server law with peakedness
(Eckberg 1983); once the pool is full, that of a queue in heavy traffic. Conditions: the pool binds, not the scheduler's limit.
"""

from functools import partial

from sympy import Rational

from costmodel.formulas.capacity import kv_bytes_per_token_per_gpu, local_sequence_size
from costmodel.formulas.offloading import host_link_rate
from costmodel.formulas.pressure import prompt_cv, prompt_token_size
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import generated, generated_cv, prompt, sequence

W = partial(Input, table="workload")
arrival_rate = W("arrival_rate", "sequence/second", r"\lambda_a", "Requests that arrive in a second.", positive=True)
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
running_reserve = W(
    "running_reserve", "", r"\rho_v", "Share of what a running request has yet to generate for which blocks stay free."
)

half = Rational(1, 2)
SMOOTHING = Rational(
    2, 5
)  # settled on the development settings of costmodel.stress.overflow.settings, judged on the others


@formula("token/sequence", r"T_\mathrm{held}")
def held_generation():
    """Output for which a running request holds blocks, on average: what it has generated, and a share of what is to come."""
    return generated * (1 + generated_cv**2) * (1 + running_reserve) / 2


@formula("token/sequence", r"\sigma_h")
def held_spread():
    """Its standard deviation: the output is met in proportion to its length, and its age is uniform within it."""
    square = generated_cv**2
    second = (1 + 2 * square) * (1 + running_reserve + running_reserve**2) / 3
    return generated * ((1 + square) * (second - (1 + square) * (1 + running_reserve) ** 2 / 4)) ** half


@formula("", r"\mu_{3,h}")
def held_third():
    """Its third central moment over the cube of the mean output."""
    square, reserve = generated_cv**2, running_reserve
    third = (1 + 2 * square) * (1 + 3 * square) * (1 + reserve + reserve**2 + reserve**3) / 4
    mixed = (1 + square) * (1 + 2 * square) * (1 + reserve) * (1 + reserve + reserve**2) / 2
    return (1 + square) * (third - mixed + (1 + square) ** 2 * (1 + reserve) ** 3 / 4)


@formula("byte/sequence", r"\sigma_d")
def demand_spread():
    """Standard deviation of the bytes that a running request holds or has reserved on one GPU."""
    prompts, outputs = prompt_token_size * prompt * prompt_cv, kv_bytes_per_token_per_gpu * held_spread
    return (prompts**2 + outputs**2) ** half


@formula("", r"\gamma_d")
def demand_skew():
    """Their skewness: gamma prompts, and outputs independent of them."""
    prompts, outputs = prompt_token_size * prompt * prompt_cv, kv_bytes_per_token_per_gpu * generated
    return (2 * prompt_cv * prompts**3 + held_third * outputs**3) / demand_spread**3


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
