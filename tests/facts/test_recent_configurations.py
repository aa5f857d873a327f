"""Configurations of models published from late 2025 to 2026, as far as they decide: bytes a token adds, states, windows, weights.

Shapes are typed in from copies of the models' config.json in public repositories; each case names where. Bytes are worked out
by hand from them; totals are those published, or of the size of the published weights.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.errors import FactError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import models
from costmodel.facts.huggingface import model_table

S, F, C = "sliding_attention", "full_attention", "conv"
LATENT = {"kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128}
GEMMA_4 = {
    "model_type": "gemma4_text", "head_dim": 256, "global_head_dim": 512, "vocab_size": 262144, "tie_word_embeddings": True,
}  # fmt: skip
LING_3 = LATENT | {
    "model_type": "bailing_hybrid", "head_dim": 128, "vocab_size": 157184, "max_position_embeddings": 131072,
    "tie_word_embeddings": False, "short_conv_kernel_size": 4, "no_kda_lora": True, "num_experts_per_tok": 8,
    "num_shared_experts": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A configuration, bytes that a token adds for good at 16 bit, total parameters, and where both were read."""

    config: dict
    growing: float
    parameters: float
    source: str
    windowed: float = 0.0  # bytes a token adds inside all windows
    state: float = 0.0  # bytes of a sequence that do not grow
    tolerance: float = field(default=0.01)


CASES = {
    "glm-4.7-flash": Case(
        LATENT | {
            "model_type": "glm4_moe_lite", "vocab_size": 154880, "hidden_size": 2048, "intermediate_size": 10240,
            "moe_intermediate_size": 1536, "num_hidden_layers": 47, "num_attention_heads": 20, "num_key_value_heads": 20,
            "max_position_embeddings": 202752, "q_lora_rank": 768, "qk_nope_head_dim": 192, "v_head_dim": 256,
            "n_routed_experts": 64, "n_shared_experts": 1, "num_experts_per_tok": 4, "first_k_dense_replace": 1,
        },
        47 * 576 * 2, 30e9,
        "vllm-project/vllm: test of Glm4MoeLiteConfig; zai-org/GLM-4.7-Flash, 30B-A3B",
    ),
    "trinity-large": Case(
        {
            "model_type": "afmoe", "global_attn_every_n_layers": 4, "head_dim": 128, "hidden_size": 3072,
            "intermediate_size": 12288, "max_position_embeddings": 131072, "moe_intermediate_size": 3072,
            "num_attention_heads": 48, "num_dense_layers": 6, "num_experts": 256, "num_experts_per_tok": 4,
            "num_hidden_layers": 60, "num_key_value_heads": 8, "num_shared_experts": 1, "sliding_window": 4096,
            "tie_word_embeddings": False, "vocab_size": 200192,
        },
        15 * 4096, 398e9,
        "neuronx-distributed-inference: contributed model Trinity, test/unit/test_config.py; arcee-ai/Trinity-Large, 398B-A13B",
        windowed=45 * 4096,
    ),
    "hy3": Case(
        {
            "model_type": "hy_v3", "expert_hidden_dim": 1536, "moe_intermediate_size": 1536, "first_k_dense_replace": 1,
            "head_dim": 128, "hidden_size": 4096, "intermediate_size": 13312, "max_position_embeddings": 262144,
            "num_attention_heads": 64, "num_experts": 192, "num_experts_per_tok": 8, "num_hidden_layers": 80,
            "num_key_value_heads": 8, "num_shared_experts": 1, "tie_word_embeddings": False, "vocab_size": 120832,
            "num_nextn_predict_layers": 1,
        },
        80 * 4096, 295e9,
        "tencent/Hy3 config.json, copied in a converter's test (REAL); 295B-A21B",
    ),
    "ling-3.0-flash": Case(
        LING_3 | {
            "hidden_size": 2560, "intermediate_size": 6144, "num_hidden_layers": 42, "num_attention_heads": 32,
            "num_key_value_heads": 32, "layer_group_size": 6, "q_lora_rank": None, "first_k_dense_replace": 2,
            "num_experts": 512, "moe_intermediate_size": 768, "moe_shared_expert_intermediate_size": 768,
        },
        7 * 576 * 2, 124e9,
        "inclusionAI/Ling-3.0-flash-int4 config facts in a loader's test: latent layers 5, 11, ..., 41; the total is our count",
        state=35 * (32 * 128 * 128 * 4 + 3 * 4096 * 3 * 2),
    ),
    "ling-3.0-tiny": Case(
        LING_3 | {
            "hidden_size": 1536, "intermediate_size": 4608, "num_hidden_layers": 24, "num_attention_heads": 16,
            "num_key_value_heads": 16, "layer_group_size": 4, "q_lora_rank": 256, "first_k_dense_replace": 1,
            "num_experts": 128, "moe_intermediate_size": 512, "moe_shared_expert_intermediate_size": 512,
        },
        6 * 576 * 2, 7.9e9,
        "test of BailingMoeV3Configuration for MLX; the total is our count",
        state=18 * (16 * 128 * 128 * 4 + 3 * 2048 * 3 * 2),
    ),
    "solar-open-100b": Case(
        {
            "model_type": "solar_open", "hidden_size": 4096, "num_hidden_layers": 48, "num_attention_heads": 64,
            "head_dim": 128, "num_key_value_heads": 8, "vocab_size": 196608, "intermediate_size": 10240,
            "moe_intermediate_size": 1280, "max_position_embeddings": 131072, "n_routed_experts": 128, "n_shared_experts": 1,
            "num_experts_per_tok": 8, "tie_word_embeddings": False, "first_k_dense_replace": 0,
        },
        48 * 4096, 102.6e9,
        "upstage/Solar-Open-100B config.json, copied in a test of MacMLX; 102.6B",
    ),
    "youtu-llm-2b": Case(
        LATENT | {
            "model_type": "youtu", "hidden_size": 2048, "intermediate_size": 6144, "num_attention_heads": 16,
            "num_hidden_layers": 32, "num_key_value_heads": 16, "q_lora_rank": 1536, "tie_word_embeddings": True,
            "vocab_size": 128256, "max_position_embeddings": 131072,
        },
        32 * 576 * 2, 1.96e9,
        "tencent/Youtu-LLM-2B config.json, copied in a test for MLX; 1.96B",
    ),
    "laguna-xs-2.1": Case(
        {
            "model_type": "laguna", "vocab_size": 100352, "hidden_size": 2048, "intermediate_size": 8192,
            "num_hidden_layers": 40, "num_attention_heads": 48, "num_key_value_heads": 8, "head_dim": 128,
            "sliding_window": 512, "num_experts": 256, "num_experts_per_tok": 8, "moe_intermediate_size": 512,
            "shared_expert_intermediate_size": 512, "mlp_only_layers": [0], "tie_word_embeddings": False,
            "max_position_embeddings": 262144, "layer_types": [F, S, S, S] * 10,
            "mlp_layer_types": ["dense"] + ["sparse"] * 39, "num_attention_heads_per_layer": [48, 64, 64, 64] * 10,
        },
        10 * 4096, 33e9,
        "poolside/Laguna-XS-2.1 config, copied in an adapter's test; 33B-A3B",
        windowed=30 * 4096, tolerance=0.015,  # the label has two digits
    ),
    "gemma-4-e2b": Case(
        GEMMA_4 | {
            "hidden_size": 1536, "hidden_size_per_layer_input": 256, "intermediate_size": 6144,
            "layer_types": [S, S, S, S, F] * 7,
            "max_position_embeddings": 131072, "num_attention_heads": 8, "num_global_key_value_heads": None,
            "num_hidden_layers": 35, "num_key_value_heads": 1, "num_kv_shared_layers": 20, "sliding_window": 512,
            "use_double_wide_mlp": True, "vocab_size_per_layer_input": 262144,
        },
        3 * 2048, 4.6286e9,
        "google/gemma-4-E2B config.json fields, copied in a test of an engine; the text tower of transformers' class has 4.6286B",
        windowed=12 * 1024,
    ),
    "gemma-4-31b": Case(
        GEMMA_4 | {
            "num_hidden_layers": 60, "layer_types": [S, S, S, S, S, F] * 10, "sliding_window": 1024,
            "num_attention_heads": 32, "num_key_value_heads": 16, "num_global_key_value_heads": 4, "attention_k_eq_v": True,
            "hidden_size": 5376, "intermediate_size": 21504, "max_position_embeddings": 262144,
        },
        10 * 4 * 1024 * 2, 30.7e9,
        "vllm-project/tpu-inference pull request 3220; google/gemma-4-31B, 30.7B",
        windowed=50 * 16 * 512 * 2,
    ),
    "gemma-4-12b": Case(
        {"model_type": "gemma4_unified", "text_config": GEMMA_4 | {
            "model_type": "gemma4_unified_text", "num_hidden_layers": 48, "num_attention_heads": 16,
            "num_key_value_heads": 8, "num_global_key_value_heads": 1, "hidden_size": 3840, "intermediate_size": 15360,
            "sliding_window": 1024, "attention_k_eq_v": True, "max_position_embeddings": 262144,
            "layer_types": [S, S, S, S, S, F] * 8,
        }},
        8 * 1024 * 2, 11.9e9,
        "gemma-4-12b-it config fields, copied in a test of an engine (gemma4_unified); the total is our count",
        windowed=40 * 8 * 512 * 2,
    ),
    "lfm2.5-8b-a1b": Case(
        {
            "model_type": "lfm2_moe", "hidden_size": 2048, "num_hidden_layers": 24, "num_attention_heads": 32,
            "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 7168, "moe_intermediate_size": 1792,
            "num_experts": 32, "num_experts_per_tok": 4, "num_dense_layers": 2, "vocab_size": 128000,
            "tie_word_embeddings": True, "conv_L_cache": 3, "max_position_embeddings": 128000,
            "layer_types": [F if i in (2, 6, 10, 14, 18, 21) else C for i in range(24)],
        },
        6 * 2048, 16.9e9 / 2,
        "LiquidAI/LFM2.5-8B-A1B, architecture reference of Glacial: 16.9 GB of bfloat16",
        state=18 * 2048 * 2 * 2,
    ),
    "lfm2-350m": Case(
        {
            "model_type": "lfm2", "vocab_size": 65536, "hidden_size": 1024, "num_hidden_layers": 16, "num_attention_heads": 16,
            "num_key_value_heads": 8, "max_position_embeddings": 128000, "conv_L_cache": 3,
            "full_attn_idxs": [2, 5, 8, 10, 12, 14], "block_ff_dim": 6656,
        },
        6 * 2048, 354e6,
        "LiquidAI/LFM2-350M config, copied in a test of mlxcel; 354M",
        state=10 * 1024 * 2 * 2,
    ),
    "k-exaone-236b": Case(
        {
            "model_type": "exaone_moe", "first_last_k_dense_replace": 1, "head_dim": 128, "hidden_size": 6144,
            "intermediate_size": 18432, "is_moe_layer": [False] + [True] * 47, "layer_types": [S, S, S, F] * 12,
            "max_position_embeddings": 262144, "moe_intermediate_size": 2048, "num_attention_heads": 64, "num_experts": 128,
            "num_experts_per_tok": 8, "num_hidden_layers": 48, "num_key_value_heads": 8, "num_shared_experts": 1,
            "sliding_window": 128, "sliding_window_pattern": "LLLG", "tie_word_embeddings": False, "vocab_size": 153600,
        },
        12 * 4096, 236e9,
        "NVIDIA/TensorRT-LLM: test of modeling_exaone_moe (48 layers, of the model card); LGAI-EXAONE/K-EXAONE-236B-A23B",
        windowed=36 * 4096,
    ),
    "step-3.7-flash": Case(
        {"model_type": "step3p7", "text_config": {
            "model_type": "step3p5", "hidden_size": 4096, "num_hidden_layers": 45, "num_nextn_predict_layers": 3,
            "vocab_size": 128896, "num_attention_heads": 64, "num_attention_groups": 8, "head_dim": 128,
            "intermediate_size": 11264, "moe_num_experts": 288, "moe_top_k": 8, "moe_intermediate_size": 1280,
            "share_expert_dim": 1280, "moe_layers_enum": ",".join(map(str, range(3, 45))), "sliding_window": 512,
            "max_position_embeddings": 262144, "layer_types": [F, S, S, S] * 12,
            "attention_other_setting": {
                "attention_type": S, "num_attention_heads": 96, "num_attention_groups": 8, "head_dim": 128,
            },
        }},
        12 * 4096, 196e9,
        "published schema in tests of aiconfigurator, 96 sliding heads in those of an MLX port; Step-3.5-Flash, 196B",
        windowed=33 * 4096,
    ),
    "mimo-v2.6-pro": Case(
        {
            "model_type": "mimo_v2", "vocab_size": 152576, "hidden_size": 6144, "num_hidden_layers": 70,
            "max_position_embeddings": 1048576, "num_attention_heads": 128, "num_key_value_heads": 8, "head_dim": 192,
            "v_head_dim": 128, "swa_num_attention_heads": 128, "swa_num_key_value_heads": 8, "swa_head_dim": 192,
            "swa_v_head_dim": 128, "sliding_window_size": 128, "hybrid_layer_pattern": [0] + [1] * 69,
            "moe_layer_freq": [0] + [1] * 69, "intermediate_size": 16384, "n_routed_experts": 384, "num_experts_per_tok": 8,
            "moe_intermediate_size": 2048,
        },
        8 * 320 * 2, 1.02e12,
        "MiMo V2.6 Pro config of two layers in a loader's test, 70 layers; the pattern of windows here is made up; 1.02T",
        windowed=69 * 8 * 320 * 2,
    ),
    "qwen3.5-9b": Case(
        {"model_type": "qwen3_5", "tie_word_embeddings": False, "text_config": {
            "model_type": "qwen3_5_text", "num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 12288,
            "num_attention_heads": 16, "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 248320,
            "max_position_embeddings": 262144, "full_attention_interval": 4, "linear_num_key_heads": 16,
            "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_conv_kernel_dim": 4,
        }},
        8 * 4096, 9e9,
        "Qwen/Qwen3.5-9B config.json, table in a model report; 9.0B",
        state=24 * (32 * 128 * 128 * 4 + 8192 * 3 * 2),
    ),
    "kimi-linear-48b": Case(
        LATENT | {
            "model_type": "kimi_linear", "q_lora_rank": None, "tie_word_embeddings": False, "hidden_size": 2304,
            "num_hidden_layers": 27, "vocab_size": 163840, "num_attention_heads": 32, "num_experts": 256,
            "num_experts_per_token": 8, "num_shared_experts": 1, "moe_intermediate_size": 1024, "first_k_dense_replace": 1,
            "intermediate_size": 9216, "max_position_embeddings": 1048576,
            "linear_attn_config": {
                "full_attn_layers": [4, 8, 12, 16, 20, 24, 27], "head_dim": 128, "num_heads": 32, "short_conv_kernel_size": 4,
            },
        },
        7 * 576 * 2, 49.1e9,
        "moonshotai/Kimi-Linear-48B-A3B config, copied in a test of a converter; 49.1B (label 48B)",
        state=20 * (32 * 128 * 128 * 4 + 3 * 4096 * 3 * 2),
    ),
    "mistral-small-4": Case(
        {"model_type": "mistral3", "text_config": LATENT | {
            "model_type": "mistral4", "hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36,
            "num_attention_heads": 32, "num_key_value_heads": 32, "q_lora_rank": 1024, "kv_lora_rank": 256,
            "qk_nope_head_dim": 64, "n_routed_experts": 128, "n_shared_experts": 1, "num_experts_per_tok": 4,
            "moe_intermediate_size": 2048, "first_k_dense_replace": 0, "vocab_size": 131072, "tie_word_embeddings": False,
            "max_position_embeddings": 1048576,
        }},
        36 * 320 * 2, 119e9,
        "mistralai/Mistral-Small-4-119B config.json",
    ),
    "falcon-h1-7b": Case(
        {
            "model_type": "falcon_h1", "max_position_embeddings": 262144, "num_hidden_layers": 44, "num_attention_heads": 12,
            "num_key_value_heads": 2, "head_dim": 128, "hidden_size": 3072, "intermediate_size": 12288,
            "attn_layer_indices": None, "mamba_d_conv": 4, "mamba_d_head": 128, "mamba_d_ssm": 3072, "mamba_d_state": 256,
            "mamba_expand": 2, "mamba_n_groups": 1, "mamba_n_heads": 24, "vocab_size": 130048, "tie_word_embeddings": False,
        },
        44 * 1024, 7.59e9,
        "tiiuae/Falcon-H1-7B config, sizing tests of Ollama; 7.59B",
        state=44 * (3072 * 256 * 4 + (3072 + 512) * 3 * 2),
    ),
    "granite-4.0-h-small": Case(
        {
            "model_type": "granitemoehybrid", "hidden_size": 4096, "num_hidden_layers": 40, "num_attention_heads": 32,
            "num_key_value_heads": 8, "num_local_experts": 72, "num_experts_per_tok": 10, "shared_intermediate_size": 1536,
            "intermediate_size": 768, "mamba_d_state": 128, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_d_head": 64,
            "mamba_n_heads": 128, "mamba_n_groups": 1, "tie_word_embeddings": True, "vocab_size": 100352,
            "max_position_embeddings": 131072,
            "layer_types": ["attention" if i in (5, 15, 25, 35) else "mamba" for i in range(40)],
        },
        4 * 4096, 32.2e9,
        "ibm-granite/granite-4.0-h-small config.json; 32.2B",
        state=36 * (8192 * 128 * 4 + (8192 + 256) * 3 * 2),
    ),
    "hunyuan-a13b": Case(
        {
            "model_type": "hunyuan_v1_moe", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
            "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3072, "vocab_size": 128167, "num_experts": 64,
            "moe_intermediate_size": [3072] * 32, "moe_topk": [8] * 32, "num_shared_expert": [1] * 32,
            "tie_word_embeddings": True, "max_position_embeddings": 32768, "use_cla": False, "cla_share_factor": 2,
        },
        32 * 4096, 80.4e9,
        "tencent/Hunyuan-A13B config.json; 80.4B",
    ),
    "exaone-4.0-32b": Case(
        {
            "model_type": "exaone4", "head_dim": 128, "hidden_size": 5120, "intermediate_size": 27392,
            "max_position_embeddings": 131072, "num_attention_heads": 40, "num_hidden_layers": 64, "num_key_value_heads": 8,
            "sliding_window": 4096, "sliding_window_pattern": "LLLG", "tie_word_embeddings": False, "vocab_size": 102400,
        },
        16 * 4096, 32e9,
        "LGAI-EXAONE/EXAONE-4.0-32B config.json; 32.0B",
        windowed=48 * 4096,
    ),
    "lfm2-2.6b": Case(
        {
            "model_type": "lfm2", "hidden_size": 2048, "intermediate_size": 10752, "num_hidden_layers": 30,
            "num_attention_heads": 32, "num_key_value_heads": 8, "conv_L_cache": 3, "vocab_size": 65536,
            "max_position_embeddings": 128000, "block_auto_adjust_ff_dim": False,
            "layer_types": [F if i in (2, 5, 9, 13, 17, 21, 25, 28) else C for i in range(30)],
        },
        8 * 2048, 2.57e9,
        "LiquidAI/LFM2-2.6B config.json; 2.57B",
        state=22 * 2048 * 2 * 2,
    ),
    "ministral-3-8b, params.json": Case(
        {
            "dim": 4096, "n_layers": 34, "head_dim": 128, "hidden_dim": 14336, "n_heads": 32, "n_kv_heads": 8,
            "vocab_size": 131072, "tied_embeddings": False, "max_position_embeddings": 262144,
        },
        34 * 4096, 8.49e9,
        "mistralai/Ministral-3-8B params.json, preset generator of kaito; 8.5B of text",
    ),
}  # fmt: skip


def bytes_of(group: dict) -> float:
    """What a token adds to the cache of the layers of a group, at 16 bit."""
    width = group["key_width"] + group["value_width"]
    return group["layer_count"] * group["attends"] * group["owns_cache"] * group["kv_heads"] * width * 2


def built(name: str) -> models.Model:
    return models.build(name, model_table(CASES[name].config, f"{name}.json"), f"{name}.json")


@pytest.mark.parametrize("name", CASES)
def test_bytes_and_weights(name):
    case, model = CASES[name], built(name)
    assert sum(bytes_of(g) for g in model.groups if g["grows"]) == case.growing
    assert sum(bytes_of(g) for g in model.groups if not g["grows"]) == case.windowed
    assert sum(g["layer_count"] * g["state_size"] for g in model.groups) == case.state
    assert model.parameters == pytest.approx(case.parameters, rel=case.tolerance)


def test_layers_that_share_a_cache_read_it_and_store_nothing():
    shared = [g for g in built("gemma-4-e2b").groups if not g["owns_cache"]]
    assert [(g["layer_count"], g["window"], g["kv_columns"], g["intermediate_size"]) for g in shared] == [
        (16, 512, 0, 12288),
        (4, float("inf"), 0, 12288),
    ]


def test_heads_may_differ_by_kind_of_layer():
    heads = {g["window"]: g["query_heads"] for g in built("step-3.7-flash").groups}
    assert heads == {512.0: 96.0, float("inf"): 64.0}
    assert {g["query_heads"] for g in built("laguna-xs-2.1").groups} == {48.0, 64.0}


def test_every_second_layer_reads_the_cache_of_the_one_before():
    config = CASES["hunyuan-a13b"].config | {"use_cla": True}
    groups = models.build("cla", model_table(config, "cla.json"), "cla.json").groups
    assert sum(bytes_of(g) for g in groups) == 16 * 4096
    assert [g["kv_columns"] for g in groups] == [256.0, 0.0]


def test_a_pattern_of_letters_ends_with_a_global_layer():
    config = CASES["exaone-4.0-32b"].config | {"num_hidden_layers": 62}
    groups = models.build("odd", model_table(config, "odd.json"), "odd.json").groups
    assert {g["window"]: g["layer_count"] for g in groups} == {4096.0: 46.0, float("inf"): 16.0}


def test_compressed_entries_follow_a_window():
    config = {
        "model_type": "deepseek_v4", "hidden_size": 4096, "num_hidden_layers": 4, "num_attention_heads": 64, "head_dim": 512,
        "num_key_value_heads": 1, "qk_rope_head_dim": 64, "q_lora_rank": 1024, "o_groups": 8, "o_lora_rank": 1024,
        "index_head_dim": 128, "index_n_heads": 64, "index_topk": 512, "sliding_window": 128,
        "compress_ratios": [0, 4, 128, 4, 0],
        "num_nextn_predict_layers": 1, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 6,
        "moe_intermediate_size": 2048, "vocab_size": 129280, "max_position_embeddings": 1048576, "expert_dtype": "fp4",
        "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
    }  # fmt: skip
    model = models.build("v4", model_table(config, "v4.json"), "v4.json")
    shares = [(g["layer_count"], g["compressed_share"], g["index_width"], g["selected_tokens"]) for g in model.groups]
    assert shares == [(1, 0, 0, float("inf")), (2, 0.25, 128, 640), (1, 1 / 128, 0, float("inf"))]
    assert model.weight_dtype == "mxfp4" and model.part_types["attention"] == "fp8-block"
    deployment = resolve_deployment(model, "h200-sxm", ranks=1, engine="vllm")
    outputs = build_evaluator(deployment, load_scheme("none"), 1.0, 65536.0, prompt=65536.0)
    index = 2 * 0.25 * 128 * 2  # bytes a token: keys of the two indexers, for every fourth token
    assert float(outputs["kv_bytes_per_token"].squeeze()) == pytest.approx((2 / 4 + 1 / 128) * 512 * 2 + index)


def test_an_indexer_adds_its_keys_and_bounds_what_is_read():
    config = LATENT | {
        "model_type": "glm_moe_dsa", "vocab_size": 154880, "hidden_size": 6144, "num_hidden_layers": 8, "num_attention_heads": 64,
        "num_key_value_heads": 64, "intermediate_size": 12288, "max_position_embeddings": 202752, "q_lora_rank": 2048,
        "qk_nope_head_dim": 192, "v_head_dim": 256, "index_head_dim": 128, "index_n_heads": 32, "index_topk": 2048,
        "indexer_types": ["full", "full", "full", "shared", "shared", "shared", "full", "shared"],
    }  # fmt: skip
    model = models.build("dsa", model_table(config, "dsa.json"), "dsa.json")
    deployment = resolve_deployment(model, "h100-sxm", ranks=1, engine="vllm")
    assert "keys of the indexer at 16 bit (8 bit with a scale in some engines)" in deployment.assumed
    short, long = (
        build_evaluator(deployment, load_scheme("none"), 8.0, context, prompt=context) for context in (32768.0, 65536.0)
    )
    assert float(short["kv_bytes_per_token"].squeeze()) == (8 * 576 + 4 * 128) * 2
    assert short["read_tokens"].squeeze().tolist() == [2048, 2048] == long["read_tokens"].squeeze().tolist()
    scanned = [
        8 * context * 4 * 256 for context in (32768, 65536)
    ]  # bytes of keys that the four indexers read in a step
    rate = float(long["copy_efficiency"]) * float(long["hbm_bandwidth"])
    added = float((long["codec_step_time"] - short["codec_step_time"]).squeeze())
    assert added == pytest.approx((scanned[1] - scanned[0]) / rate)
    assert float(long["attention_step_time"].squeeze()) == pytest.approx(float(short["attention_step_time"].squeeze()))


def test_a_scheme_that_selects_reads_no_more_than_the_indexer():
    config = {
        "model_type": "minimax_m3", "hidden_size": 1024, "num_hidden_layers": 4, "num_attention_heads": 8,
        "num_key_value_heads": 4, "head_dim": 128, "intermediate_size": 4096, "vocab_size": 1000,
        "max_position_embeddings": 131072,
        "sparse_attention_config": {
            "sparse_attention_freq": [0, 1, 0, 1], "sparse_block_size": 128, "sparse_topk_blocks": 16, "sparse_local_block": 1,
            "sparse_index_dim": 128, "sparse_num_index_heads": 4,
        },
    }  # fmt: skip
    model = models.build("m3", model_table(config, "m3.json"), "m3.json")
    deployment = resolve_deployment(model, "h100-sxm", ranks=1, engine="vllm")
    # Quest leaves the first two layers alone.
    for scheme, read in (("none", {65536, 2176}), ("quest[budget=4096]", {65536, 4096, 2176})):
        step = build_evaluator(deployment, load_scheme(scheme), 1.0, 65536.0, prompt=65536.0)
        assert set(step["read_tokens"].squeeze().tolist()) == read


@pytest.mark.parametrize(
    ("scaling", "context"),
    [
        ({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}, 131072),
        ({"type": "linear", "factor": 8.0}, 327680),
        ({"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192}, 40960),
        (
            {"full_attention": {"rope_type": "yarn", "factor": 4.0}},
            40960,
        ),  # one for each kind of layers: stated already
        (None, 40960),
    ],
)
def test_scaled_rotary_angles_extend_the_context(scaling, context):
    config = CASES["exaone-4.0-32b"].config | {"max_position_embeddings": 40960, "rope_scaling": scaling}
    assert model_table(config, "config.json")["max_context"] == context


def test_an_expert_latent_and_an_output_gate_are_counted():
    config = CASES["kimi-linear-48b"].config
    plain = built("kimi-linear-48b").parameters
    gated = models.build("k3", model_table(config | {"mla_use_output_gate": True}, "k3.json"), "k3.json").parameters
    assert gated - plain == 7 * 2304 * 32 * 128
    narrow = models.build(
        "k3", model_table(config | {"routed_expert_hidden_size": 1152}, "k3.json"), "k3.json"
    ).parameters
    experts, latents = 26 * 256 * 3 * 1024 * 1152, 26 * 2 * 2304 * 1152
    assert narrow - plain == pytest.approx(latents - experts, rel=1e-4)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
KEYS = (
    "attn_layer_indices", "full_attn_idxs", "linear_attn_config", "sparse_attention_config", "attention_other_setting",
    "rope_scaling", "quantization_config", "compress_ratios", "indexer_types", "moe_layers_enum", "use_cla", "moe", "yarn",
    "num_kv_shared_layers", "index_topk", "hidden_size_per_layer_input", "expert_dtype", "mamba_d_ssm", "layer_group_size",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(CASES)), value=JSON)
def test_no_value_brings_a_traceback(data, name, value):
    outer = CASES[name].config
    config = outer.get("text_config", outer)
    config = config | {data.draw(st.sampled_from([*sorted(config), *KEYS])): value}
    config = outer | {"text_config": config} if "text_config" in outer else config
    try:
        table = model_table(config, "somewhere.json")
    except FactError as error:
        assert str(error).startswith("somewhere.json: ")
    else:
        assert table["parameters"] > 0
