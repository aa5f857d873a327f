"""How long a decision or a flush waits on a stream beside the steps: a queue whose services are known and whose arrivals are not.

One stream serves jobs as they come: the decisions of a step, alike in length, and flushes of the codec, alike among themselves.
Arrivals are a Poisson stream, as where many sequences come and go and prompts ride along, so that steps and full windows have
phases of their own; steps that come like a metronome wait less, or not at all. Alone, a kind of job is M/D/1; both together are
M/G/1 of two services (Pollaczek and Khinchine: the mean residual work, over the share of the time that is idle). Conditions: a
stream of its own whose kernels take from the steps no bandwidth that these would miss; first come, first served; utilisation
below 1. From 1 on there is no mean wait: the queue grows by ``deciding_backlog`` or ``encoding_backlog``.
"""

from costmodel.formulas.race import deciding_load, deciding_step_time, encoding_load, side_load
from costmodel.formulas.step import flush_step_time
from costmodel.language.functions import Maximum, PositivePart
from costmodel.language.quantity import formula

SATURATED = 1e-6  # idle share below which a wait has no bound: a million services and more


def _idle(load):
    """The share of the time in which a stream of that utilisation does nothing."""
    return Maximum(PositivePart(1 - load), SATURATED)


@formula("second", r"W_\mathrm{ev}")
def deciding_wait():
    """Mean wait of a decision for those before it, on a stream that decides: ρ/(2(1 − ρ)) services of M/D/1."""
    return deciding_load / (2 * _idle(deciding_load)) * deciding_step_time


@formula("second", r"W_\mathrm{enc}")
def encoding_wait():
    """Mean wait of a flush for those before it, on a stream that encodes: ρ/(2(1 − ρ)) services of M/D/1."""
    return encoding_load / (2 * _idle(encoding_load)) * flush_step_time


@formula("second", r"W_\mathrm{side}")
def side_wait():
    """Mean wait of either on one stream that does both: M/G/1, in which a decision also waits for a flush under way."""
    residual = deciding_load * deciding_step_time + encoding_load * flush_step_time
    return residual / (2 * _idle(side_load))
