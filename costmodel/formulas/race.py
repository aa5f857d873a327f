"""Eviction against the codec, as a race of two rates: both must keep up with the tokens that a step adds.

Every step adds a token to each sequence. What is dropped must be decided for as many (scores, selection, moves); what stays must
be encoded, token by token or in bursts. Beside the step, on a stream of its own, either is a queue with deterministic service:
its load is its time over the step's, its wait that of M/D/1 (Pollaczek and Khinchine). Conditions: one layer after the other.
"""

from costmodel.formulas.codec import move_time, score_time, select_time
from costmodel.formulas.step import codec_step_time, encode_step_time, flush_step_time
from costmodel.formulas.terms import step_time
from costmodel.language.functions import Maximum, PositivePart
from costmodel.language.quantity import formula, total
from costmodel.language.symbols import batch, layer, layer_count, sequence, token

SATURATED = 1e-6  # idle share below which a wait has no bound: a million services and more


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


@formula("", r"\rho_\mathrm{ev}")
def deciding_load():
    """Share of the bare step for which deciding would be busy beside it; above 1 it falls behind."""
    return deciding_step_time / bare_step_time


@formula("", r"\rho_\mathrm{enc}")
def encoding_load():
    """Share of the bare step for which encoding would be busy beside it; above 1 it falls behind."""
    return encode_step_time / bare_step_time


@formula("second", r"W_\mathrm{enc}")
def encoding_wait():
    """Mean wait of a flush for those before it, where encoding runs beside the steps: ρ/(2(1 − ρ)) services of M/D/1."""
    idle = Maximum(PositivePart(1 - encoding_load), SATURATED)
    return encoding_load / (2 * idle) * flush_step_time


@formula("second", r"t_\mathrm{ser}")
def serial_step_time():
    """The step with both done in it, one after the other."""
    return bare_step_time + deciding_step_time + encode_step_time
