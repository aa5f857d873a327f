"""JSON and logs that other programs wrote: configurations of models, results of benchmarks, start-up logs."""

import json

from damage import answer_of, damaged_json, damaged_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.data import results
from calibration.validation import compare
from costmodel.analyses.startup_log import compare_log, explain, read_log
from costmodel.facts import models

SLOW = settings(max_examples=max(10, settings().max_examples // 5))  # of what computes a table
CONFIGURATIONS = (
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
     "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
     "max_position_embeddings": 131072, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "head_dim": 128,
     "rope_scaling": {"factor": 8.0, "rope_type": "llama3", "original_max_position_embeddings": 8192},
     "quantization_config": {"quant_method": "fp8", "ignored_layers": ["lm_head"]}},
    {"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
     "num_hidden_layers": 34, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 262208,
     "sliding_window": 1024, "sliding_window_pattern": 6}, "vision_config": {"hidden_size": 1152, "num_hidden_layers": 27}},
    {"model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
     "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128, "n_routed_experts": 256,
     "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3, "moe_layer_freq": 1, "kv_lora_rank": 512,
     "q_lora_rank": 1536, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128, "vocab_size": 129280,
     "max_position_embeddings": 163840, "torch_dtype": "bfloat16"},
    {"model_type": "qwen3_next", "hidden_size": 2048, "intermediate_size": 5120, "num_hidden_layers": 48, "head_dim": 256,
     "num_attention_heads": 16, "num_key_value_heads": 2, "full_attention_interval": 4, "linear_num_key_heads": 16,
     "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_conv_kernel_dim": 4,
     "num_experts": 512, "num_experts_per_tok": 10, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512,
     "decoder_sparse_step": 1, "mlp_only_layers": [], "vocab_size": 151936, "max_position_embeddings": 262144},
    {"model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 4, "head_dim": 64,
     "layer_types": ["sliding_attention", "full_attention"] * 2, "num_attention_heads": 64, "num_key_value_heads": 8,
     "num_local_experts": 32, "num_experts_per_tok": 4, "sliding_window": 128, "vocab_size": 201088,
     "quantization_config": {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"]}},
)  # fmt: skip
RESULTS = (
    {"date": "20250904-020000", "endpoint_type": "vllm", "model_id": "Qwen2-7B-Instruct", "num_prompts": 10, "request_rate": "inf",
     "burstiness": 1.0, "max_concurrency": None, "duration": 14.31, "completed": 10, "total_input_tokens": 10239,
     "total_output_tokens": 10240, "mean_ttft_ms": 503.72, "mean_tpot_ms": 13.46, "gpu": "h100-sxm", "tp": 1},
    {"backend": "sglang", "request_rate": "trace", "max_concurrency": 16, "duration": 40.1, "completed": 64,
     "total_input_tokens": 65536, "total_output_tokens": 65536, "total_output_tokens_retokenized": 65500, "mean_ttft_ms": 137.1,
     "mean_tpot_ms": 9.5, "concurrency": 15.8, "server_info": {"model_path": "Qwen/Qwen2-7B-Instruct", "tp_size": 1}},
    {"build_commit": "407f323", "gpu_info": "NVIDIA GeForce RTX 3090", "model_type": "qwen2 7B Q4_K - Medium",
     "model_size": 4680000000, "type_k": "q8_0", "type_v": "q8_0", "n_batch": 256, "n_prompt": 0, "n_gen": 64, "n_depth": 512,
     "avg_ts": 24.02},
    {"elapsed_time": 106.2, "num_requests": 1000, "total_num_tokens": 446980, "requests_per_second": 9.42,
     "tokens_per_second": 4209.0},
    {"hw": "h200-cw", "tp": 8, "ep": 1, "conc": 64, "dp_attention": "false", "model": "meta-llama/Llama-3.3-70B-Instruct",
     "framework": "vllm", "precision": "fp8", "isl": 1024, "osl": 8192, "mean_ttft": 0.2, "mean_tpot": 0.0141, "tput_per_gpu": 600.0},
    {"benchmarks": [{"args": {}, "metrics": {"time_per_output_token_ms": {"successful": {"mean": 9.5}}}}]},
    {"avg_latency": 14.3, "latencies": [14.2, 14.3], "percentiles": {"50": 14.3}},
)  # fmt: skip
GIVEN = ({}, {"gpu": "h100-sxm"}, {"gpu": "h100-sxm", "model": "llama-3.1-8b", "gen_len": 128.0, "weight_dtype": "bfloat16"})
FORMS = ("auto", "vllm", "sglang", "throughput", "llama-bench", "inferencemax")
LOG = """INFO Initializing a V1 LLM engine (v0.11.0) with config: model='meta-llama/Llama-3.1-8B-Instruct'
INFO config: max_seq_len=8192, tensor_parallel_size=1, kv_cache_dtype=auto, enforce_eager=False
INFO non-default args: {'gpu_memory_utilization': 0.9, 'max_num_seqs': 256, 'max_num_batched_tokens': 8192, 'block_size': 16}
INFO Model loading took 14.99 GiB and 2.5 seconds
INFO Available KV cache memory: 53.6 GiB
INFO GPU KV cache size: 439,040 tokens
INFO # GPU blocks: 27440, # CPU blocks: 2048
INFO Graph capturing finished in 20 secs, took 0.62 GiB"""
LOG_NUMBERS = ("0", ",", "-1", "1", "1e400", "9" * 400, "0.0", "x", "None", "16", "8,192", "1.5", "nan", "")


@given(text=damaged_json(CONFIGURATIONS))
def test_any_configuration(folder, text):
    path = folder / "config.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    model = answer_of(models.from_config, path, location="config.json")
    assert model is None or 0 < model.parameters < 1e16


def read(path, form: str, given: dict):
    rows, measured = compare.read(str(path), form, given)
    assert (rows[measured].to_numpy(float) > 0).all()
    return rows.select_dtypes("number").fillna(0)


@given(text=damaged_json(RESULTS), form=st.sampled_from(FORMS), given=st.sampled_from(GIVEN))
def test_any_result_is_read(folder, text, form, given):
    path = folder / "run.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    answer_of(read, path, form, given, location="run.json")


@SLOW
@given(text=damaged_json(RESULTS), given=st.sampled_from(GIVEN[1:]))
def test_any_result_to_its_prediction(folder, text, given):
    path = folder / "run.json"
    path.write_text(text, encoding="utf-8", errors="replace")

    def compared():
        return compare.compare(str(path), "auto", given)[["measured", "predicted", "lo", "hi"]]

    answer = answer_of(compared, location="run.json")
    assert answer is None or (answer.to_numpy(float) > 0).all()


@given(text=st.one_of(damaged_lines([LOG], LOG_NUMBERS, "="), damaged_lines([LOG], LOG_NUMBERS, ": ")))
def test_any_start_up_log_is_read(text):
    answer_of(read_log, text, "start.log", location="start.log")


def compared_log(text: str):
    parts, _, assumed = compare_log(read_log(text, "start.log"), {"gpu": "h100-sxm"}, "start.log")
    return [part.difference for part in parts], explain(parts), assumed


@SLOW
@given(text=st.one_of(damaged_lines([LOG], LOG_NUMBERS, "="), damaged_lines([LOG], LOG_NUMBERS, ": ")))
def test_any_start_up_log_to_its_prediction(text):
    answer_of(compared_log, text, location="start.log")


def test_what_is_damaged_was_right(folder):
    for config in CONFIGURATIONS:
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        assert models.from_config(folder / "config.json").parameters > 0
    for run in RESULTS[:5]:
        (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
        assert len(results.read(folder / "run.json", "", GIVEN[2])[0]) == 1
    assert compared_log(LOG)
