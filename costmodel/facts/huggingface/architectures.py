"""What the model class fixes where ``config.json`` is silent: tied embeddings, gated feed-forwards, default sizes.

A key that is absent from a configuration has the value of its class, so the same file means different
models under different ``model_type``; the classes are those of transformers 4 and 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from costmodel.facts.huggingface.fields import Fields


@dataclass(frozen=True)
class Architecture:
    """The silent part of a model class; ``None`` where the class is not known to us."""

    tied: bool | None = None
    gated: bool | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)


GEMMA_3 = {
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "vocab_size": 262208,
    "max_position_embeddings": 131072,
    "sliding_window": 4096,
    "sliding_window_pattern": 6,
}
LLAMA_4 = {
    "num_key_value_heads": 8,
    "head_dim": 128,
    "num_local_experts": 16,
    "num_experts_per_tok": 1,
    "interleave_moe_layer_step": 1,
}
JAMBA = {
    "attn_layer_period": 8,
    "attn_layer_offset": 4,
    "expert_layer_period": 2,
    "expert_layer_offset": 1,
    "num_experts": 16,
    "num_experts_per_tok": 2,
    "mamba_d_state": 16,
    "mamba_d_conv": 4,
    "mamba_expand": 2,
}
QWEN_LINEAR = {"head_dim": 256, "full_attention_interval": 4, "attn_output_gate": True, "linear_conv_kernel_dim": 4}
LFM2 = {"block_multiple_of": 256, "conv_L_cache": 3}
GEMMA_4 = GEMMA_3 | {"vocab_size": 262144, "global_head_dim": 512}
FALCON_H1 = {"mamba_n_groups": 1, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_d_state": 256}
FALCON = {"multi_query": True, "max_position_embeddings": 2048}

UNTIED = Architecture(tied=False, gated=True)
PLAIN_TIED = Architecture(tied=True, gated=False)
PLAIN_UNTIED = Architecture(tied=False, gated=False)

ARCHITECTURES: dict[str, Architecture] = {
    "llama": UNTIED,
    "mixtral": UNTIED,
    "phi3": UNTIED,
    "phimoe": UNTIED,
    "qwen2": UNTIED,
    "qwen2_moe": UNTIED,
    "qwen3_moe": UNTIED,
    "qwen3_vl_moe_text": UNTIED,
    "deepseek_v2": UNTIED,
    "deepseek_v3": UNTIED,
    "kimi_k2": UNTIED,
    "glm4_moe": UNTIED,
    "minimax_m2": UNTIED,
    "mimo": UNTIED,
    "mimo_v2_flash": UNTIED,
    "nemotron-nas": UNTIED,
    "stablelm": UNTIED,
    "olmo2": UNTIED,
    "olmo3": UNTIED,
    "olmoe": UNTIED,
    "granite": UNTIED,
    "deepseek_v32": UNTIED,
    "deepseek_v4": UNTIED,
    "deepseek_ref": UNTIED,
    "glm_moe_dsa": UNTIED,
    "glm4_moe_lite": UNTIED,
    "glm4": UNTIED,
    "chatglm": UNTIED,
    "minimax_m3": UNTIED,
    "minimax_m3_vl": UNTIED,
    "minimax": UNTIED,
    "minimax_text_01": UNTIED,
    "minimax_m1": UNTIED,
    "kimi_linear": UNTIED,
    "kimi_k3": UNTIED,
    "step3p5": UNTIED,
    "step3p7": UNTIED,
    "step3_text": UNTIED,
    "exaone4": UNTIED,
    "exaone_moe": UNTIED,
    "hunyuan_v1_moe": UNTIED,
    "hunyuan_v1_dense": UNTIED,
    "hunyuan": UNTIED,
    "ministral3": UNTIED,
    "mistral4": UNTIED,
    "seed_oss": UNTIED,
    "youtu": Architecture(tied=True, gated=True),
    "youtu_vl": Architecture(tied=True, gated=True),
    "afmoe": Architecture(tied=False, gated=True, defaults={"gated_attention": True}),
    "laguna": UNTIED,
    "bailing_hybrid": UNTIED,
    "hy_v3": UNTIED,
    "solar_open": UNTIED,
    "mimo_v2": UNTIED,
    "falcon_h1": Architecture(tied=False, gated=True, defaults=FALCON_H1),
    "lfm2": Architecture(tied=True, gated=True, defaults=LFM2),
    "lfm2_moe": Architecture(tied=True, gated=True, defaults={"conv_L_cache": 3}),
    "gemma4_text": Architecture(tied=True, gated=True, defaults=GEMMA_4),
    "gemma4_unified_text": Architecture(tied=True, gated=True, defaults=GEMMA_4),
    "gemma3n_text": Architecture(tied=True, gated=True, defaults={"head_dim": 256, "sliding_window": 512}),
    "granitemoehybrid": UNTIED,
    "mistral": Architecture(tied=False, gated=True, defaults={"sliding_window": 4096}),
    "qwen3": Architecture(tied=False, gated=True, defaults={"head_dim": 128}),
    "qwen3_vl_text": Architecture(gated=True, defaults={"head_dim": 128}),
    "gpt_oss": Architecture(tied=False, gated=True, defaults={"head_dim": 64, "sliding_window": 128}),
    "llama4_text": Architecture(tied=False, gated=True, defaults=LLAMA_4),
    "qwen3_next": Architecture(tied=False, gated=True, defaults=QWEN_LINEAR),
    "qwen3_5_text": Architecture(tied=False, gated=True, defaults=QWEN_LINEAR),
    "qwen3_5_moe_text": Architecture(tied=False, gated=True, defaults=QWEN_LINEAR),
    "jamba": Architecture(tied=False, gated=True, defaults=JAMBA),
    "gemma": Architecture(tied=True, gated=True, defaults={"head_dim": 256}),
    "gemma2": Architecture(tied=True, gated=True, defaults={"head_dim": 256, "sliding_window": 4096}),
    "gemma3_text": Architecture(tied=True, gated=True, defaults=GEMMA_3),
    "cohere": Architecture(tied=True, gated=True),
    "cohere2": Architecture(tied=True, gated=True, defaults={"sliding_window_pattern": 4}),
    "smollm3": Architecture(tied=True, gated=True),
    "opt": PLAIN_TIED,
    "gpt2": PLAIN_TIED,
    "starcoder2": PLAIN_TIED,
    "gpt_bigcode": Architecture(tied=True, gated=False, defaults={"multi_query": True}),
    "bloom": Architecture(tied=True, gated=False, defaults={"seq_length": 2048}),
    "falcon": Architecture(tied=True, gated=False, defaults=FALCON),
    "RefinedWebModel": Architecture(tied=True, gated=False, defaults=FALCON),
    "RefinedWeb": Architecture(tied=True, gated=False, defaults=FALCON | {"new_decoder_architecture": True}),
    "gptj": PLAIN_UNTIED,
    "gpt_neox": PLAIN_UNTIED,
    "phi": PLAIN_UNTIED,
    "nemotron": PLAIN_UNTIED,
    "nemotron_h": PLAIN_UNTIED,
}
FOUR_TIMES_HIDDEN = {"gptj", "gpt2", "gpt_bigcode", "bloom", "falcon", "RefinedWebModel", "RefinedWeb"}
GATED_ACTIVATIONS = {"silu", "swish", "swiglu", "swigluoai", "situ"}
PLAIN_ACTIVATIONS = {"relu", "relu2"}


def architecture_of(model_type: str | None) -> Architecture:
    """The class of this ``model_type``; one that fixes nothing where we do not know it."""
    return ARCHITECTURES.get(model_type or "", Architecture())


def tied_embeddings(fields: Fields) -> bool:
    """Whether the output head is the input embedding; FactError where neither file nor class says so."""
    model_type = fields.text("model_type")
    tied = architecture_of(model_type).tied
    if fields.get("tie_word_embeddings") is None and tied is None:
        expected = f"true or false, as the default of model_type {model_type!r} is not known"
        raise fields.missing("tie_word_embeddings", expected=expected)
    return fields.flag("tie_word_embeddings", default=bool(tied))


def matrices(fields: Fields) -> int:
    """Weight matrices of a feed-forward: 3 where it is gated, 2 where it is not; FactError for an activation of neither kind."""
    model_type = fields.text("model_type")
    gated = architecture_of(model_type).gated
    if gated is None:
        names = ("hidden_act", "mlp_hidden_act", "hidden_activation", "activation_function")
        activation = fields.text(*names)
        if activation not in GATED_ACTIVATIONS | PLAIN_ACTIVATIONS:
            expected = (
                f"one of {', '.join(sorted(GATED_ACTIVATIONS | PLAIN_ACTIVATIONS))} for model_type {model_type!r}"
            )
            raise fields.wrong(fields.name_of(*names), expected)
        gated = activation in GATED_ACTIVATIONS
    return 3 if gated else 2
