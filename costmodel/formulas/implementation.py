"""What a kernel may cost, and what one that nobody measured may cost at worst.

The budget is the attention time of the scheme at which its step, and so its throughput, equals the baseline's; both are
counted a token and head of the baseline's cache, so that every scheme has the same yardstick. Conditions: full-attention
layers count, launches are included; the slow end scales what an ideal kernel streams, not its floors.
"""

import sympy as sp

from costmodel.formulas.binding import attention_launch_time
from costmodel.formulas.comparison import baseline_batch, baseline_step_time
from costmodel.formulas.step import attention_step_time
from costmodel.formulas.terms import step_time
from costmodel.language.functions import Maximum
from costmodel.language.quantity import Input, formula, total
from costmodel.language.symbols import attends, batch, context, grows, head, kv_heads, layer, layer_count, ranks

slow_end = Input(
    "slow_end", "", r"\varsigma_\mathrm{slow}", "Time per cached token of a slow shipped kernel over the ideal one's.",
    "implementation", True,
)  # fmt: skip


@total("token*head", r"N_c", "layer_group")
def cached_work():
    """Tokens and heads of the baseline's cache on one GPU, over the full-attention layers: what kernels are counted by."""
    heads = Maximum(kv_heads / ranks, head)
    return layer_count / layer * attends * grows * batch * context * heads


@formula("second", r"\bar t_\mathrm{rest}")
def rest_time():
    """A step of the scheme without its attention."""
    return step_time - attention_step_time


@formula("second/token/head", r"\tau_\mathrm{kernel}")
def kernel_time():
    """What the scheme's attention takes a token and head of the baseline's cache."""
    return attention_step_time / cached_work


@formula("second/token/head", r"\tau^{*}")
def kernel_budget():
    """What it may take for the scheme to give as many tokens a second as its baseline; negative: even a free kernel loses."""
    allowed = sp.Symbol("allowed")
    equal = sp.Eq(baseline_step_time / baseline_batch, (rest_time + allowed * cached_work) / batch)
    (root,) = sp.solve(equal, allowed)
    return root


@formula("second", r"t_\mathrm{slow}")
def slow_step_time():
    """A step whose attention streams as much slower than this ideal one as shipped kernels do at worst."""
    return step_time + (slow_end - 1) * (attention_step_time - attention_launch_time)
