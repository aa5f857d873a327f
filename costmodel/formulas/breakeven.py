"""Where two cache formats take equal time: the binding branch of each is a straight line in the context.

Where attention waits for memory a token costs its bytes over bandwidth; where it waits for the multiprocessors, their time
on one token. Two lines cross at the ratio of what they differ by. Condition: enough work to fill the device, no window; the
number itself is the root of the full expression, not of this.
"""

import sympy as sp

from costmodel.formulas.attention import hbm_efficiency, l2_reread_factor, l2_speedup, local_query_heads, token_time
from costmodel.formulas.cache import coded_size, local_cached_heads
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import batch, context, hbm_bandwidth, heads_per_work_unit, multiprocessors


@formula("second*sequence/token", r"\kappa_\mathrm{hbm}")
def memory_slope():
    """Attention time of one more token of context where memory binds, per layer."""
    return (
        batch * local_cached_heads * coded_size * (1 / hbm_efficiency + l2_reread_factor / l2_speedup) / hbm_bandwidth
    )


@formula("second*sequence/token", r"\kappa_\mathrm{sm}")
def multiprocessor_slope():
    """Attention time of one more token of context where the multiprocessors bind, per layer."""
    return token_time * batch * local_query_heads / heads_per_work_unit / multiprocessors


fixed_time = Input(
    "fixed_time", "second", r"t_\mathrm{fix}", "What a layer pays whatever the context, under the scheme.", "breakeven"
)
baseline_fixed_time = Input(
    "baseline_fixed_time", "second", r"t_\mathrm{fix}^{0}", "The same under the baseline.", "breakeven"
)
slope = Input(
    "slope",
    "second*sequence/token",
    r"\kappa",
    "Time of one more token under the scheme, in its binding branch.",
    "breakeven",
)
baseline_slope = Input(
    "baseline_slope", "second*sequence/token", r"\kappa^{0}", "The same under the baseline.", "breakeven"
)


@formula("token/sequence", r"T^{*}")
def break_even_context():
    """Context from which the scheme's line lies below the baseline's; it exists where κ < κ⁰."""
    equal = sp.Eq(baseline_fixed_time + baseline_slope * context, fixed_time + slope * context)
    (root,) = sp.solve(equal, context)
    return root
