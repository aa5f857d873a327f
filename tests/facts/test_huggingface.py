"""The reader of Hugging Face configurations: hand-made files, all published ones at hand, and broken ones."""

import json
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.errors import FactError
from costmodel.facts.huggingface import model_table, read_config

LLAMA_8B = {
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "torch_dtype": "bfloat16",
}
QWEN3_32B = {
    "model_type": "qwen3",
    "hidden_size": 5120,
    "intermediate_size": 25600,
    "num_hidden_layers": 64,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
    "max_window_layers": 64,
    "sliding_window": None,
    "use_sliding_window": False,
    "dtype": "bfloat16",
}
GEMMA_3_4B = {
    "model_type": "gemma3",
    "vision_config": {"hidden_size": 1152, "num_hidden_layers": 27, "num_attention_heads": 16},
    "text_config": {
        "model_type": "gemma3_text",
        "hidden_size": 2560,
        "intermediate_size": 10240,
        "num_hidden_layers": 34,
        "sliding_window": 1024,
    },
    "torch_dtype": "bfloat16",
}
FALCON_7B = {
    "model_type": "falcon",
    "hidden_size": 4544,
    "num_hidden_layers": 32,
    "num_attention_heads": 71,
    "num_kv_heads": 71,
    "multi_query": True,
    "new_decoder_architecture": False,
    "vocab_size": 65024,
    "torch_dtype": "bfloat16",
}
FALCON_40B = FALCON_7B | {
    "hidden_size": 8192,
    "num_hidden_layers": 60,
    "num_attention_heads": 128,
    "num_kv_heads": 8,
    "new_decoder_architecture": True,
}
OPT_6_7B = {
    "model_type": "opt",
    "hidden_size": 4096,
    "word_embed_proj_dim": 4096,
    "ffn_dim": 16384,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "vocab_size": 50272,
    "max_position_embeddings": 2048,
    "torch_dtype": "float16",
}
GPT_J_6B = {
    "model_type": "gptj",
    "n_embd": 4096,
    "n_layer": 28,
    "n_head": 16,
    "n_positions": 2048,
    "n_inner": None,
    "vocab_size": 50400,
}
BLOOM_176B = {
    "model_type": "bloom",
    "n_embed": 14336,
    "n_layer": 70,
    "num_attention_heads": 112,
    "vocab_size": 250880,
    "torch_dtype": "bfloat16",
}
DEEPSEEK_V3 = {
    "model_type": "deepseek_v3",
    "hidden_size": 7168,
    "intermediate_size": 18432,
    "moe_intermediate_size": 2048,
    "num_hidden_layers": 61,
    "num_attention_heads": 128,
    "num_key_value_heads": 128,
    "kv_lora_rank": 512,
    "q_lora_rank": 1536,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "n_routed_experts": 256,
    "n_shared_experts": 1,
    "num_experts_per_tok": 8,
    "first_k_dense_replace": 3,
    "moe_layer_freq": 1,
    "num_nextn_predict_layers": 1,
    "vocab_size": 129280,
    "max_position_embeddings": 163840,
    "torch_dtype": "bfloat16",
    "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
}
MIXTRAL_8X7B = LLAMA_8B | {
    "model_type": "mixtral",
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
    "vocab_size": 32000,
    "max_position_embeddings": 32768,
    "sliding_window": None,
}
JAMBA = {
    "model_type": "jamba",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "attn_layer_period": 8,
    "attn_layer_offset": 4,
    "expert_layer_period": 2,
    "expert_layer_offset": 1,
    "num_experts": 16,
    "num_experts_per_tok": 2,
    "mamba_d_state": 16,
    "mamba_d_conv": 4,
    "mamba_expand": 2,
    "mamba_dt_rank": 256,
    "vocab_size": 65536,
    "max_position_embeddings": 262144,
    "torch_dtype": "bfloat16",
}
PHI_3_MINI = LLAMA_8B | {
    "model_type": "phi3",
    "hidden_size": 3072,
    "num_key_value_heads": 32,
    "intermediate_size": 8192,
}
GPT_OSS_20B = {
    "model_type": "gpt_oss",
    "hidden_size": 2880,
    "intermediate_size": 2880,
    "num_hidden_layers": 24,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "num_local_experts": 32,
    "num_experts_per_tok": 4,
    "experts_per_token": 4,
    "sliding_window": 128,
    "layer_types": ["sliding_attention", "full_attention"] * 12,
    "vocab_size": 201088,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
    "quantization_config": {"quant_method": "mxfp4"},
}
LLAMA_4_MAVERICK = {
    "model_type": "llama4",
    "text_config": {
        "model_type": "llama4_text",
        "hidden_size": 5120,
        "intermediate_size": 8192,
        "intermediate_size_mlp": 16384,
        "num_hidden_layers": 48,
        "num_attention_heads": 40,
        "num_key_value_heads": 8,
        "attention_chunk_size": 8192,
        "interleave_moe_layer_step": 2,
        "num_local_experts": 128,
        "vocab_size": 202048,
        "max_position_embeddings": 1048576,
        "torch_dtype": "bfloat16",
    },
}
QWEN3_NEXT = {
    "model_type": "qwen3_next",
    "hidden_size": 2048,
    "num_hidden_layers": 48,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "linear_num_key_heads": 16,
    "linear_num_value_heads": 32,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "num_experts": 512,
    "num_experts_per_tok": 10,
    "moe_intermediate_size": 512,
    "shared_expert_intermediate_size": 512,
    "vocab_size": 151936,
    "max_position_embeddings": 262144,
    "dtype": "bfloat16",
}


def cache_bytes(layer):
    """Bytes of one token in one layer at 16 bit."""
    if layer["mixer"] == "latent":
        return 2 * (layer["latent_rank"] + layer["rope_dim"])
    if layer["mixer"] in ("recurrent", "none"):
        return 0
    return 2 * layer["kv_heads"] * (layer["head_dim"] + layer.get("value_head_dim", layer["head_dim"]))


def growing(table):
    """Bytes a token adds for good."""
    return sum(layer["count"] * cache_bytes(layer) for layer in table["layers"] if layer["mixer"] in ("full", "latent"))


def counts(table):
    """How many layers of each mixer and feed-forward, in order of first appearance."""
    return [(layer["count"], layer["mixer"], layer["feed_forward"]) for layer in table["layers"]]


@pytest.mark.parametrize(
    ("config", "bytes_a_token", "parameters"),
    [
        pytest.param(LLAMA_8B, 131072, 8.030e9, id="llama-3.1-8b"),
        pytest.param(QWEN3_32B, 262144, 32.76e9, id="qwen3-32b: width of a head is not hidden over heads"),
        pytest.param(GEMMA_3_4B, 20480, 3.880e9, id="gemma-3-4b: class defaults in a nested tower"),
        pytest.param(FALCON_7B, 8192, 6.922e9, id="falcon-7b: one head of keys whatever the number says"),
        pytest.param(FALCON_40B, 122880, 41.30e9, id="falcon-40b: the number counts"),
        pytest.param(OPT_6_7B, 524288, 6.658e9, id="opt-6.7b: learned positions"),
        pytest.param(GPT_J_6B, 458752, 6.051e9, id="gpt-j-6b: old names"),
        pytest.param(BLOOM_176B, 4014080, 176.25e9, id="bloom-176b: old names, no context length"),
        pytest.param(DEEPSEEK_V3, 70272, 671.03e9, id="deepseek-v3: a latent"),
        pytest.param(MIXTRAL_8X7B, 131072, 46.70e9, id="mixtral-8x7b"),
        pytest.param(JAMBA, 16384, 51.57e9, id="jamba"),
        pytest.param(GPT_OSS_20B, 24576, 20.91e9, id="gpt-oss-20b"),
        pytest.param(LLAMA_4_MAVERICK, 49152, 400.71e9, id="llama-4-maverick"),
        pytest.param(QWEN3_NEXT, 24576, 79.67e9, id="qwen3-next"),
    ],
)
def test_cache_and_weights_agree_with_published_numbers(config, bytes_a_token, parameters):
    table = model_table(config, "config.json")
    assert growing(table) == bytes_a_token
    assert table["parameters"] == pytest.approx(parameters, rel=1e-3)


def test_a_plain_model_becomes_one_group():
    table = model_table(LLAMA_8B, "meta/config.json")
    assert table["name"] == "meta"
    assert table["tied_embeddings"] is False
    assert table["max_context"] == 131072
    assert table["weight_dtype"] == "bfloat16"
    assert table["layers"] == [
        {
            "count": 32,
            "mixer": "full",
            "query_heads": 32,
            "kv_heads": 8,
            "head_dim": 128,
            "feed_forward": "dense",
            "intermediate_size": 14336,
            "feed_forward_matrices": 3,
        }
    ]


@pytest.mark.parametrize("config", [LLAMA_8B | {"num_key_value_heads": None}, PHI_3_MINI])
def test_without_key_value_heads_every_head_keeps_its_own(config):
    assert model_table(config, "config.json")["layers"][0]["kv_heads"] == 32


def test_gemma_3_has_five_sliding_layers_to_one_full_and_a_sliding_rest():
    table = model_table(GEMMA_3_4B, "config.json")
    assert counts(table) == [(29, "sliding", "dense"), (5, "full", "dense")]
    assert table["layers"][0]["window"] == 1024
    assert table["tied_embeddings"] is True


def test_gemma_2_alternates_beginning_with_a_sliding_layer():
    config = GEMMA_3_4B["text_config"] | {"model_type": "gemma2", "num_attention_heads": 8, "vocab_size": 256000}
    table = model_table(config | {"max_position_embeddings": 8192}, "config.json")
    assert counts(table) == [(17, "sliding", "dense"), (17, "full", "dense")]


@pytest.mark.parametrize(
    ("changes", "mixer"),
    [
        ({"sliding_window": 262144}, "full"),
        ({"sliding_window": 2047, "max_position_embeddings": 4096}, "sliding"),
        ({"sliding_window": 2047, "use_sliding_window": False}, "full"),
        ({"model_type": "mistral"}, "sliding"),
        ({"model_type": "mistral", "sliding_window": None}, "full"),
        ({"model_type": "qwen2", "sliding_window": 4096}, "full"),
    ],
)
def test_a_window_counts_only_where_it_is_in_use(changes, mixer):
    assert model_table(PHI_3_MINI | changes, "config.json")["layers"][0]["mixer"] == mixer


def test_max_window_layers_counts_where_the_window_does():
    config = QWEN3_32B | {"use_sliding_window": True, "sliding_window": 4096, "max_window_layers": 48}
    assert counts(model_table(config, "config.json")) == [(48, "full", "dense"), (16, "sliding", "dense")]


def test_deepseek_v3_has_three_dense_layers_and_one_latent_a_token():
    table = model_table(DEEPSEEK_V3, "config.json")
    assert counts(table) == [(3, "latent", "dense"), (58, "latent", "experts")]
    assert table["layers"][1]["shared_intermediate_size"] == 2048
    assert table["weight_dtype"] == "fp8-block"
    assert "kv_heads" not in table["layers"][0]


def test_mixtral_keeps_the_width_of_its_experts_in_intermediate_size():
    layer = model_table(MIXTRAL_8X7B, "config.json")["layers"][0]
    assert (layer["experts"], layer["experts_per_token"], layer["expert_intermediate_size"]) == (8, 2, 14336)
    assert "shared_intermediate_size" not in layer


def test_jamba_crosses_attention_and_experts():
    table = model_table(JAMBA, "config.json")
    assert counts(table) == [(12, "recurrent", "dense"), (16, "recurrent", "experts"), (4, "full", "dense")]
    assert table["layers"][0]["state_size"] == f"{8192 * 16 * 4 + 8192 * 3 * 2} byte"


def test_gpt_oss_follows_its_list_of_layers():
    table = model_table(GPT_OSS_20B, "config.json")
    assert counts(table) == [(12, "sliding", "experts"), (12, "full", "experts")]
    assert table["layers"][0]["window"] == 128
    assert table["weight_dtype"] == "mxfp4"


def test_llama_4_is_chunked_but_for_every_fourth_layer():
    table = model_table(LLAMA_4_MAVERICK, "config.json")
    assert counts(table) == [(24, "chunked", "dense"), (12, "chunked", "experts"), (12, "full", "experts")]
    assert [layer.get("intermediate_size") for layer in table["layers"]] == [16384, None, None]
    assert table["layers"][1]["shared_intermediate_size"] == 8192


def test_qwen3_next_doubles_its_queries_and_keeps_a_state():
    table = model_table(QWEN3_NEXT, "config.json")
    assert counts(table) == [(36, "recurrent", "experts"), (12, "full", "experts")]
    assert table["layers"][0]["state_size"] == "2146304 byte"
    assert table["layers"][1]["gated_query"] is True


def test_learned_positions_are_weights_of_their_own():
    assert model_table(OPT_6_7B, "config.json")["other_parameters"] == 2050 * 4096


@pytest.mark.parametrize(
    ("quantization", "dtype"),
    [
        ({"quant_method": "fp8"}, "fp8"),
        ({"quant_method": "gptq", "bits": 4}, "int4"),
        ({"group_size": 64, "bits": 4}, "int4"),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "nvfp4"),
        ({"config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int", "group_size": 32}}}}, "int4"),
        ({"config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}}}, "fp8"),
    ],
)
def test_a_quantisation_outweighs_the_stated_type(quantization, dtype):
    config = LLAMA_8B | {"quantization_config": quantization}
    assert model_table(config, "config.json")["weight_dtype"] == dtype


def test_a_quantisation_in_the_file_beside_counts(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA_8B), encoding="utf-8")
    assert model_table(read_config(path), "config.json")["weight_dtype"] == "bfloat16"
    beside = {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8"}}
    (tmp_path / "hf_quant_config.json").write_text(json.dumps(beside), encoding="utf-8")
    assert model_table(read_config(path), "config.json")["weight_dtype"] == "nvfp4"


def test_an_assumed_weight_format_is_noted():
    table = model_table(GPT_J_6B, "config.json")
    assert table["weight_dtype"] == "bfloat16"
    assert "assumed" in table["notes"][0]


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (LLAMA_8B | {"num_hidden_layers": -1}, "num_hidden_layers"),
        (LLAMA_8B | {"num_hidden_layers": 10**9}, "num_hidden_layers"),
        (LLAMA_8B | {"num_attention_heads": "32"}, "num_attention_heads"),
        (LLAMA_8B | {"num_attention_heads": 32.0}, "num_attention_heads"),
        (LLAMA_8B | {"num_attention_heads": True}, "num_attention_heads"),
        (LLAMA_8B | {"num_key_value_heads": 64}, "num_key_value_heads"),
        (LLAMA_8B | {"num_key_value_heads": 5}, "num_key_value_heads"),
        (LLAMA_8B | {"num_attention_heads": 24}, "num_attention_heads"),
        (LLAMA_8B | {"hidden_size": None}, "hidden_size"),
        (LLAMA_8B | {"tie_word_embeddings": "no"}, "tie_word_embeddings"),
        (LLAMA_8B | {"torch_dtype": "int3"}, "torch_dtype"),
        (LLAMA_8B | {"model_type": ["llama"]}, "model_type"),
        (LLAMA_8B | {"model_type": "new", "hidden_act": "silu"}, "tie_word_embeddings"),
        (LLAMA_8B | {"model_type": "new", "hidden_act": "gelu", "tie_word_embeddings": True}, "hidden_act"),
        (LLAMA_8B | {"quantization_config": {"quant_method": "quip"}}, "quant_method"),
        (LLAMA_8B | {"expert_count": 64}, "num_local_experts"),
        (LLAMA_8B | {"text_config": "nested"}, "text_config"),
        (MIXTRAL_8X7B | {"num_experts_per_tok": 9}, "num_experts_per_tok"),
        (GPT_OSS_20B | {"layer_types": ["full_attention"]}, "layer_types"),
        (GPT_OSS_20B | {"layer_types": ["wavelet"] * 24}, "layer_types"),
        (GPT_OSS_20B | {"layer_types": ["conv"] * 24}, "conv_L_cache"),
        (DEEPSEEK_V3 | {"qk_rope_head_dim": None}, "qk_rope_head_dim"),
        (DEEPSEEK_V3 | {"index_topk": 2048}, "index_n_heads"),
        (DEEPSEEK_V3 | {"compress_ratios": [4, 128]}, "kv_lora_rank"),
        (QWEN3_32B | {"compress_ratios": [4] * 64}, "q_lora_rank"),
        (QWEN3_32B | {"num_kv_shared_layers": "all"}, "num_kv_shared_layers"),
        (
            QWEN3_32B | {"sliding_window": 4096, "use_sliding_window": True, "sliding_window_pattern": "LX"},
            "sliding_window_pattern",
        ),
        (QWEN3_32B | {"attention_k_eq_v": "yes"}, "attention_k_eq_v"),
        (QWEN3_32B | {"zero_expert_num": 8}, "zero_expert_num"),
        (QWEN3_32B | {"rope_scaling": {"type": "yarn", "factor": "4"}}, "factor"),
        (QWEN3_32B | {"linear_attn_config": {"full_attn_layers": ["4"]}}, "full_attn_layers"),
        (QWEN3_32B | {"sparse_attention_config": True}, "sparse_attention_config"),
        (
            LLAMA_8B | {"attention_other_setting": 96, "layer_types": ["sliding_attention"] * 32},
            "attention_other_setting",
        ),
        (OPT_6_7B | {"word_embed_proj_dim": 512}, "word_embed_proj_dim"),
        ({"producer": {}, "quantization": {"quant_algo": "FP8"}}, "quantization"),
        ({}, "num_hidden_layers"),
    ],
)
def test_what_cannot_be_trusted_is_refused_by_its_key(config, key):
    with pytest.raises(FactError, match=rf"^somewhere\.json: .*{key}.*expected "):
        model_table(config, "somewhere.json")


@pytest.mark.parametrize(
    "key", ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size"]
)
def test_a_missing_key_is_named(key):
    config = {name: value for name, value in LLAMA_8B.items() if name != key}
    with pytest.raises(FactError, match=rf"somewhere\.json: {key}.*: missing; expected "):
        model_table(config, "somewhere.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
WHOLE = [LLAMA_8B, GEMMA_3_4B["text_config"], DEEPSEEK_V3, JAMBA, GPT_OSS_20B, QWEN3_NEXT, FALCON_40B]


@settings(max_examples=300, deadline=None)
@given(data=st.data(), config=st.sampled_from(WHOLE), value=JSON)
def test_no_value_brings_a_traceback(data, config, value):
    key = data.draw(st.sampled_from(sorted(config)))
    try:
        table = model_table(config | {key: value}, "somewhere.json")
    except FactError as error:
        assert str(error).startswith("somewhere.json: ")
    else:
        assert table["parameters"] > 0


def test_a_file_is_read_with_bare_infinity(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"time_step_limit": [0.0, Infinity]}', encoding="utf-8")
    assert read_config(path)["time_step_limit"][1] == float("inf")


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe", b'"text"'])
def test_a_file_that_is_no_object_is_refused(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(FactError, match=r"config\.json: .*expected "):
        read_config(path)


@pytest.mark.parametrize("name", ["absent.json", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name):
    with pytest.raises(FactError, match="cannot be read"):
        read_config(tmp_path / name)


# Totals of models without a file of ours, in 10^9: published, or counted by the class of transformers 5.23 (DeepSeek, GLM).
TOTALS = {
    "deepseek_v32": 671.88,
    "deepseek_v4": 284.33,
    "glm_moe_dsa": 743.91,
    "minimax_m3": 428,
    "minimax_m3_vl": 428,
    "kimi_k3": 2800,
    "step3p7": 196,
}
LARGER = {"DeepSeek-V4-Pro": 1573.0}


def published() -> list[Path]:
    """The configurations that NVIDIA's aiconfigurator ships; none where it is not installed."""
    try:
        return sorted(Path(str(resources.files("aiconfigurator_core") / "model_configs")).glob("*.json"))
    except ModuleNotFoundError:
        return []


@cache
def facts_of(repository: str) -> dict | None:
    """The fact file of a repository, text quantities as numbers; None where we have none."""
    for file in (resources.files("costmodel.facts") / "models").iterdir():
        if not file.name.endswith(".toml"):
            continue
        facts = tomllib.loads(file.read_text(encoding="utf-8"))
        if facts["huggingface"].lower() == repository.lower():
            for layer in facts["layers"]:
                if "window" in layer:
                    layer["window"] = int(layer["window"].split()[0])
            return facts
    return None


@pytest.mark.parametrize("path", published() or [None], ids=lambda path: path.stem if path else "none installed")
def test_published_configurations_agree_with_our_facts_and_with_published_totals(path):
    pytest.importorskip("aiconfigurator_core", reason="real configurations come with the package aiconfigurator-core")
    config = read_config(path)
    if path.name.endswith("_hf_quant_config.json"):
        with pytest.raises(FactError, match=rf"{path.name}: quantization: .*expected "):
            model_table(config, path.name)
        return
    table = model_table(config, path.name)
    total = next((total for name, total in LARGER.items() if name in path.name), TOTALS.get(config["model_type"]))
    if total is not None:
        assert table["parameters"] == pytest.approx(total * 1e9, rel=0.01)
    facts = facts_of(path.name.removesuffix("_config.json").replace("--", "/"))
    if facts is None:
        return
    assert table["layers"] == facts["layers"]
    assert table["tied_embeddings"] == facts["tied_embeddings"]
    assert table["parameters"] == pytest.approx(facts["parameters"], rel=0.01)
    assert growing(table) == growing(facts)


def test_all_published_configurations_can_be_read():
    pytest.importorskip("aiconfigurator_core", reason="real configurations come with the package aiconfigurator-core")
    configs = [read_config(path) for path in published() if not path.name.endswith("_hf_quant_config.json")]
    assert len(configs) >= 80
    assert len({json.dumps(model_table(config, "c")["layers"]) for config in configs}) >= 35
