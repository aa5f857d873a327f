"""Serving, static: every sequence at one context, decoded together, no arrivals.

Tokens a second are the batch over its step; the first token of a lone prompt comes with its prefill. Conditions: no
queue and no prefill interference (continuous batching is a model of its own).
"""

from costmodel.formulas.attention_groups import batch_of_groups
from costmodel.formulas.prefill import prefill_time
from costmodel.formulas.terms import step_time
from costmodel.language.quantity import formula
from costmodel.language.symbols import batch, sequence, sequence_host_time, token


@formula("second", r"t_{h,B}")
def sequences_host_time():
    """What the host of a server adds to a step for the sequences of one scheduler: all of them, one after the other."""
    return sequence_host_time * batch


@formula("second", r"t_\mathrm{srv}")
def server_step_time():
    """A decode step under a server: the device waits for the host's part of every sequence."""
    return step_time + sequences_host_time


@formula("token/second", r"X")
def throughput():
    """Output tokens per second of one replica at this batch."""
    return batch_of_groups * token / (sequence * step_time)


@formula("second", r"\mathrm{TPOT}")
def tpot():
    """Time of one output token of a sequence: one decode step."""
    return step_time


@formula("second", r"\mathrm{TTFT}")
def ttft():
    """First token of one prompt on an idle replica: its prefill."""
    return prefill_time
