"""All-reduce over the GPUs of a layer: between peers in one shot (each reads all others) or two, or round a ring of NCCL.
Where requests are split over groups, rows of all of them are gathered for the experts, and their sums scattered.

Between peers: a floor, a latency that grows with the doublings of ranks, and bytes over the link (a fit to measured kernels;
the project's own). In a ring, 2(R − 1) hops, and twice the bytes where a flag travels with every word (NCCL's LL protocol).
Condition: one node, inside the step's graph.
"""

from functools import partial

import sympy as sp

from costmodel.formulas.attention_groups import attention_groups, busy_groups
from costmodel.language.functions import Indicator, Minimum
from costmodel.language.quantity import Coefficient, formula
from costmodel.language.symbols import (
    activation_size,
    attends,
    byte,
    expert_gpus,
    experts,
    feed_forward,
    forward_tokens,
    hidden_size,
    link_bandwidth,
    norms_over_heads,
    ranks,
    reduces_in_ring,
    ring_efficiency,
    ring_hop,
    ring_launch,
    ring_limit,
    ring_phase,
    token,
)

us = 1e-6
MEAN_SQUARES = 8 * byte / token  # two 32-bit numbers
R = partial(Coefficient, law="all-reduce")
reduce_launch = R("reduce_launch", "second", r"t_r", "Floor of an all-reduce.", 3 * us, 0.3 * us, 60 * us)
reduce_hop = R("reduce_hop", "second", r"\tau_r^{\log}", "One more doubling of ranks.", 0.5 * us, 0.001 * us, 30 * us)
reduce_second_shot = R(
    "reduce_second_shot", "second", r"\tau_2", "The second phase of a two-shot reduction.", 3 * us, 0.01 * us, 60 * us
)
reduce_efficiency = R("reduce_efficiency", "", r"\eta_r", "Share of link bandwidth reached.", 0.6, 0.02, 1.2)


@formula("byte", r"W_r")
def reduced_size():
    """Bytes of one message: the residual stream of the pass."""
    return activation_size * forward_tokens / token * hidden_size


@formula("byte/second", r"\beta_\circ")
def ring_rate():
    """Rate of a ring: a share of the link's, at most what the host's memory lets through."""
    return Minimum(ring_efficiency * link_bandwidth, ring_limit)


def between_peers(size):
    """One all-reduce of a message of ``size`` between peers; nothing on a single GPU."""
    wire = size / (reduce_efficiency * link_bandwidth)
    one_shot = wire * (ranks - 1)
    two_shot = reduce_second_shot + 2 * wire * (ranks - 1) / ranks
    return Indicator(ranks - 1) * (reduce_launch + reduce_hop * sp.log(ranks) / sp.log(2) + Minimum(one_shot, two_shot))


def round_a_ring(size):
    """One all-reduce of a message of ``size`` round a ring; nothing on a single GPU."""
    wire = 2 * size * (ranks - 1) / (ranks * ring_rate)
    return Indicator(ranks - 1) * (ring_launch + 2 * (ranks - 1) * ring_hop + Minimum(2 * wire, ring_phase + wire))


@formula("second", r"t_\mathrm{peer}")
def peer_reduce_time():
    """One all-reduce between peers; nothing on a single GPU."""
    return between_peers(reduced_size)


@formula("second", r"t_\mathrm{ring}")
def ring_reduce_time():
    """One all-reduce round a ring; nothing on a single GPU."""
    return round_a_ring(reduced_size)


@formula("second", r"t_\mathrm{ar}")
def all_reduce_time():
    """One all-reduce; nothing on a single GPU."""
    return reduces_in_ring * ring_reduce_time + (1 - reduces_in_ring) * peer_reduce_time


@formula("second", r"t_\mathrm{norm}")
def norm_reduce_time():
    """All-reduce of the mean squares of queries and keys, of a norm over the heads of all GPUs."""
    size = MEAN_SQUARES * forward_tokens
    return reduces_in_ring * round_a_ring(size) + (1 - reduces_in_ring) * between_peers(size)


@formula("second", r"t_\mathrm{ex}")
def exchange_time():
    """Rows of all groups to the GPUs of their experts and sums back: an all-gather and a reduce-scatter; nothing in one group.

    Together they move what an all-reduce of all groups' rows moves in two shots, with a launch each.
    """
    size, gpus = busy_groups * reduced_size, expert_gpus
    doublings = sp.log(gpus) / sp.log(2)
    sent = 2 * size * (gpus - 1) / gpus
    peers = 2 * (reduce_launch + reduce_hop * doublings) + sent / (reduce_efficiency * link_bandwidth)
    wire = sent / ring_rate
    ring = 2 * (ring_launch + (gpus - 1) * ring_hop) + Minimum(2 * wire, ring_phase + wire)
    return Indicator(attention_groups - 1) * (reduces_in_ring * ring + (1 - reduces_in_ring) * peers)


@formula("second", r"t_{\mathrm{comm},\Lambda}")
def layer_communication_time():
    """What one layer sends: an all-reduce after attention and one after the feed-forward, those of norms, rows for experts."""
    reduces = (attends + feed_forward) * all_reduce_time + norms_over_heads * norm_reduce_time
    return reduces + Indicator(experts) * exchange_time
