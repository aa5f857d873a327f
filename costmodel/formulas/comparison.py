"""A scheme against its baseline: the ratio of their step times and how far that ratio may be wrong.

What both pay alike (matrix products, all-reduces, launches) errs alike and cancels in part; attention errors of two cache
formats on one shape are correlated by what held-out pairs show. Condition: same model, device, engine, batch, context.
"""

from sympy import Rational

from costmodel.formulas.errors import attention_error, codec_error, pair_correlation, proxy_kernel_error
from costmodel.formulas.step_error import shared_error
from costmodel.formulas.terms import step_time
from costmodel.language.functions import Indicator
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import batch

baseline_step_time = Input(
    "baseline_step_time", "second", r"t_\mathrm{step}^0", "Step time of the baseline.", "baseline", True
)
baseline_batch = Input(
    "baseline_batch", "sequence", r"B^0", "Sequences that the baseline runs at once.", "baseline", True
)
baseline_attention_error = Input(
    "baseline_attention_error", "second", r"\delta_\mathrm{attn}^0", "Its attention error.", "baseline"
)
baseline_codec_error = Input(
    "baseline_codec_error", "second", r"\delta_\mathrm{codec}^0", "Its codec error.", "baseline"
)
baseline_token_cost_error = Input(
    "baseline_token_cost_error", "second", r"\delta_\tau^0", "Its error by the cost of a token alone.", "baseline"
)
baseline_shared_error = Input(
    "baseline_shared_error", "second", r"\delta_\mathrm{shared}^0", "Its shared error.", "baseline"
)


@formula("", r"\psi")
def speedup():
    """Baseline's step time over the scheme's: above 1 the scheme wins."""
    return baseline_step_time / step_time


@formula("", r"\psi_\mathrm{thr}")
def throughput_ratio():
    """Scheme's tokens a second over the baseline's, where the two may run different batches."""
    return speedup * batch / baseline_batch


@formula("", r"\varsigma_\psi")
def speedup_spread():
    """Log standard error of the speed-up: correlated attention errors, codec errors, and what is left of common ones.

    A format that borrows the baseline's kernel borrows its token cost: only the difference in what tokens weigh counts.
    """
    scheme_error, baseline_error = attention_error / step_time, baseline_attention_error / baseline_step_time
    attention = scheme_error**2 + baseline_error**2 - 2 * pair_correlation * scheme_error * baseline_error
    codec = (codec_error / step_time) ** 2 + (baseline_codec_error / baseline_step_time) ** 2
    shared = (shared_error / step_time - baseline_shared_error / baseline_step_time) ** 2
    weight = proxy_kernel_error / step_time - baseline_token_cost_error / baseline_step_time
    borrowed = Indicator(proxy_kernel_error) * weight**2
    return (attention + codec + shared + borrowed) ** Rational(1, 2)
