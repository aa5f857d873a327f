"""Layers that keep a state of fixed size: delta rules, lightning attention, Mamba 1 and 2, short convolutions.

The state is that of one sequence: the recurrent state in its own type and the columns that the short
convolution still needs, all but the newest of its kernel, in 16 bit.
"""

from collections.abc import Mapping
from typing import Any

from costmodel.facts.huggingface.attention import HEADS, HIDDEN
from costmodel.facts.huggingface.fields import Fields

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
BYTES_OF_A_CONVOLUTION_INPUT = 2
MAMBA_2_HEADS = ("mamba_num_heads", "mamba_n_heads")


def recurrent(fields: Fields) -> dict[str, Any]:
    """The keys of a recurrent layer, of the kind that its keys indicate; FactError for keys of none."""
    if fields.get("linear_attn_config", "no_kda_lora") is not None:
        return delta_attention(fields)
    if fields.get("linear_num_value_heads") is not None:
        return gated_delta_rule(fields)
    if fields.get(*MAMBA_2_HEADS) is not None:
        return mamba_2(fields)
    if fields.get("mamba_d_state") is not None:
        return mamba_1(fields)
    if fields.get("attn_type_list", "layer_group_size") is not None:
        return lightning(fields)
    expected = "the heads of a linear or state-space layer (linear_num_value_heads, mamba_num_heads or mamba_d_state)"
    raise fields.missing("linear_num_value_heads", expected=expected)


def convolution(fields: Fields) -> dict[str, Any]:
    """A gated short convolution (LFM2): three projections in, one out, and the columns that its kernel still needs."""
    hidden, kernel = fields.integer(*HIDDEN), fields.integer("conv_L_cache", minimum=2)
    width = fields.integer("conv_dim", default=hidden)
    return {
        "mixer": "recurrent",
        "state_size": f"{width * (kernel - 1) * BYTES_OF_A_CONVOLUTION_INPUT} byte",
        "mixer_parameters": 3 * hidden * width + width * kernel + width * hidden,
        "mixer_output_width": width,
    }


def delta_attention(fields: Fields) -> dict[str, Any]:
    """A layer of Kimi Linear, Kimi K3 and Ling 3: one square matrix for each head, its decay and gate by channel.

    Decay and gate come out of low ranks, or of full ones where the file says so. Kimi Linear, arXiv:2510.26692. Raises
    FactError for no object.
    """
    stated = fields.get("linear_attn_config")
    if stated is not None and not isinstance(stated, Mapping):
        raise fields.wrong("linear_attn_config", "an object with num_heads and head_dim")
    inner = fields if stated is None else Fields(stated, f"{fields.location}: linear_attn_config")
    hidden, heads, width = fields.integer(*HIDDEN), inner.integer("num_heads", *HEADS), inner.integer("head_dim")
    kernel, channels = inner.integer("short_conv_kernel_size", default=4), heads * width
    full_rank, low_rank = hidden * channels, width * (hidden + channels)
    decay = full_rank if inner.flag("no_kda_lora") else low_rank
    gate = full_rank if inner.flag("no_kda_lora") or inner.flag("use_full_rank_gate") else low_rank
    small = 3 * channels * kernel + heads + channels + width
    return {
        "mixer": "recurrent",
        "state_size": state_size(fields, channels * width, 3 * channels * (kernel - 1), 4),
        "mixer_parameters": 4 * hidden * channels + hidden * heads + decay + gate + small,
        "mixer_output_width": channels,
    }


def lightning(fields: Fields) -> dict[str, Any]:
    """A layer of lightning attention (MiniMax-Text-01, Ling): one square matrix for each head, the output gated."""
    hidden, heads = fields.integer(*HIDDEN), fields.integer("num_attention_heads")
    width = fields.integer("head_dim", default=hidden // heads)
    return {
        "mixer": "recurrent",
        "state_size": state_size(fields, heads * width * width, 0, 4),
        "mixer_parameters": 5 * hidden * heads * width,
        "mixer_output_width": heads * width,
    }


def gated_delta_rule(fields: Fields) -> dict[str, Any]:
    """A layer of Qwen3-Next and Qwen3.5: one matrix of key by value width for each value head."""
    hidden = fields.integer(*HIDDEN)
    key_width, value_width = fields.integer("linear_key_head_dim"), fields.integer("linear_value_head_dim")
    value_heads = fields.integer("linear_num_value_heads")
    keys, values = fields.integer("linear_num_key_heads") * key_width, value_heads * value_width
    kernel = fields.integer("linear_conv_kernel_dim")
    channels = 2 * keys + values
    in_projections = hidden * (2 * keys + 2 * values + 2 * value_heads)
    small = channels * kernel + 2 * value_heads + value_width
    return {
        "mixer": "recurrent",
        "state_size": state_size(fields, value_heads * key_width * value_width, channels * (kernel - 1), 4),
        "mixer_parameters": in_projections + small + values * hidden,
        "mixer_output_width": values,
    }


def mamba_2(fields: Fields) -> dict[str, Any]:
    """A layer of Nemotron-H, Granite 4, Bamba or Falcon-H1: heads of a state each, keys and queries shared by groups.

    States are in the model's type in Nemotron-H; the others keep them in 32 bit, as the kernels of Mamba return them.
    """
    hidden, heads = fields.integer(*HIDDEN), fields.integer(*MAMBA_2_HEADS)
    usual = fields.integer("mamba_expand", default=2) * hidden
    inner = fields.integer("mamba_d_ssm", default=heads * mamba_2_width(fields, heads, usual))
    state, kernel = fields.integer("ssm_state_size", "mamba_d_state"), fields.integer("conv_kernel", "mamba_d_conv")
    channels = inner + 2 * fields.integer("n_groups", "mamba_n_groups") * state
    small = channels * (kernel + 1) + 3 * heads + inner
    bytes_of_a_state = 2 if fields.get("mamba_num_heads") is not None else 4
    return {
        "mixer": "recurrent",
        "state_size": state_size(fields, inner * state, channels * (kernel - 1), bytes_of_a_state),
        "mixer_parameters": hidden * (inner + channels + heads) + small + inner * hidden,
        "mixer_output_width": inner,
    }


def mamba_2_width(fields: Fields, heads: int, inner: int) -> int:
    """Channels of one head; those of all of them over the heads where the file says ``auto``."""
    names = ("mamba_head_dim", "mamba_d_head")
    return inner // heads if fields.get(*names) in (None, "auto") else fields.integer(*names)


def mamba_1(fields: Fields) -> dict[str, Any]:
    """A layer of Jamba: a state for each inner channel, steps of low rank."""
    hidden, state = fields.integer(*HIDDEN), fields.integer("mamba_d_state")
    inner, kernel = fields.integer("mamba_expand") * hidden, fields.integer("mamba_d_conv")
    rank = -(-hidden // 16) if fields.get("mamba_dt_rank") in (None, "auto") else fields.integer("mamba_dt_rank")
    steps = inner * (rank + 2 * state) + rank * inner + inner + rank + 2 * state
    small = inner * (kernel + 1) + inner * state + inner
    return {
        "mixer": "recurrent",
        "state_size": state_size(fields, inner * state, inner * (kernel - 1), 4),
        "mixer_parameters": 3 * hidden * inner + steps + small,
        "mixer_output_width": inner,
    }


def state_size(fields: Fields, state: int, convolution: int, usual: int) -> str:
    """The state of one sequence; ``usual`` bytes a number where the file names no type for it.

    ``state`` and ``convolution`` are counts of numbers. Returns a quantity as fact files state it. Raises FactError for a type
    that is no plain float of 2 or 4 bytes.
    """
    names = ("mamba_ssm_cache_dtype", "mamba_ssm_dtype")
    dtype = fields.text(*names)
    if dtype is not None and dtype not in BYTES:
        raise fields.wrong(fields.name_of(*names), f"one of {', '.join(BYTES)}")
    state_bytes = usual if dtype is None else BYTES[dtype]
    return f"{state * state_bytes + convolution * BYTES_OF_A_CONVOLUTION_INPUT} byte"
