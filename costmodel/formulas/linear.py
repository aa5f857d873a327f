"""A matrix product of m rows with n × k weights: launch, memory and tensor cores, overlapped.

At small m the weights must be streamed; at large m tiles fill the multiprocessors in whole waves, and the best of three
tile shapes runs, with the inner dimension split where tiles are too few. Condition: cold L2 for weights. Form:
the project's own; fitted per GPU, engine and weight type.
"""

from functools import partial

from costmodel.language.functions import Ceil, Indicator, Maximum, Minimum, PNorm
from costmodel.language.quantity import Coefficient, formula
from costmodel.language.symbols import (
    activation_size,
    columns,
    flop,
    hbm_bandwidth,
    inner,
    input_size,
    law_of_one_product,
    multiprocessor,
    multiprocessors,
    peak,
    product_count,
    rows,
    weight_size,
)

us, ns = 1e-6, 1e-9
G = partial(Coefficient, law="gemm")
gemm_launch = G(
    "gemm_launch", "second", r"t_g", "Launch, prologue and epilogue of a matrix product.", 6 * us, 1 * us, 400 * us
)
gemm_efficiency = G("gemm_efficiency", "", r"\eta_g", "Share of bandwidth that a product reaches.", 0.8, 0.2, 1.05)
gemm_peak_share = G(
    "gemm_peak_share", "", r"\varepsilon", "Share of tensor peak that a product reaches.", 0.7, 0.1, 1.1
)
gemm_overlap = G("gemm_overlap", "", r"p_g", "Overlap of memory and tensor time.", 3, 1, 20)
gemm_wave_quantization = G(
    "gemm_wave_quantization", "", r"\varphi_g", "Share of whole-wave quantisation.", 0.5, 0.01, 1
)
gemm_fill_drain = G("gemm_fill_drain", "", r"k_f", "Fill and drain of a tile, as further inner numbers.", 300, 10, 5000)
gemm_split = G("gemm_split", "", r"k_s", "Fewest inner numbers of a split.", 1000, 64, 1e5)
gemm_tile = G("gemm_tile", "", r"t_m", "Height of the smallest tile.", 64, 8, 256)
gemm_step_cost = G(
    "gemm_step_cost", "second", r"\tau_k", "One inner number in the serial loop of a tile.", 2 * ns, 0.05 * ns, 50 * ns
)
gemm_input_cast_passes = G(
    "gemm_input_cast_passes",
    "",
    r"\tau_q",
    "Passes over the 16-bit input before the product (quantising it).",
    0.3,
    0.001,
    10,
)
gemm_row_cost = G(
    "gemm_row_cost", "second", r"\tau_r", "One more row, wherever it costs.", 0.2 * ns, 0.01 * ns, 30 * ns
)
gemm_unaligned_slowdown = G(
    "gemm_unaligned_slowdown", "", r"k_o", "Slow-down of row counts that are no multiple of 16.", 1.05, 0.9, 3
)


products_in_step = Coefficient(
    "products_in_step", "", r"\phi_g", "A matrix product in a step over one of a benchmark.", 1, 0.2, 5, law="in-step"
)


@formula("byte", r"W_g")
def product_traffic():
    """Weights, inputs, outputs."""
    return weight_size * columns * inner + input_size * rows * inner + activation_size * rows * columns


@formula("second", r"T_{g,\mathrm{mem}}")
def product_memory_time():
    """Streaming weights, inputs and outputs."""
    return products_in_step * product_traffic / (gemm_efficiency * hbm_bandwidth)


def tile_time(height, width):
    """Time of the product when cut into tiles of that shape."""
    x = Ceil(rows / height) * Ceil(columns / width) * multiprocessor / multiprocessors
    felt = (1 - gemm_wave_quantization) * Maximum(x, 1) + gemm_wave_quantization * Ceil(x)
    steps = Minimum(inner, Maximum(inner * x, gemm_split))
    arithmetic = felt * 2 * flop * height * width * (steps + gemm_fill_drain) * multiprocessors / multiprocessor
    return arithmetic / (gemm_peak_share * peak) + gemm_step_cost * steps


@formula("second", r"T_{64}")
def small_tile_time():
    """Tensor time with the smallest tile."""
    return tile_time(gemm_tile, 128)


@formula("second", r"T_{128}")
def square_tile_time():
    """Tensor time with 128 × 128 tiles."""
    return tile_time(128, 128)


@formula("second", r"T_{256}")
def wide_tile_time():
    """Tensor time with 128 × 256 tiles."""
    return tile_time(128, 256)


@formula("second", r"T_{g,\mathrm{tc}}")
def product_compute_time():
    """The best of three tiles, slower where the rows are no multiple of 16."""
    ragged = Indicator(rows - 16) * Indicator(Ceil(rows / 16) - rows / 16)
    best = Minimum(Minimum(small_tile_time, square_tile_time), wide_tile_time)
    return products_in_step * best * (1 + ragged * (gemm_unaligned_slowdown - 1))


@formula("second", r"T_{g,0}")
def product_floor():
    """What does not overlap: launch, casting the input, rows."""
    cast = gemm_input_cast_passes * 3 * activation_size * rows * inner / hbm_bandwidth
    return products_in_step * (gemm_launch + cast + gemm_row_cost * rows)


@formula("", r"\nu'")
def timed_count():
    """How often a step runs the product by this law: never where a law of its own times it with others as one."""
    return product_count * law_of_one_product


@formula("second", r"t_\mathrm{gemm}")
def product_time():
    """One matrix product."""
    return product_floor + PNorm(product_memory_time, product_compute_time, gemm_overlap)
