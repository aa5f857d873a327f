"""The feed-forward of a layer of experts as one grouped product: up, activation and down of every expert that a token chose.

Weights of touched experts stream once; rows of an expert are padded to whole tiles, which share the multiprocessors; routing,
sorting and permutation are a floor. Shared experts are dense products of their own. Conditions: one node's
engine kernel, top-k given, cold L2 in a step. Form: the project's own; fitted per GPU, engine, kernel and weight type.
"""

from functools import partial

from costmodel.formulas.linear import ns, us
from costmodel.formulas.routing import busiest_rows, expert_choices, held_experts, touched_experts
from costmodel.language.functions import Ceil, Indicator, Maximum, Minimum, PNorm, PNormWeight, PositivePart
from costmodel.language.quantity import Coefficient, formula
from costmodel.language.symbols import (
    activation_size,
    evenly_routed,
    expert_gpus,
    expert_input_size,
    expert_intermediate_size,
    expert_peak,
    expert_ranks,
    expert_tokens,
    expert_weight_size,
    experts,
    feed_forward_matrices,
    flop,
    hbm_bandwidth,
    hidden_size,
    l2_size,
    multiprocessor,
    multiprocessors,
    token,
    warm,
)

G = partial(Coefficient, law="grouped")
grouped_launch = G(
    "grouped_launch", "second", r"t_e", "Launches, routing and permutation of a grouped product.", 25 * us, 1 * us, 400 * us
)  # fmt: skip
grouped_held_cost = G(
    "grouped_held_cost", "second", r"\tau_g", "One more expert on the GPU.", 20 * ns, 0.01 * ns, 5 * us
)
grouped_touched_cost = G(
    "grouped_touched_cost", "second", r"\tau_n", "One more expert that any GPU's tokens chose.", 20 * ns, 0.01 * ns, 5 * us
)  # fmt: skip
grouped_efficiency = G(
    "grouped_efficiency", "", r"\eta_e", "Share of bandwidth at which experts' weights stream.", 0.8, 0.1, 1.05
)
grouped_l2_speedup = G("grouped_l2_speedup", "", r"\lambda_e", "L2 bandwidth over HBM's, for weights.", 4, 1, 30)
grouped_l2_usable = G("grouped_l2_usable", "", r"c_{e}'", "Share of L2 that experts' weights can use.", 0.6, 0.1, 1.5)
grouped_row_efficiency = G(
    "grouped_row_efficiency", "", r"\eta_{r,e}", "Bandwidth at which rows are permuted and activated over HBM's.", 0.5, 0.02, 10
)  # fmt: skip
grouped_foreign_rows = G(
    "grouped_foreign_rows",
    "",
    r"\varphi_e",
    "Traffic of a row that falls to another GPU, over one that stays.",
    0.3,
    0.003,
    5,
)
grouped_peak_share = G(
    "grouped_peak_share", "", r"\varepsilon_{t,e}", "Share of tensor peak that grouped tiles reach.", 0.5, 0.05, 1.2
)
grouped_tile = G("grouped_tile", "", r"t_{m,e}", "Height of the smallest tile.", 16, 8, 64)
grouped_fill_drain = G(
    "grouped_fill_drain", "", r"k_{f,e}", "Fill and drain of a tile, as further inner numbers.", 300, 1, 5000
)
grouped_step_cost = G(
    "grouped_step_cost", "second", r"\tau_{k,e}", "One inner number in the serial loop of a tile.", 1 * ns, 0.02 * ns, 100 * ns
)  # fmt: skip
grouped_overlap = G("grouped_overlap", "", r"p_e", "Overlap of memory and tensor time.", 2, 1, 20)
grouped_unaligned_slowdown = G(
    "grouped_unaligned_slowdown", "", r"k_{o,e}", "Slow-down of expert widths that are no multiple of 16.", 1.3, 0.9, 6
)

TILE_COLUMNS, ALIGNMENT = 128, 16
L2_SHARPNESS = 8  # of the cliff between weights that L2 holds and those that it does not; the fits do not identify it
_up = feed_forward_matrices - 1


@formula("", r"f_e")
def expert_width():
    """Intermediate numbers of one expert on one GPU: GPUs beyond those of expert parallelism split every expert."""
    return expert_intermediate_size * expert_ranks / expert_gpus


@formula("byte", r"W_e")
def expert_weights():
    """Weights of the touched experts."""
    return touched_experts * feed_forward_matrices * hidden_size * expert_width * expert_weight_size


@formula("byte", r"A_e")
def expert_rows_traffic():
    """Rows gathered, gated, permuted and summed; kernels that know no expert parallelism pass over all GPUs' rows."""
    passed = busiest_rows + grouped_foreign_rows * PositivePart(expert_choices - busiest_rows)
    inputs = busiest_rows * hidden_size * expert_input_size
    sums = expert_tokens / token * hidden_size * activation_size
    return inputs + passed * ((2 * _up + 1) * expert_width + 2 * hidden_size) * activation_size + sums


@formula("", r"h_e")
def expert_hit_fraction():
    """Share of the weights that L2 serves where a benchmark reads the same experts again."""
    return warm * PNormWeight(grouped_l2_usable * l2_size, expert_weights, L2_SHARPNESS)


@formula("second", r"T_{e,\mathrm{mem}}")
def grouped_memory_time():
    """Streaming weights, and moving rows."""
    streams = (1 - expert_hit_fraction) + expert_hit_fraction / grouped_l2_speedup
    weights = expert_weights * streams / (grouped_efficiency * hbm_bandwidth)
    return weights + expert_rows_traffic / (grouped_row_efficiency * hbm_bandwidth)


def padded_tiles(height):
    """Tiles of that height over all touched experts: whole ones where loads are alike, half a tile more where they are not."""
    filled = busiest_rows / (touched_experts * height)
    uneven = Maximum(filled + 0.5, 1)
    return touched_experts * (evenly_routed * Ceil(filled) + (1 - evenly_routed) * uneven)


def tiles_time(height):
    """Tensor time of both products with tiles of that height: at least that of one tile."""

    def of_product(columns, inner):
        waves = Maximum(padded_tiles(height) * Maximum(columns / TILE_COLUMNS, 1) * multiprocessor / multiprocessors, 1)
        work = 2 * flop * height * TILE_COLUMNS * (inner + grouped_fill_drain)
        return waves * work * multiprocessors / multiprocessor / (grouped_peak_share * expert_peak)

    return of_product(_up * expert_width, hidden_size) + of_product(hidden_size, expert_width)


@formula("second", r"T_{e,s}")
def small_tiles_time():
    """Tensor time with the smallest tiles."""
    return tiles_time(grouped_tile)


@formula("second", r"T_{e,64}")
def middle_tiles_time():
    """Tensor time with tiles of 64 rows."""
    return tiles_time(64)


@formula("second", r"T_{e,128}")
def large_tiles_time():
    """Tensor time with tiles of 128 rows."""
    return tiles_time(128)


@formula("second", r"T_{e,\mathrm{tc}}")
def grouped_compute_time():
    """The best of three tiles, and the serial loop over the inner numbers."""
    best = Minimum(Minimum(small_tiles_time, middle_tiles_time), large_tiles_time)
    return best + grouped_step_cost * (hidden_size + expert_width)


@formula("second", r"T_{e,0}")
def grouped_floor():
    """What does not overlap: launches, routing and permutation, which grow with the experts held and touched."""
    everywhere = Maximum(Minimum(touched_experts * expert_ranks, experts), touched_experts)
    return grouped_launch + grouped_held_cost * held_experts + grouped_touched_cost * everywhere


@formula("second", r"t_\mathrm{experts}")
def grouped_time():
    """The experts of one layer on the busiest GPU."""
    ragged = Indicator(Ceil(expert_width / ALIGNMENT) - expert_width / ALIGNMENT)
    overlapped = PNorm(grouped_memory_time, grouped_compute_time, grouped_overlap)
    return grouped_floor + overlapped * (1 + ragged * (grouped_unaligned_slowdown - 1))
