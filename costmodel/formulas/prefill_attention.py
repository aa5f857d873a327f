"""Prefill attention of one layer on one GPU: a launch, then tensor cores over a triangle of pairs, and memory, overlapped.

Tiles of 128 queries run in waves; the diagonal tile is padded, and so is the edge of a window; a longer prompt also pays
for setting up its tiles. Conditions: nothing cached, prompts alike, 16-bit arithmetic. Form: the project's own;
fitted per GPU, engine, kernel and head width.
"""

from functools import partial

from sympy import log

from costmodel.formulas.attention import local_query_heads, windowed
from costmodel.formulas.cache import coded_size, local_cached_heads, size_16bit
from costmodel.formulas.errors import other_spread
from costmodel.formulas.recurrent import scan_time
from costmodel.language.functions import Ceil, Maximum, Minimum, PNorm, PositivePart
from costmodel.language.quantity import Coefficient, formula, total
from costmodel.language.symbols import (
    activation_size,
    attends,
    compressed_share,
    context,
    expanded_key_width,
    expanded_value_width,
    flop,
    hbm_bandwidth,
    head,
    index_columns,
    layer,
    layer_count,
    multiprocessor,
    multiprocessors,
    owns_cache,
    peak_16bit,
    prompts,
    selected_tokens,
    sequence,
    token,
    window,
)

us = 1e-6
P = partial(Coefficient, law="prefill-attention")
prefill_launch = P("prefill_launch", "second", r"t_p", "Launch of prefill attention.", 10 * us, 1 * us, 200 * us, "kv")
prefill_doubling = P(
    "prefill_doubling",
    "second",
    r"\tau_d",
    "Each doubling of the prompt beyond one tile.",
    0.3 * us,
    1e-9,
    10 * us,
    "kv",
)
prefill_peak_share = P(
    "prefill_peak_share", "", r"\varepsilon_p", "Share of tensor peak of prefill attention.", 0.6, 0.01, 1.2, "kv"
)
prefill_efficiency = P("prefill_efficiency", "", r"\eta_p", "Share of bandwidth of prefill attention.", 0.7, 0.1, 1.1)
prefill_overlap = P("prefill_overlap", "", r"p_p", "Overlap of memory and tensor time.", 2, 1, 20)
prefill_roundness = P("prefill_roundness", "", r"\varphi_p", "Share of whole-wave quantisation.", 0.5, 0.01, 1)
prefill_diagonal = P("prefill_diagonal", "token/sequence", r"T_d", "Padding of the diagonal tile.", 64, 1, 2000)
prefill_edge = P("prefill_edge", "token/sequence", r"T_e", "Padding of the edge of a window.", 64, 1, 2000, "kv")
prefill_unskipped = P(
    "prefill_unskipped", "", r"u_p", "Share of the pairs outside a window that the kernel takes time for.",
    0.01, 0.0005, 2, "kv",
)  # fmt: skip
prefill_wave = P("prefill_wave", "second", r"\tau_p", "One more wave of tiles.", 1 * us, 0.02 * us, 30 * us, "kv")
prefill_write = P(
    "prefill_write", "", r"\eta_w", "Bandwidth of writing the prompt's cache over HBM's.", 0.5, 0.005, 20, "kv"
)

prefill_spread = Coefficient(
    "prefill_spread", "", r"\varsigma_p", "Log error of prefill attention.", 0.3, 0, 2, law="spread"
)


@formula("token**2/sequence**2", r"A")
def attended_pairs():
    """Query-key pairs of a causal prompt, cut by a window or to what an indexer selects, and what is compressed behind it.

    With the padding of the diagonal and of the window's edge.
    """
    seen = Minimum(Minimum(context, window), selected_tokens)
    compressed = context * Minimum(compressed_share * context / 2, selected_tokens)
    skipped = (context - Minimum(context, window)) ** 2 / 2
    padding = prefill_diagonal + windowed * prefill_edge
    return context * seen - seen**2 / 2 + compressed + prefill_unskipped * skipped + context * padding


@formula("", r"x_p")
def prefill_fullness():
    """Waves of tiles of 128 queries, as a fraction."""
    tiles = prompts / sequence * local_query_heads / head * Ceil(context * sequence / (128 * token))
    return tiles * multiprocessor / multiprocessors


@formula("second", r"T_{p,\mathrm{tc}}")
def prefill_compute_time():
    """Tensor time of the pairs, in waves of tiles; below one wave a tile still takes its own time."""
    x = prefill_fullness
    felt = ((1 - prefill_roundness) * Maximum(x, 1) + prefill_roundness * Ceil(x)) / x
    width = local_query_heads / head * (expanded_key_width + expanded_value_width)
    scored = index_columns * context * Minimum(context, (1 - windowed + compressed_share) * context) / 2
    work = 2 * flop * (width * attended_pairs + scored) * prompts * sequence / token**2
    return work / (prefill_peak_share * peak_16bit) * felt + prefill_wave * PositivePart(x - 1)


@formula("second", r"T_{p,\mathrm{mem}}")
def prefill_memory_time():
    """Queries, keys and values read, outputs written."""
    queries = local_query_heads / head * (expanded_key_width + expanded_value_width) * activation_size / token
    size = context * prompts * (queries + local_cached_heads * size_16bit)
    return size / (prefill_efficiency * hbm_bandwidth)


@formula("second", r"T_{p,\mathrm{w}}")
def prefill_write_time():
    """The pass that writes keys and values into the cache, cast to its type."""
    size = context * prompts * local_cached_heads * (size_16bit + coded_size)
    return owns_cache * size / (prefill_write * hbm_bandwidth)


@formula("second", r"T_{p,0}")
def prefill_floor():
    """What does not overlap: the launch, and a little more for every doubling of the prompt beyond one tile."""
    return prefill_launch + prefill_doubling * log(Maximum(context * sequence / (128 * token), 1)) / log(2)


@formula("second", r"t_\mathrm{pattn}")
def prefill_attention_time():
    """Prefill attention of one layer."""
    return attends * (
        prefill_floor + prefill_write_time + PNorm(prefill_compute_time, prefill_memory_time, prefill_overlap)
    )


@total("second", r"\sum t_\mathrm{pattn}", "layer_group")
def prefill_attention_total():
    """Attention of all layers over the prompt, and the scans of recurrent ones."""
    return layer_count / layer * (prefill_attention_time + scan_time)


@total("second", r"\sum\varsigma_p t_\mathrm{pattn}", "layer_group")
def prefill_attention_error():
    """Standard error of the above: kinds of layers err together, scans are typical times."""
    return layer_count / layer * (prefill_attention_time * prefill_spread + scan_time * other_spread)
