"""Parts of checkpoints: what stays at 16 bit, by lists of exceptions, and vision towers: counted in weights, said in words."""

import json

import pytest

from costmodel.errors import FactError
from costmodel.evaluation.assemble.deployments import resolve_deployment, weights_per_gpu
from costmodel.facts import models, store
from costmodel.facts.huggingface import model_table, read_config
from costmodel.facts.huggingface.unquantised import part_of, unquantised

CONFIG = {
    "model_type": "qwen3", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 8, "num_attention_heads": 8,
    "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 1000, "max_position_embeddings": 4096, "tie_word_embeddings": True,
    "hidden_act": "silu",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("lm_head", None),
        ("model.layers.0.self_attn.q_proj", "attention"),
        ("language_model.model.layers.17.self_attn*", "attention"),
        ("re:.*self_attn.*", "attention"),
        ("model.layers.3.linear_attn.in_proj_qkvz", "mixer"),
        ("model.layers.3.linear_attn.conv1d", None),
        ("re:.*mlp.gate$", None),
        ("model.layers.1.mlp.gate", None),
        ("model.layers.1.mlp.gate_proj", "feed-forward"),
        ("model.layers.5.mlp.shared_expert.up_proj", "shared-experts"),
        ("model.layers.*.mlp.experts", "experts"),
        ("model.visual.blocks.0.attn.qkv", None),
        ("mtp.layers.0.self_attn", None),
    ],
)
def test_names_of_modules(name, part):
    assert part_of(name) == part


def test_a_part_counts_where_most_layers_are_named():
    listed = {"ignore": ["lm_head", *(f"model.layers.{i}.self_attn*" for i in range(8))]}
    assert unquantised(listed, 8) == ("attention",)
    assert unquantised(listed, 16) == ()  # half of them is not most
    assert unquantised({"modules_to_not_convert": ["self_attn", "mlp.experts"]}, 8) == ("experts", "attention")
    assert unquantised({"modules_to_not_convert": None}, 8) == () == unquantised({"ignore": [1]}, 8)


def test_their_bytes_are_counted():
    quantization = {"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["*self_attn*"]}
    table = model_table(CONFIG | {"quantization_config": quantization}, "config.json")
    assert table["unquantised"] == ["attention"] and table["weight_dtype"] == "nvfp4"
    model = models.build("mine", table, "mine")
    deployment = resolve_deployment(model, "h100-sxm", ranks=1, engine="vllm")
    attention, feed_forward = 4 * 1024 * 1024, 3 * 1024 * 4096  # weights of a layer
    assert weights_per_gpu(deployment).item() == pytest.approx(
        8 * (attention * 2 + feed_forward * 0.5625) + 1000 * 1024 * 2
    )
    assert "attention at 16 bit (the checkpoint's list of exceptions)" in deployment.assumed


def test_another_type_of_weights_has_no_exceptions():
    quantization = {"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["*self_attn*"]}
    model = models.build("mine", model_table(CONFIG | {"quantization_config": quantization}, "config.json"), "mine")
    deployment = resolve_deployment(model, "h100-sxm", ranks=1, engine="vllm", weight_dtype="fp8")
    assert weights_per_gpu(deployment).item() == pytest.approx(
        8 * (4 * 1024 * 1024 + 3 * 1024 * 4096) + 1000 * 1024 * 2
    )
    assert not any("16 bit" in remark for remark in deployment.assumed)


def test_a_file_may_state_them():
    assert models.load("kimi-k2.5").part_types == {"attention": "bfloat16", "feed-forward": "bfloat16"}
    facts = dict(store.read_fact_file("models", "kimi-k2.5")) | {"unquantised": ["attention", "heads"]}
    with pytest.raises(FactError, match="unquantised: expected a list of attention, mixer, .*, got 'heads'"):
        models.build("mine", facts, "mine.toml")


def test_a_vision_tower_is_counted_beside_the_text():
    tower = {
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_hidden_layers": 27,
        "image_size": 896,
        "patch_size": 14,
    }
    table = model_table(CONFIG | {"vision_config": tower}, "config.json")
    assert table["vision_parameters"] == 27 * (4 * 1152**2 + 2 * 1152 * 4304)
    assert table["vision_patches"] == 64**2
    model, plain = models.build("mine", table, "mine"), models.build("mine", model_table(CONFIG, "config.json"), "mine")
    assert model.parameters == plain.parameters and not plain.vision["vision_width"]
    sizes = [weights_per_gpu(resolve_deployment(m, "h100-sxm", ranks=1, engine="vllm")).item() for m in (model, plain)]
    assert sizes[0] - sizes[1] == pytest.approx(2 * table["vision_parameters"])
    assert "vision_width" not in model_table(CONFIG | {"vision_config": {"hidden_size": 1152}}, "config.json")


MIXED = {
    "quant_method": "modelopt",
    "quant_algo": "MIXED_PRECISION",
    "quantized_layers": {
        **{f"model.layers.{i}.mlp.up_proj": {"quant_algo": "W4A16_NVFP4", "group_size": 16} for i in range(8)},
        **{f"model.layers.{i}.self_attn.q_proj": {"quant_algo": "FP8"} for i in range(8)},
    },
}


def test_parts_may_have_formats_of_their_own():
    table = model_table(CONFIG | {"quantization_config": MIXED}, "config.json")
    assert table["weight_dtype"] == "nvfp4" and table["weight_dtypes"] == {"attention": "fp8"}
    deployment = resolve_deployment(models.build("mine", table, "mine"), "h100-sxm", ranks=1, engine="vllm")
    attention, feed_forward = 4 * 1024 * 1024, 3 * 1024 * 4096  # weights of a layer
    assert weights_per_gpu(deployment).item() == pytest.approx(
        8 * (attention + feed_forward * 0.5625) + 1000 * 1024 * 2
    )
    assert "attention in fp8 (as the checkpoint holds them)" in deployment.assumed


def test_groups_of_modules_are_read_by_their_targets():
    groups = {
        "group_0": {"weights": {"num_bits": 8, "type": "float"}, "targets": ["model.layers.0.linear_attn.out_proj"]},
        "group_1": {
            "weights": {"num_bits": 4, "type": "float", "group_size": 16},
            "targets": ["model.layers.0.mlp.experts"],
        },
    }
    table = model_table(CONFIG | {"quantization_config": {"config_groups": groups}}, "config.json")
    assert table["weight_dtype"] == "nvfp4" and table["weight_dtypes"] == {"mixer": "fp8"}


def test_experts_of_four_bits_stand_beside_what_the_quantisation_says():
    quantization = {"quant_method": "fp8", "weight_block_size": [128, 128]}
    table = model_table(CONFIG | {"expert_dtype": "fp4", "quantization_config": quantization}, "config.json")
    assert table["weight_dtype"] == "mxfp4" and table["weight_dtypes"]["attention"] == "fp8-block"


def test_a_quantisation_beside_a_configuration_of_any_name_counts(tmp_path):
    (tmp_path / "mine_config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (tmp_path / "mine_hf_quant_config.json").write_text(json.dumps({"quantization": MIXED}), encoding="utf-8")
    assert model_table(read_config(tmp_path / "mine_config.json"), "config.json")["weight_dtype"] == "nvfp4"


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        ({"heads": "fp8"}, "weight_dtypes: there is no key 'heads'"),
        ({"attention": "fp9"}, "weight_dtypes: there is no weight type 'fp9'"),
        ("fp8", "weight_dtypes: expected a table of attention, .*, got 'fp8'"),
    ],
)
def test_a_wrong_format_of_a_part_is_refused(stated, found):
    table = model_table(CONFIG, "config.json") | {"weight_dtypes": stated}
    with pytest.raises(FactError, match=found):
        models.build("mine", table, "mine.toml")


def test_an_algorithm_that_is_not_read_is_refused():
    layers = {"model.layers.0.mlp.up_proj": {"quant_algo": "INT3"}}
    with pytest.raises(FactError, match="quantized_layers: expected entries with a quant_algo of FP8"):
        model_table(CONFIG | {"quantization_config": MIXED | {"quantized_layers": layers}}, "config.json")


def test_what_is_left_of_an_fp8_checkpoint_stays_fp8():
    quantization = {
        "quant_method": "fp8",
        "weight_block_size": [128, 128],
        "ignore": ["*.attn.*", "head"],
        "config_groups": {
            "group_0": {"weights": {"num_bits": 4, "type": "float", "group_size": 16}, "targets": ["Linear"]}
        },
    }
    table = model_table(CONFIG | {"quantization_config": quantization}, "config.json")
    assert table["weight_dtype"] == "nvfp4" and table["weight_dtypes"] == {"attention": "fp8-block"}
    assert "unquantised" not in table


@pytest.mark.parametrize(
    ("quantization", "said"),
    [
        (
            {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8"},
            "the checkpoint asks for an FP8 cache (kv_cache_quant_algo)",
        ),
        (
            {"quant_method": "fp8", "kv_cache_scheme": {"num_bits": 8, "type": "float"}},
            "the checkpoint asks for an 8-bit float cache (kv_cache_scheme)",
        ),
        ({"quant_algo": "NVFP4", "kv_cache_quant_algo": None}, ""),
    ],
)
def test_a_cache_that_the_checkpoint_asks_for_is_said(quantization, said):
    """An engine takes it without a flag, so that what is called the baseline here is not what the server runs."""
    table = model_table(CONFIG | {"quantization_config": quantization}, "config.json")
    remarks = " ".join(table.get("left_out", ()))
    assert said in remarks and bool(said) == ("unless a flag says otherwise" in remarks)
