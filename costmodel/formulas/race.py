"""Eviction against the codec, as a race of two rates: both must keep up with the tokens that a step adds.

Every step adds a token to each sequence. What is dropped must be decided for as many (scores, selection, moves); what stays must
be encoded, token by token or in bursts. Beside the step, on a stream of its own, either is a queue: its utilisation is its time
over the bare step's, and it is stable below 1 only. Conditions: one layer after the other. How long a job waits is in
``race_waits``.
"""

from sympy import Rational

from costmodel.formulas.binding import conversion_bound_time
from costmodel.formulas.codec import move_time, score_time, select_time
from costmodel.formulas.errors import attention_error, codec_spread, conversion_spread, proxy_kernel_error
from costmodel.formulas.step import codec_step_time, encode_step_time, flush_step_time
from costmodel.formulas.step_error import shared_error, step_spread
from costmodel.formulas.terms import step_time
from costmodel.language.functions import PositivePart
from costmodel.language.quantity import formula, total
from costmodel.language.symbols import batch, layer, layer_count, sequence, token, version_spread


@total("second", r"\sum T_\mathrm{ev}", "layer_group")
def deciding_step_time():
    """What a step takes to decide what is dropped or read: scores, selection, moves, all layers."""
    return layer_count / layer * (score_time + select_time + move_time)


@formula("token/second", r"\mu_\mathrm{ev}")
def deciding_rate():
    """Tokens a second for which eviction can decide."""
    return batch * token / (sequence * deciding_step_time)


@formula("token/second", r"\mu_\mathrm{enc}")
def encoding_rate():
    """Tokens a second that the codec can encode."""
    return batch * token / (sequence * encode_step_time)


@formula("second", r"t_\mathrm{bare}")
def bare_step_time():
    """The step without anything that the scheme does outside of attention."""
    return step_time - codec_step_time


@formula("token/second", r"\lambda_\mathrm{bare}")
def arriving_tokens():
    """Tokens a second that bare steps add: each asks eviction for a decision, and the codec for its code."""
    return batch * token / (sequence * bare_step_time)


@formula("", r"\rho_\mathrm{ev}")
def deciding_load():
    """Utilisation of a stream that decides: tokens that arrive over those that it decides for; from 1 on it falls behind."""
    return deciding_step_time / bare_step_time


@formula("", r"\rho_\mathrm{enc}")
def encoding_load():
    """Utilisation of a stream that encodes: tokens that arrive over those that it encodes; from 1 on it falls behind."""
    return encode_step_time / bare_step_time


@formula("", r"\rho_\mathrm{side}")
def side_load():
    """Utilisation of one stream that does both."""
    return deciding_load + encoding_load


@formula("token/second", r"\dot q_\mathrm{ev}")
def deciding_backlog():
    """Tokens a second by which the queue of decisions grows where eviction falls behind; 0 where it keeps up."""
    return PositivePart(arriving_tokens - deciding_rate)


@formula("token/second", r"\dot q_\mathrm{enc}")
def encoding_backlog():
    """Tokens a second by which the queue of the codec grows where it falls behind; 0 where it keeps up."""
    return PositivePart(arriving_tokens - encoding_rate)


@formula("", r"\varphi_\mathrm{burst}")
def flush_share():
    """A flush over the mean step, to which it adds where it is done in one."""
    return flush_step_time / step_time


@formula("", r"\varsigma_\rho")
def side_load_spread():
    """Log standard error of a utilisation: of the work beside the step, and of the bare step."""
    conversion = conversion_bound_time * conversion_spread
    bare = attention_error**2 + conversion**2 + proxy_kernel_error**2 + shared_error**2
    return (codec_spread**2 + bare / bare_step_time**2 + version_spread**2) ** Rational(1, 2)


@formula("", r"\varsigma_\varphi")
def step_share_spread():
    """Log standard error of such work over the whole step."""
    return (codec_spread**2 + step_spread**2) ** Rational(1, 2)


@formula("second", r"t_\mathrm{ser}")
def serial_step_time():
    """The step with both done in it, one after the other."""
    return bare_step_time + deciding_step_time + encode_step_time
