"""Tables that people hand in, text to prediction: points, kernel calls, measurements, step times, claims, traces."""

import pytest
from damage import answer_of, assert_predicted, damaged_json, damaged_table
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.steps import rows as steps
from calibration.validation import compare
from costmodel.analyses.claims import rebase
from costmodel.evaluation.ask import kernels, predict, table_io
from costmodel.facts.claims import METRICS, read_claims
from costmodel.traces import BadRows, read_trace

SLOW = settings(max_examples=max(10, settings().max_examples // 5))  # of what computes a table
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


def written(folder, text: str, name: str = "mine.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    return str(path)


@given(text=damaged_table(POINTS))
def test_any_table_is_read(folder, text):
    answer_of(lambda: len(table_io.read(written(folder, text))), location="mine.csv")


@SLOW
@given(text=damaged_table(POINTS))
def test_any_table_of_points(folder, text):
    path = written(folder, text)
    if (answer := answer_of(lambda: (predict.predict(table_io.read(path), path),), location="mine.csv")) is not None:
        assert_predicted(answer[0][0])


@pytest.mark.parametrize("kernel", CALLS)
@SLOW
@given(data=st.data())
def test_any_table_of_calls(kernel, folder, data):
    path = written(folder, data.draw(damaged_table([CALLS[kernel]])))
    answer = answer_of(lambda: kernels.predict(table_io.read(path), kernel, path)[0].filter(like="latency"), location="mine.csv")
    assert answer is None or (answer.to_numpy(float) > 0).all()


@SLOW
@given(text=damaged_table(MEASURED))
def test_any_table_of_measurements(folder, text):
    path = written(folder, text)
    answer = answer_of(lambda: compare.compare(path, "auto", {})[["measured", "predicted", "lo", "hi"]], location="mine.csv")
    assert answer is None or (answer.to_numpy(float) > 0).all()


@given(text=damaged_table(STEPS))
def test_any_table_of_steps(folder, text):
    path = written(folder, text)
    answer = answer_of(lambda: steps.step_rows(table_io.read(path), "fp8", "vllm", path), location="mine.csv")
    assert answer is None or (answer[["batch", "context", "step_ms"]].to_numpy(float) > 0).all()


@given(text=damaged_table(CLAIMS))
def test_any_table_of_claims_is_read(folder, text):
    answer_of(read_claims, written(folder, text), location="mine.csv")


@SLOW
@given(text=damaged_table(CLAIMS))
def test_any_claim_is_re_based(folder, text):
    path = written(folder, text)
    for entry in answer_of(lambda: [rebase(claim) for claim in read_claims(path)], location="mine.csv") or ():
        assert entry.reason or entry.verdict


def requests(path: str, skip: bool) -> list:
    return list(read_trace(path, BadRows(path, skip))[1])


@given(text=damaged_table(TRACES) | damaged_json(MOONCAKE).map(lambda line: f"{line}\n{line}\n"), skip=st.booleans())
def test_any_trace(folder, text, skip):
    answer_of(requests, written(folder, text), skip, location="mine.csv")
