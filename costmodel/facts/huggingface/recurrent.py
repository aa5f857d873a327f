"""Layers that keep a state of fixed size: gated delta rule, Mamba 1 and Mamba 2.

The state is that of one sequence: the recurrent state in its own type and the columns that the short
convolution still needs, all but the newest of its kernel, in 16 bit.
"""

from typing import Any

from costmodel.facts.huggingface.attention import HIDDEN
from costmodel.facts.huggingface.fields import Fields

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
BYTES_OF_A_CONVOLUTION_INPUT = 2


def recurrent(fields: Fields) -> dict[str, Any]:
    """The keys of a recurrent layer, of the kind that its keys indicate; FactError for keys of none."""
    if fields.get("linear_num_value_heads") is not None:
        return gated_delta_rule(fields)
    if fields.get("mamba_num_heads") is not None:
        return mamba_2(fields)
    if fields.get("mamba_d_state") is not None:
        return mamba_1(fields)
    expected = "the heads of a linear or state-space layer (linear_num_value_heads, mamba_num_heads or mamba_d_state)"
    raise fields.missing("linear_num_value_heads", expected=expected)


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
    }


def mamba_2(fields: Fields) -> dict[str, Any]:
    """A layer of Nemotron-H: heads of a state each, keys and queries shared by groups."""
    hidden, heads = fields.integer(*HIDDEN), fields.integer("mamba_num_heads")
    inner, state = heads * fields.integer("mamba_head_dim"), fields.integer("ssm_state_size")
    kernel = fields.integer("conv_kernel")
    channels = inner + 2 * fields.integer("n_groups") * state
    small = channels * (kernel + 1) + 3 * heads + inner
    return {
        "mixer": "recurrent",
        "state_size": state_size(fields, inner * state, channels * (kernel - 1), 2),
        "mixer_parameters": hidden * (inner + channels + heads) + small + inner * hidden,
    }


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
