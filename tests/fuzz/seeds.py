"""What is damaged: one valid text of every kind that people hand in."""

from costmodel.facts import store
from costmodel.facts.claims import METRICS

MOST_LINES = 120  # of a fact file that is damaged: a longer one takes time and adds nothing


def texts(kind: str) -> list[str]:
    """The shipped files of a kind, the long ones left out."""
    shipped = [path.read_text(encoding="utf-8") for path in sorted((store.PACKAGE / kind).glob("*.toml"))]
    return [text for text in shipped if text.count("\n") <= MOST_LINES] or sorted(shipped, key=len)[:1]


CONFIGURATIONS = (
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
     "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
     "max_position_embeddings": 131072, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "head_dim": 128,
     "rope_scaling": {"factor": 8.0, "rope_type": "llama3", "original_max_position_embeddings": 8192},
     "quantization_config": {"quant_method": "fp8", "ignored_layers": ["lm_head"]}},
    {"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
     "num_hidden_layers": 34, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 262208,
     "max_position_embeddings": 131072,
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
     "max_position_embeddings": 131072,
     "quantization_config": {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"]}},
)  # fmt: skip
RESULTS = (
    {"date": "20250904-020000", "endpoint_type": "vllm", "model_id": "Qwen2-7B-Instruct", "num_prompts": 10,
     "request_rate": "inf",
     "burstiness": 1.0, "max_concurrency": None, "duration": 14.31, "completed": 10, "total_input_tokens": 10239,
     "total_output_tokens": 10240, "mean_ttft_ms": 503.72, "mean_tpot_ms": 13.46, "gpu": "h100-sxm", "tp": 1},
    {"backend": "sglang", "request_rate": "trace", "max_concurrency": 16, "duration": 40.1, "completed": 64,
     "total_input_tokens": 65536, "total_output_tokens": 65536, "total_output_tokens_retokenized": 65500,
     "mean_ttft_ms": 137.1,
     "mean_tpot_ms": 9.5, "concurrency": 15.8, "server_info": {"model_path": "Qwen/Qwen2-7B-Instruct", "tp_size": 1}},
    {"build_commit": "407f323", "gpu_info": "NVIDIA GeForce RTX 3090", "model_type": "qwen2 7B Q4_K - Medium",
     "model_size": 4680000000, "type_k": "q8_0", "type_v": "q8_0", "n_batch": 256, "n_prompt": 0, "n_gen": 64, "n_depth": 512,
     "avg_ts": 24.02},
    {"elapsed_time": 106.2, "num_requests": 1000, "total_num_tokens": 446980, "requests_per_second": 9.42,
     "tokens_per_second": 4209.0},
    {"hw": "h200-cw", "tp": 8, "ep": 1, "conc": 64, "dp_attention": "false", "model": "meta-llama/Llama-3.3-70B-Instruct",
     "framework": "vllm", "precision": "fp8", "isl": 1024, "osl": 8192, "mean_ttft": 0.2, "mean_tpot": 0.0141,
     "tput_per_gpu": 600.0},
    {"benchmarks": [{"args": {}, "metrics": {"time_per_output_token_ms": {"successful": {"mean": 9.5}}}}]},
    {"avg_latency": 14.3, "latencies": [14.2, 14.3], "percentiles": {"50": 14.3}},
)  # fmt: skip
LOG = """INFO Initializing a V1 LLM engine (v0.11.0) with config: model='meta-llama/Llama-3.1-8B-Instruct'
INFO config: max_seq_len=8192, tensor_parallel_size=1, kv_cache_dtype=auto, enforce_eager=False
INFO non-default args: {'gpu_memory_utilization': 0.9, 'max_num_seqs': 256, 'max_num_batched_tokens': 8192, 'block_size': 16}
INFO Model loading took 14.99 GiB and 2.5 seconds
INFO Available KV cache memory: 53.6 GiB
INFO GPU KV cache size: 439,040 tokens
INFO # GPU blocks: 27440, # CPU blocks: 2048
INFO Graph capturing finished in 20 secs, took 0.62 GiB"""
POINTS = (
    "model,gpu,scheme,batch,context\nllama-3.1-8b,h100-sxm,fp8,8,4096\nllama-3.1-8b,h100-sxm,kivi-2bit,64,32768",
    "model,gpu,tp,engine,engine_version,scheme,implementation,weight_dtype,batch,prompt_len,gen_len,memory_fraction,block_size\n"
    "llama-3.1-70b,h100-sxm,4,vllm,0.24.0,fp8,,fp8,32,1024,256,0.9,16",
    "model,gpu,mode,concurrency,prompt_len,gen_len,gen_cv,hit_rate,num_prompts\nllama-3.1-8b,h100-sxm,serving,16,1024,128,0,0.5,160",
    "model,gpu,mode,rate,prompt_len,gen_len\nllama-3.1-8b,a100-sxm,serving,2,1024,128",
    "model,gpu,engine,kv_cache_dtype,max_num_seqs,max_num_batched_tokens,max_model_len,eager,link\n"
    "llama-3.1-8b,h100-sxm,sglang,fp8_e5m2,64,2048,8192,true,nvswitch",
    "model,gpu,tp,ep,attention_dp,pp,dp,nodes,batch,context\ndeepseek-v3,h200-sxm,8,8,1,1,1,1,16,4096",
)  # fmt: skip
CALLS = {
    "decode-attention": "gpu,engine,kernel,batch,num_heads,num_kv_heads,head_dim,context,window,kv_dtype\n"
                        "h100-sxm,vllm,,8,32,8,128,4096,0,fp8",
    "prefill-attention": "gpu,batch,num_heads,num_kv_heads,head_dim,prompt_len\nh100-sxm,2,32,8,128,2048",
    "mla-decode": "gpu,batch,num_heads,context\nh100-sxm,8,128,4096",
    "gemm": "gpu,engine,m,n,k,dtype\nh100-sxm,vllm,64,4096,4096,bfloat16",
    "quantize": "gpu,m,k\nh100-sxm,64,4096",
    "all-reduce": "gpu,num_gpus,message_bytes\nh100-sxm,4,1048576",
    "experts": "gpu,tokens,hidden_size,intermediate_size,experts_per_token,experts,dtype,matrices,tp,ep,routing\n"
               "h100-sxm,64,4096,1536,8,128,bfloat16,3,1,1,independent",
}  # fmt: skip
MEASURED = (
    POINTS[0].replace("context\n", "context,tpot_ms\n").replace(",4096\n", ",4096,8.1\n") + ",20.5",
    CALLS["gemm"].replace("dtype\n", "dtype,latency_us\n") + ",12.5",
    CALLS["decode-attention"].replace("kv_dtype\n", "kv_dtype,latency_us\n") + ",22.5",
)
STEPS = (
    "batch,context,step_ms,scheme,fitted\n1,1024,7.1,fp8,yes\n8,8192,8.3,fp8,yes\n16,8192,9.9,fp8,no\n1,1024,7,none,yes",
    "batch,prompt_len,gen_len,step_ms,kv_cache_dtype\n1,1024,128,7.1,fp8\n8,8192,128,8.3,fp8\n8,8192,128,8.4,auto",
)
CLAIMS = (
    "model,gpu,engine,engine_version,baseline,scheme,batch,prompt_len,gen_len,metric,claimed,source\n"
    + "".join(f"llama-2-7b,a100-sxm,vllm,,none,kivi-2bit,8,1024,128,{metric},2.1x,a paper\n" for metric in METRICS),
    "model,gpu,baseline,scheme,prompt_len,gen_len,metric,claimed,source\nllama-2-7b,a100-sxm,hf-eager,fp8,248,199,throughput,3.4,x",
)  # fmt: skip
TRACES = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n",
    "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n",
)
MOONCAKE = ({"timestamp": 0, "input_length": 1024, "output_length": 10, "hash_ids": [0, 1]},)
