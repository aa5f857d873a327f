"""Mistral's ``params.json``: the same shapes under the names of Mistral's own code, as engines that load it translate them.

It states what a ``config.json`` states, but for its class: a window is one only where it is stated.
"""

from collections.abc import Mapping
from typing import Any

NAMES = {
    "dim": "hidden_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "n_kv_heads": "num_key_value_heads",
    "hidden_dim": "intermediate_size",
    "tied_embeddings": "tie_word_embeddings",
    "max_seq_len": "max_position_embeddings",
    "yarn": "rope_scaling",
}
EXPERT_NAMES = {
    "num_experts": "num_local_experts",
    "num_experts_per_tok": "num_experts_per_tok",
    "expert_hidden_dim": "moe_intermediate_size",
    "num_shared_experts": "n_shared_experts",
    "first_k_dense_replace": "first_k_dense_replace",
    "route_every_n": "moe_layer_freq",
}
WEIGHTS = {"fp8_e4m3": {"quant_method": "fp8"}, "nvfp4": {"quant_algo": "NVFP4"}}


def plain_spelling(config: Mapping[str, Any]) -> dict[str, Any]:
    """The keys as a ``config.json`` spells them; all of them as they are where the file is none of Mistral's."""
    if not {"dim", "n_layers", "n_heads"} <= config.keys() or "model_type" in config:
        return dict(config)
    renamed = {NAMES.get(key, key): value for key, value in config.items() if key not in ("moe", "quantization")}
    experts = config.get("moe") or {}
    if isinstance(experts, Mapping):
        renamed |= {EXPERT_NAMES[key]: value for key, value in experts.items() if key in EXPERT_NAMES}
    if isinstance(yarn := renamed.get("rope_scaling"), Mapping):
        renamed["rope_scaling"] = {"type": "yarn", **yarn}
    if isinstance(weights := config.get("quantization"), Mapping):
        renamed["quantization_config"] = WEIGHTS.get(str(weights.get("qformat_weight")).lower(), dict(weights))
    return {"model_type": "mistral", "sliding_window": None, **renamed}
