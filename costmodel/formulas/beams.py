"""Beams that fork again at every step: how much of their cache they share, and what they copy.

In a share φ of the steps each of k beams descends from one of the k before it, drawn alike, so that pairs meet at a rate of φ/k
and d tokens back 1/(1 − (1 − 1/k)·e^(−φd/2k)) lines are left (the mean of Kingman's coalescent, J. Appl. Prob. 1982). A block is
stored once for every line through it and copied where a beam forks inside its newest one (Kwon et al. 2023, sections 4.4, 6.3).
Conditions: beams alike; the prompt is shared whole; a scheme that shares no blocks keeps every beam apart.
"""

from functools import partial

import sympy as sp

from costmodel.formulas.cache import constant_size, kept_growth, kept_tokens, local_cached_heads, size_16bit_excess
from costmodel.formulas.codec import copy_efficiency, kernel_floor
from costmodel.formulas.paging import tokens_per_block
from costmodel.formulas.pooling import slot_size
from costmodel.formulas.sharing import full_blocks_immutable, residual_window_tokens
from costmodel.formulas.terms import step_time
from costmodel.language.functions import Indicator, Minimum, PositivePart
from costmodel.language.quantity import Input, formula, total
from costmodel.language.symbols import (
    attends,
    hbm_bandwidth,
    layer,
    layer_count,
    owns_cache,
    sequence,
    token,
)

beam_width = partial(Input, table="sharing")("beam_width", "", r"n_k", "Beams of one request.", positive=True)
beam_depth = partial(Input, table="sharing")(
    "beam_depth", "token/sequence", r"T_\mathrm{beam}", "Tokens that every beam has generated."
)
fork_rate = partial(Input, table="sharing", positive=True)(
    "fork_rate",
    "",
    r"\varphi_k",
    "Share of steps in which beams are drawn anew from all; the rest continue each on its own.",
)


@formula("token/sequence", r"T_k")
def meeting_tokens():
    """Tokens in which a pair of beams meets, twice over: 2k of the steps in which they fork."""
    return 2 * beam_width / fork_rate * token / sequence


@formula("", r"A_k")
def meeting_share():
    """What is left of the lines' excess after the depth: e^(−φd/2k)."""
    return sp.exp(-beam_depth / meeting_tokens)


@formula("token/sequence", r"T_\mathrm{lines}")
def distinct_tokens():
    """Generated tokens of all lines together: the depth once, and at last 2k/φ · ln k more, where beams have not met."""
    excess = PositivePart(beam_width - 1) * PositivePart(1 - meeting_share)
    return beam_depth + meeting_tokens * sp.log(1 + excess)


@formula("token/sequence", r"T_\mathrm{tail}")
def beam_tail_tokens():
    """Tokens of the newest, partly filled block and of what lies outside of blocks: every beam has its own."""
    return kept_growth * (tokens_per_block + token) / (2 * sequence) + residual_window_tokens


@formula("token/sequence", r"T_\mathrm{beams}")
def beams_tokens():
    """Tokens of a layer that all beams store: prompt and lines once and tails apart, where blocks can be shared."""
    grown = kept_growth * distinct_tokens + (beam_width - 1) * beam_tail_tokens
    alone = beam_width * kept_tokens
    together = Minimum(kept_tokens - kept_growth * beam_depth + grown, alone)
    return full_blocks_immutable * together + (1 - full_blocks_immutable) * alone


@total("byte/sequence", r"m_\mathrm{beams}", "layer_group")
def beams_size():
    """Bytes of all beams of one request on one GPU."""
    extra = beam_width * (local_cached_heads * size_16bit_excess + constant_size)
    return layer_count / layer * owns_cache * (beams_tokens * local_cached_heads * slot_size + extra)


@total("byte/sequence", r"m_\mathrm{apart}", "layer_group")
def beams_apart_size():
    """The same without sharing."""
    one = kept_tokens * local_cached_heads * slot_size + local_cached_heads * size_16bit_excess + constant_size
    return layer_count / layer * owns_cache * beam_width * one


@formula("", r"\rho_\mathrm{beam}")
def beam_saving():
    """Share of the bytes of unshared beams that sharing saves."""
    return 1 - beams_size / beams_apart_size


@formula("", r"k_\mathrm{cp}")
def copied_beams():
    """Beams of a step that are second children, and copy: k less the parents that k draws reach, in steps that fork."""
    return fork_rate * beam_width * (1 - 1 / beam_width) ** beam_width


@formula("byte/sequence", r"m_{\mathrm{cp},k}")
def beam_copy_size():
    """Bytes of a layer that a step copies: half a block for every second child, all of it where nothing is shared."""
    half_block = (tokens_per_block - token) / (2 * sequence) + residual_window_tokens
    tokens = full_blocks_immutable * Minimum(half_block, kept_tokens) + (1 - full_blocks_immutable) * kept_tokens
    per_beam = (
        local_cached_heads * (tokens * slot_size + size_16bit_excess * (1 - full_blocks_immutable)) + constant_size
    )
    return owns_cache * copied_beams * per_beam


@total("second", r"t_{\mathrm{cp},k}", "layer_group")
def beam_copy_time():
    """Copying of one step, all layers: a kernel, then its bytes read and written."""
    traffic = 2 * beam_copy_size * sequence / (copy_efficiency * hbm_bandwidth)
    return layer_count / layer * attends * Indicator(beam_copy_size) * (kernel_floor + traffic)


@formula("", r"\varphi_{\mathrm{cp},k}")
def beam_copy_share():
    """Copying of one step over the decode step of all beams."""
    return beam_copy_time / step_time


@formula("token/sequence", r"T_\mathrm{full}")
def shared_prompt_tokens():
    """Tokens of the prompt in full blocks, on average over prompts as long as a block or longer; none where blocks change."""
    of_prompt = kept_tokens - kept_growth * beam_depth - residual_window_tokens
    return full_blocks_immutable * PositivePart(of_prompt - (tokens_per_block - token) / (2 * sequence))


@formula("", r"\rho_\mathrm{par}")
def parallel_saving():
    """Share of the blocks of parallel samples that sharing their prompt saves (Kwon et al. 2023, section 6.3)."""
    rounded = kept_tokens + (tokens_per_block - token) / (2 * sequence)
    return (beam_width - 1) / beam_width * shared_prompt_tokens / rounded
