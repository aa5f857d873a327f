"""The feed-forward of a layer: dense or experts, how wide, and in which layers."""

import re
from typing import Any

from costmodel.facts.huggingface.architectures import FOUR_TIMES_HIDDEN, matrices
from costmodel.facts.huggingface.attention import HIDDEN
from costmodel.facts.huggingface.fields import Fields

EXPERTS = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")
EXPERTS_PER_TOKEN = (
    "num_experts_per_tok",
    "num_experts_per_token",
    "experts_per_token",
    "top_k_experts",
    "moe_topk",
    "moe_top_k",
    "moe_k",
)
DENSE_WIDTH = (
    "intermediate_size_mlp",
    "dense_intermediate_size",
    "intermediate_size",
    "ffn_dim",
    "n_inner",
    "block_ff_dim",
)
EXPERT_WIDTH = ("moe_intermediate_size", "expert_hidden_dim", "intermediate_size")
SHARED_WIDTH = (
    "shared_expert_intermediate_size",
    "moe_shared_expert_intermediate_size",
    "shared_intermediate_size",
    "share_expert_dim",
)
SHARED_EXPERTS = ("n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts")
DENSE_FIRST = (
    "first_k_dense_replace",
    "first_last_k_dense_replace",
    "num_dense_layers",
    "moe_layer_num_skipped",
    "moe_layer_start_index",
)
LATENT_WIDTH = ("moe_latent_size", "routed_expert_hidden_size")
SPARSE = {1: True, 0: False, "sparse": True, "dense": False}


def has_experts(fields: Fields) -> bool:
    """Whether any layer has experts; FactError where the file has them under keys that are not read."""
    if fields.get(*EXPERTS) is not None:
        return fields.integer(*EXPERTS, minimum=0) > 1
    for key, value in fields.values.items():
        if re.search(r"expert|moe", key) and isinstance(value, int) and not isinstance(value, bool) and value > 1:
            raise fields.missing(*EXPERTS, expected=f"the number of experts, as {key} is {value}")
    return False


def dense(fields: Fields) -> dict[str, Any]:
    """The keys of a dense feed-forward."""
    usual = 4 * fields.integer(*HIDDEN) if fields.values.get("model_type") in FOUR_TIMES_HIDDEN else None
    names = (*DENSE_WIDTH, "ffn_hidden_size")
    return {
        "feed_forward": "dense",
        "intermediate_size": adjusted(fields, fields.integer(*names, default=usual)),
        "feed_forward_matrices": matrices(fields),
    }


def adjusted(fields: Fields, width: int) -> int:
    """LFM2's width: two thirds of its block_ff_dim, rounded up to a multiple, unless the file says that it is final.

    Files without that flag are those of the first models, which state a block_ff_dim; an intermediate_size alone is final.
    """
    usual = fields.values.get("block_ff_dim") is not None
    if not fields.flag("block_auto_adjust_ff_dim", default=usual):
        return width
    multiple = fields.integer("block_multiple_of")
    return -(-(2 * width // 3) // multiple) * multiple


def experts(fields: Fields) -> dict[str, Any]:
    """The keys of a feed-forward of experts.

    Experts that see a latent narrower than the hidden size are written with a width shrunk by the same
    factor, and the projections to and from the latent as shared width (rounded): weights and work stay the same.

    Raises FactError for more experts a token than there are, and for a latent that does not divide.
    """
    count, experts_per_token = fields.integer(*EXPERTS), fields.integer(*EXPERTS_PER_TOKEN)
    if experts_per_token > count:
        raise fields.wrong(fields.name_of(*EXPERTS_PER_TOKEN), f"at most the {count} experts there are")
    width = fields.integer(*EXPERT_WIDTH)
    shared = shared_width(fields, width)
    latent_width, hidden = fields.integer(*LATENT_WIDTH, default=0), fields.integer(*HIDDEN)
    if latent_width:
        if width * latent_width % hidden:
            raise fields.wrong(fields.name_of(*LATENT_WIDTH), f"a width that {hidden} divides after times {width}")
        width, shared = width * latent_width // hidden, shared + round(2 * latent_width / matrices(fields))
    layer = {
        "feed_forward": "experts",
        "feed_forward_matrices": matrices(fields),
        "experts": count,
        "experts_per_token": experts_per_token,
        "expert_intermediate_size": width,
    }
    return layer | ({"shared_intermediate_size": shared} if shared else {})


def shared_width(fields: Fields, expert_width: int) -> int:
    """The width of all shared experts together; 0 where there is none."""
    if fields.values.get("model_type") == "llama4_text":
        return expert_width
    if fields.flag("enable_moe_block"):  # Gemma 4: the dense block runs beside the experts
        return fields.integer(*DENSE_WIDTH)
    if fields.get(*SHARED_WIDTH) is not None:
        return fields.integer(*SHARED_WIDTH, minimum=0)
    return fields.integer(*SHARED_EXPERTS, default=0, minimum=0) * expert_width


def expert_layers(fields: Fields, layers: int) -> list[bool]:
    """For each layer whether its feed-forward is of experts."""
    if not has_experts(fields):
        return [False] * layers
    for name in ("mlp_layer_types", "moe_layer_freq", "is_moe_layer"):
        stated = fields.entries(name, layers) if isinstance(fields.get(name), list) else None
        if stated is not None:
            return [sparse(fields, name, entry) for entry in stated]
    layers_with_experts = fields.entries("moe_layers") or enumerated(fields)
    if layers_with_experts is not None:
        return [layer in layers_with_experts for layer in range(layers)]
    if fields.get("expert_layer_period") is not None:
        period = fields.integer("expert_layer_period")
        offset = fields.integer("expert_layer_offset", default=0, minimum=0)
        return [layer % period == offset for layer in range(layers)]
    dense_first = fields.integer(*DENSE_FIRST, default=0, minimum=0)
    every = fields.integer("moe_layer_freq", default=1)
    step = fields.integer("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_interval", default=1)
    last = fields.integer("moe_layer_end_index", default=layers, minimum=-1)
    without = fields.entries("mlp_only_layers") or []
    return [
        dense_first <= layer <= (last if last >= 0 else layers)
        and layer % every == 0
        and (layer + 1) % step == 0
        and layer not in without
        for layer in range(layers)
    ]


def enumerated(fields: Fields) -> list[int] | None:
    """The layers of experts where a text lists them, between commas (Step); FactError for one of other text."""
    listed = fields.text("moe_layers_enum")
    if not listed:
        return None
    if not re.fullmatch(r"\d+(,\s*\d+)*", listed):
        raise fields.wrong("moe_layers_enum", "places of layers between commas")
    return [int(place) for place in listed.split(",")]


def sparse(fields: Fields, name: str, entry: Any) -> bool:
    """Whether one entry of a list means a layer of experts; FactError, naming the list ``name``, for any other entry."""
    if not isinstance(entry, int | str) or entry not in SPARSE:
        raise fields.wrong(name, "entries 1 or 0, or sparse or dense")
    return SPARSE[entry]
