"""How many requests that arrive by themselves are there together, and their demand, had the pool no end.

The infinite-server law of clusters, by joint cumulants of number and demand (peakedness: Eckberg 1983): requests of a burst are
young together, what prompts gather comes on top, large requests slow the steps of all. Condition: below a full pool.
"""

from functools import partial

from sympy import Rational

from costmodel.formulas.open_arrivals import (
    arrival_dispersion,
    arrival_pairs,
    arrival_rate,
    arrival_triples,
    decoding_requests,
    prompt_share,
    prompt_time_variation,
    seen_dispersion,
    seen_in,
)
from costmodel.formulas.pressure import prompt_cv
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import sequence

W = partial(Input, table="workload")
number_overlap = W("number_overlap", "", r"\omega_{nn}", "Share of a burst that is still there while its requests run.")
number_overlap_third = W("number_overlap_third", "", r"\omega_{nnn}", "The same for threes of it.")
mixed_overlap = W("mixed_overlap", "", r"\omega_{nd}", "The same for the demand of one beside another.")
burst_overlap = W(
    "burst_overlap", "", r"\kappa_a", "Share of the demand of a burst that is still there while its requests run."
)
burst_overlap_third = W("burst_overlap_third", "", r"\omega_{ddd}", "The same for threes of it.")
squared_overlap = W("squared_overlap", "", r"\omega_{dd}", "The same for the square of a demand beside another.")
prompt_part = W("prompt_part", "", r"\omega_p", "Bytes of a prompt over the mean demand of a request.")
size_variance = W("size_variance", "", r"\sigma_s^2", "Variance of the demand of a request over its squared mean.")
size_third = W("size_third", "", r"\mu_{3,s}", "Its third central moment over the cubed mean.")
step_feedback = W("step_feedback", "", r"\omega_s", "Share of the growth of the demand by which steps grow.")
pass_share = W("pass_share", "", r"\rho_\mathrm{pass}", "Share of the time of passes that carry a prompt.")
half = Rational(1, 2)


@formula("", r"n_\mathrm{gat}")
def gathered_prompts():
    """Requests more than in between that are there while prompts run: half of what a busy time gathers, and half of one."""
    twice = (1 - prompt_share) ** 2 * 2
    noise = seen_in(arrival_dispersion / twice) + prompt_share * prompt_time_variation
    return noise / twice + half


@formula("", r"\kappa_{2,g}")
def gathered_variance():
    """Variance of what prompts gather, were it geometric: none in between."""
    return gathered_prompts**2 * pass_share * (2 - pass_share)


@formula("", r"\kappa_{3,g}")
def gathered_third():
    """Its third cumulant."""
    return 2 * gathered_prompts**3 * pass_share * (3 - 3 * pass_share + pass_share**2)


@formula("", r"\kappa_{2,o}")
def occupancy_variance():
    """Variance of the requests that are there, had the pool no end: clusters of arrivals, and what prompts gather."""
    return decoding_requests * (1 + arrival_pairs * number_overlap) + gathered_variance


@formula("", r"\kappa_{3,o}")
def occupancy_third():
    """Their third cumulant."""
    clusters = 1 + 3 * arrival_pairs * number_overlap + arrival_triples * number_overlap_third
    return decoding_requests * clusters + gathered_third


@formula("", r"\kappa_{1,d}")
def demand_mean():
    """Demand of all, in mean demands of a request that decodes."""
    return decoding_requests + pass_share * gathered_prompts * prompt_part


@formula("", r"\kappa_{nd}")
def occupancy_covariance():
    """Covariance of the requests that are there and of their demand: those of a burst are young."""
    return decoding_requests * (1 + arrival_pairs * mixed_overlap) + prompt_part * gathered_variance


@formula("", r"\kappa_{2,d}")
def demand_variance():
    """Variance of that demand."""
    prompts = gathered_variance + pass_share * gathered_prompts * prompt_cv**2
    return decoding_requests * (1 + size_variance + arrival_pairs * burst_overlap) + prompt_part**2 * prompts


@formula("", r"\kappa_{3,d}")
def demand_third():
    """Third cumulant of that demand."""
    pairs = 3 * arrival_pairs * (1 + size_variance) * squared_overlap
    clusters = 1 + 3 * size_variance + size_third + pairs + arrival_triples * burst_overlap_third
    prompts = gathered_third + 3 * gathered_variance * prompt_cv**2 + 2 * pass_share * gathered_prompts * prompt_cv**4
    return decoding_requests * clusters + prompt_part**3 * prompts


@formula("", r"\kappa_{2,r}")
def size_residual():
    """Variance of the demand that their number does not explain."""
    return demand_variance - occupancy_covariance**2 / occupancy_variance


@formula("", r"\kappa_{2,f}")
def following_variance():
    """Variance of the requests that are there because others are large, slow the steps of all, and let them gather.

    Sizes and number both fall back at the rate of departures, the number more slowly by the feedback: it is over that rate.
    """
    return step_feedback**2 / (2 - step_feedback) * size_residual


@formula("", r"\zeta_n")
def occupancy_peakedness():
    """Variance of the requests that are there over their mean (1 for Poisson), had steps no feedback of their number."""
    return (occupancy_variance + following_variance) / (decoding_requests + pass_share * gathered_prompts)


@formula("", r"\zeta_\lambda")
def arrival_peakedness():
    """The same without the batches that prompts gather, which end where the pool is full."""
    return 1 + (seen_dispersion + prompt_share**2 * prompt_time_variation - 1) * number_overlap


@formula("", r"\gamma_n")
def occupancy_skew():
    """Third cumulant of the requests that are there over their variance (1 for Poisson)."""
    return occupancy_third / occupancy_variance


@formula("second", r"t_{h,a}")
def prompt_hold_time():
    """Time that a request is there without decoding: its prompt, and the prompts beside it (Little's law)."""
    return pass_share * gathered_prompts * sequence / arrival_rate
