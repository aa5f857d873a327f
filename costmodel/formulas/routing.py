"""Which experts the tokens of a pass choose: how many are touched, how unequal their loads are, what the busiest GPU gets.

In a step tokens choose independently of each other, some experts more often than others: how often is spread as a gamma law.
A benchmark sets loads itself: all alike, or drawn from a truncated power law, rounded to whole tokens, what rounding leaves
over going to the idle experts. Sources: occupancy of n cells (binomial, and its gamma mixture, the negative binomial: Johnson,
Kemp and Kotz, Univariate Discrete Distributions, ch. 5); aiconfigurator's collector of experts (Apache-2.0) for the power law.
"""

from sympy import Rational, log

from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.quantity import formula
from costmodel.language.symbols import (
    expert_ranks,
    expert_tokens,
    experts,
    experts_per_token,
    router_variation,
    routing_exponent,
    token,
)

# A power law is cut between a token and 80 % of the batch, or between 0.01 and 2 where choices are fewer than experts.
CUT_SHARE, CUT_RATIO = Rational(4, 5), 200
# The largest of N standard normal loads is 3.9 (1 - N^-0.23) above the mean: within 5 % of its expectation, N from 2 to 256.
LARGEST_SCALE, LARGEST_POWER = 3.9, 0.23
# Below this variation an expert is as often chosen as another; a share so small is none.
LEAST_VARIATION, LEAST_MISSED = Rational(1, 100), Rational(1, 10**9)

_n, _m = Maximum(experts, 1), expert_tokens / token
_missed = PositivePart(1 - experts_per_token / _n)  # share of the experts that a token does not choose


@formula("", r"a_e")
def expert_choices():
    """Choices of the pass: tokens times experts of a token."""
    return _m * experts_per_token


@formula("", r"g_e")
def held_experts():
    """Experts that one GPU holds."""
    return Maximum(experts / expert_ranks, 1)


# Experts that the tokens after the first miss: of (1 - k/n)^X each, by how often X an expert is chosen.
_variance = Maximum(router_variation, LEAST_VARIATION) ** 2
_others = -PositivePart(_m - 1) * log(Maximum(_missed, LEAST_MISSED))
_missed_by_others = (1 + _variance * _others) ** (-1 / _variance)


@formula("", r"\varepsilon_0")
def independent_share():
    """Share of the experts that at least one token chooses, each as often as another: 1 - (1 - k/n)^B."""
    return 1 - _missed**_m


@formula("", r"c_0")
def independent_variation():
    """Coefficient of variation of an expert's load, each as often chosen as another: binomial over the tokens."""
    return (PositivePart(_n / Maximum(experts_per_token, 1) - 1) / _m) ** Rational(1, 2)


@formula("", r"\varepsilon_e")
def touched_share():
    """Share of the experts that at least one token chooses: the first touches k; the others, by how often each is chosen."""
    return 1 - _missed * _missed_by_others


@formula("", r"\partial_c")
def router_sensitivity():
    """Share by which fewer experts are touched, for each log unit by which the router's choices vary more."""
    grown = log(1 + _variance * _others) / _variance - _others / (1 + _variance * _others)
    return 2 * _missed * _missed_by_others * grown / Maximum(touched_share, LEAST_MISSED)


@formula("", r"c_e")
def load_variation():
    """Coefficient of variation of an expert's load: binomial over the tokens, and how often each is chosen by those after one."""
    return (independent_variation**2 + router_variation**2 * PositivePart(1 - 1 / _m)) ** Rational(1, 2)


@formula("", r"E_\mathrm{hit}")
def active_experts():
    """Experts of a layer that at least one token of the pass uses."""
    return experts * touched_share


@formula("", r"b_e")
def busiest_load():
    """Load of the busiest GPU over the mean: the largest of as many sums of experts' loads as there are GPUs."""
    above = LARGEST_SCALE * (1 - expert_ranks ** (-LARGEST_POWER))
    return 1 + load_variation * above / held_experts ** Rational(1, 2)


@formula("", r"r_e")
def busiest_rows():
    """Choices that fall on the busiest GPU, at most all of them."""
    most = Minimum(Minimum(held_experts, experts_per_token) * _m, expert_choices)
    return Maximum(Minimum(expert_choices / expert_ranks * busiest_load, most), 1)


@formula("", r"n_e")
def touched_experts():
    """Experts that the busiest GPU runs: as a load above the mean touches more of those that it holds."""
    return Maximum(Minimum(held_experts * (1 - PositivePart(1 - touched_share) ** busiest_load), busiest_rows), 1)


@formula("", r"\varepsilon_1")
def even_share():
    """Share of the experts touched where loads are all alike: as many as there are choices."""
    return Minimum(expert_choices, _n) / _n


@formula("", r"x_\alpha")
def cut_ratio():
    """Largest load of the power law over its smallest."""
    many = Indicator(expert_choices - _n)
    return many * CUT_SHARE * _m + (1 - many) * CUT_RATIO


def _moment(power, upper=cut_ratio):
    """Integral of x^(power - exponent) from 1 to ``upper``."""
    return (upper ** (power + 1 - routing_exponent) - 1) / (power + 1 - routing_exponent)


@formula("", r"\bar x_\alpha")
def mean_load():
    """Mean load of the power law over its smallest."""
    return _moment(1) / _moment(0)


@formula("", r"x_{1/2}")
def idle_load():
    """Load, over the smallest, below which an expert gets less than half a token, which is rounded to none."""
    return Minimum(Maximum(mean_load * _n / (2 * expert_choices), 1), cut_ratio)


@formula("", r"x_1")
def whole_load():
    """Load, over the smallest, below which rounding gives an expert a whole token for a part of one."""
    return Minimum(Maximum(mean_load * _n / expert_choices, 1), cut_ratio)


@formula("", r"\varepsilon_\alpha")
def skewed_share():
    """Share of the experts touched under the power law: those with half a token, and idle ones that take what is left over."""
    idle = _moment(0, idle_load) / _moment(0)
    left_over = expert_choices * _moment(1, whole_load) / _moment(1)
    given = _n * (_moment(0, whole_load) - _moment(0, idle_load)) / _moment(0)
    return Minimum(1 - idle + PositivePart(left_over - given) / _n, even_share)


@formula("", r"c_\alpha")
def skewed_variation():
    """Coefficient of variation of the power law's loads."""
    return PositivePart(_moment(2) / _moment(0) / mean_load**2 - 1) ** Rational(1, 2)
