"""Requests that arrive by themselves: how their counts are dispersed, and how the bytes that they hold spread.

Arrivals at a rate, gaps of a gamma law; prompts take the device before decoding goes on, which gathers arrivals into batches
(Marshall and Whitt's view of a queue with priority). What is there together is in ``crowds``, who is sent back in ``victims``.
"""

from functools import partial

from sympy import Rational

from costmodel.formulas.capacity import kv_bytes_per_token_per_gpu
from costmodel.formulas.pressure import prompt_cv, prompt_token_size
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import generated, generated_cv, prompt, sequence

W = partial(Input, table="workload")
arrival_rate = W("arrival_rate", "sequence/second", r"\lambda_a", "Requests that arrive in a second.", positive=True)
arrival_dispersion = W(
    "arrival_dispersion", "", "Z", "Variance of counts of arrivals over their mean; 1 for Poisson.", positive=True
)
prompt_share = W("prompt_share", "", r"\rho_a", "Share of the time that prompts take from decoding.")
prompt_time_variation = W("prompt_time_variation", "", r"c_\tau^2", "Squared variation of the time of a prompt.")
decode_stay_time = W("decode_stay_time", "second", r"t_o", "Time in which a request decodes.", positive=True)
running_reserve = W(
    "running_reserve", "", r"\rho_v", "Share of what a running request has yet to generate for which blocks stay free."
)

half = Rational(1, 2)


def seen_in(requests):
    """Dispersion of arrivals in a window of so many."""
    return 1 + (arrival_dispersion - 1) * requests / (requests + (arrival_dispersion + 1) / 6)


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


@formula("", r"n_\mathrm{dec}")
def decoding_requests():
    """Requests that are there between prompts (Little's law)."""
    return arrival_rate * decode_stay_time / sequence


@formula("", r"Z_w")
def seen_dispersion():
    """Dispersion of the arrivals that a stay sees: gaps of a gamma law reach theirs where many come, and 1 where few do.

    In long windows the variance of counts falls short of the dispersion by (Z² - 1)/6 (renewal theory).
    """
    return seen_in(decoding_requests)


@formula("", r"Z_d")
def interrupted_dispersion():
    """Dispersion of arrivals in the time that decoding gets: while prompts run, arrivals gather into a batch."""
    return (seen_dispersion + prompt_share**2 * prompt_time_variation) / (1 - prompt_share) ** 2


@formula("", r"\gamma_Z")
def interrupted_third():
    """Third cumulant of those counts over their mean: Wald's identity at the end of the time that prompts take.

    Gaps and times of prompts are gamma laws; of Poisson arrivals and prompts that are alike it is that of Borel's law.
    """
    stretch, share, variation = 1 / (1 - prompt_share), prompt_share, prompt_time_variation
    second = share * stretch * interrupted_dispersion + share**2 * variation * stretch**2
    prompts = 3 * share**2 * variation * interrupted_dispersion * stretch**2 + 2 * variation**2 * share**3 * stretch**3
    return prompts + 3 * seen_dispersion * stretch * second + seen_dispersion**2 * stretch**3


@formula("", r"f_2")
def arrival_pairs():
    """Second factorial cumulant of arrivals over their mean: what pairs of a cluster add to independent requests."""
    return interrupted_dispersion - 1


@formula("", r"f_3")
def arrival_triples():
    """Third factorial cumulant of arrivals over their mean."""
    return interrupted_third - 3 * interrupted_dispersion + 2


@formula("", r"\zeta_q")
def queue_dispersion():
    """Noise of the queue before a full pool: half of arrivals', outputs' and prompts' variation (Kingman, 1962)."""
    outputs, prompts = (1 - prompt_share) * generated_cv, prompt_share**2 * prompt_time_variation
    return (seen_dispersion + outputs**2 + prompts) / 2
