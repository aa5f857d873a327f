"""Pools worked by hand from the mechanism, and beside what vLLM printed: dense, experts, windows, states, one GPU and several."""

import math

import pandas as pd
import pytest

from costmodel.errors import InputError
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.ask.starting import starting_remarks
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme

H100 = 85_017_493_504
GIB, MIB = 2**30, 2**20
SWEEP = {"engine_version": "0.19.0", "memory_fraction": 0.95, "max_model_len": 8192}  # of llm-d-planner: 8,192 a pass


def pool(model, gpu="h100-sxm", scheme="none", context=8192.0, **options):
    """A look-up of quantities of the pool."""
    deployment = resolve_deployment(model, gpu, engine="vllm", **options)
    evaluator = build_passes(deployment, load_scheme(scheme), 1.0, context).pool
    return lambda name: float(drop_model_axes(evaluator[name]))


def test_a_dense_model_is_held_back_by_sampling_of_1024_sequences():
    of = pool("llama-3.1-8b", ranks=1, **SWEEP)
    logits = 3.625 * 4 * 1024 * 128_256 + 2 * (8192 + 1024) * 4096
    inside = 2 * 8192 * (3 * 14_336 + 4 * 4096)
    assert (of("memory_logits"), of("memory_activations")) == pytest.approx((logits, inside))
    assert logits > inside and of("memory_peak") == of("memory_logits")
    work = 0.28 * GIB + 131_072 * 128 * 2  # libraries, and rotary angles of every position
    assert of("memory_workspace") == pytest.approx(work)
    room = 0.95 * H100 - of("memory_weights") - work - logits
    assert of("pool_tokens") == math.floor(room / (16 * 131_072)) * 16
    assert of("pool_tokens") == pytest.approx(476_016, rel=0.002)  # as printed


def test_the_forward_pass_binds_where_few_sequences_run():
    of = pool("llama-3.1-8b", ranks=1, memory_fraction=0.9, max_num_seqs=256, max_num_batched_tokens=8192)
    assert of("memory_peak") == of("memory_activations") == 2 * 8192 * (3 * 14_336 + 4 * 4096)
    assert of("memory_graphs") == 0  # the newer runner takes nothing off for them


def test_graphs_of_every_captured_batch_and_layer():
    graphs = (3 + 32 + 16) + (3 + 32)  # mixed passes up to 512, decode up to 256
    of = pool("llama-3.1-8b", ranks=1, max_num_seqs=256, engine_version="0.22.0")
    assert of("memory_graphs") == pytest.approx(0.21 * MIB * 32 * graphs)
    assert pool("llama-3.1-8b", ranks=1, engine_version="0.22.0", eager=True)("memory_graphs") == 0
    assert pool("llama-3.1-8b", ranks=1, engine_version="0.20.0")("memory_graphs") == 0  # outside the fraction
    hybrid = pool("qwen3.5-27b", ranks=1, weight_dtype="fp8-block", max_num_seqs=1)
    assert hybrid("memory_graphs") == pytest.approx(0.21 * MIB * 64 * (3 + 2 / 8 + 3 + 1 / 8))


@pytest.mark.parametrize(("scheme", "printed"), [("none", 449_968), ("fp8", 899_424), ("int8", 872_672)])
def test_the_three_pools_of_our_own_h100(scheme, printed):
    of = pool(
        "llama-3.1-8b", scheme=scheme, ranks=1, memory_fraction=0.9, max_num_seqs=256, max_num_batched_tokens=8192
    )
    assert of("pool_tokens") == pytest.approx(printed, rel=0.01)


@pytest.mark.parametrize(("ranks", "printed"), [(1, 168_288), (4, 2_454_064)])
def test_experts_keep_their_workspace_beside_sampling(ranks, printed):
    of = pool("qwen3-30b-a3b", ranks=ranks, **SWEEP)
    width = 768 / ranks  # 8 experts a token; both buffers are as wide as the residual stream, 2,048
    assert of("memory_experts") == 2 * 8192 * 8 * (max(width, 2048) + max(2 * width, 2048)) == 0.5 * GIB
    assert of("memory_peak") == of("memory_experts") + of("memory_logits")
    assert of("pool_tokens") == pytest.approx(printed, rel=0.003)


def test_mixtral_on_two_gpus():
    of = pool("mixtral-8x7b", ranks=2, **SWEEP)
    assert of("memory_experts") == 2 * 8192 * 2 * (7168 + 14_336)
    assert of("pool_tokens") == pytest.approx(465_936, rel=0.003)


@pytest.mark.parametrize(("ranks", "printed"), [(1, 1_277_184), (4, 5_817_056)])
def test_half_the_layers_with_a_window_make_two_tables(ranks, printed):
    of = pool("gpt-oss-20b", ranks=ranks, **SWEEP)
    assert of("block_tables") == 2 and of("pool_block") == 16
    block = 12 * 16 * max(8 / ranks, 1) * 64 * 2 * 2  # 12 layers, K and V of 64 numbers
    blocks = math.floor(of("pool_room") / block)
    assert of("pool_blocks") == blocks and of("memory_pool") == blocks * block
    assert of("pool_tokens") == blocks // 2 * 16
    assert of("request_blocks") == 8192 / 16 + (
        8192 / 16 + 1
    )  # the window and a pass are cut at the limit; one page more
    assert of("pool_tokens") == pytest.approx(printed, rel=0.006)


def test_gemma_pads_its_tables():
    # 10 full layers make tables of 10; 52 with a window take 6 of them, two of which miss a layer in four
    of = pool("gemma-3-27b", ranks=1, **SWEEP)
    assert of("block_tables") == 7
    assert of("pool_blocks") == math.floor(of("pool_room") / (10 * 16 * 16 * 128 * 2 * 2))
    held = 10 * 8192 + 60 * 1024  # tokens × layers of a sequence of 8K, 16 KiB each
    assert of("local_held_size") == pytest.approx(held * 16 * 128 * 2 * 2)
    assert of("pool_tokens") == pytest.approx(36_560, rel=0.02)


def test_a_newer_engine_prints_requests_of_full_length():
    of = pool("gpt-oss-20b", ranks=1, max_model_len=131_072)
    window = math.ceil((128 - 1 + 8192) / 16) + 1
    assert of("request_blocks") == 8192 + window
    assert of("pool_tokens") == math.floor(of("pool_blocks") * 131_072 / (8192 + window))


@pytest.mark.parametrize(
    ("scheme", "ranks", "block"),
    [("none", 1, 784), ("none", 2, 784), ("fp8", 1, 1568), ("fp8", 2, 1568), ("none", 4, 784)],
)
def test_blocks_grow_until_a_page_holds_a_state(scheme, ranks, block):
    # 48 heads of 128 × 128 at 4 B and 3 × 10,240 at 2 B are 3,207,168 B; a token takes 4,096 B at 16 bit
    of = pool("qwen3.5-27b", scheme=scheme, ranks=ranks, weight_dtype="fp8-block")
    assert of("pool_block") == block
    assert of("block_tables") == 4  # 16 full layers, and three times 16 with a state
    assert of("page_size") == pytest.approx(block * 4096 / ranks / (2 if scheme == "fp8" else 1))


def test_requests_hold_two_pages_in_every_table_of_states():
    # 35B-A3B with an fp8 cache: 2,146,304 B of state in blocks of 2,096 tokens of 1,024 B; 131,072 tokens take 63
    of = pool(
        "qwen3.5-35b-a3b", "rtx-5090", "fp8", ranks=1, weight_dtype="nvfp4", max_model_len=131_072, max_num_seqs=1,
        max_num_batched_tokens=8192,
    )  # fmt: skip
    assert (of("pool_block"), of("block_tables"), of("request_blocks")) == (2096, 4, 63 + 3 * 2)
    assert math.floor(299 * 131_072 / 69) == 567_978  # the blocks of 5.98 GiB, as printed
    assert of("pool_tokens") == pytest.approx(567_978, rel=0.05)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_a_state_is_split_over_the_ranks(ranks):
    row = {
        "model": "qwen3.5-27b",
        "gpu": "h100-sxm",
        "tp": ranks,
        "weight_dtype": "fp8-block",
        "batch": 1,
        "context": 65_536,
    }
    # 16 layers of 65,536 tokens at 4,096 B, and 48 states of 3,207,168 B, whatever the number of GPUs
    assert predict(pd.DataFrame([row]))[0]["kv_bytes_per_sequence"].item() == 16 * 65_536 * 4096 + 48 * 3_207_168


def test_states_in_pages_count_what_they_hold():
    of = pool("qwen3.5-27b", ranks=1, weight_dtype="fp8-block", context=65_536.0)
    states = 3 * 16 * 2 * 784 * 4096  # three tables of 16 layers, two pages each
    assert of("local_held_size") == pytest.approx(16 * 65_536 * 4096 + states)
    assert of("max_batch_memory") == math.floor(of("memory_pool") / of("local_held_size"))


def test_an_engine_with_pools_of_its_own_has_one_table():
    deployment = resolve_deployment("gpt-oss-20b", "h100-sxm", ranks=1, engine="tensorrt-llm")
    of = build_passes(deployment, load_scheme("none"), 1.0, 8192.0).pool
    assert float(drop_model_axes(of["block_tables"])) == 1
    assert float(drop_model_axes(of["pooled_layers"])) == 12  # those that keep every token


@pytest.mark.parametrize(
    ("gpu", "version", "width", "loaded"),
    [  # experts 2,880 wide behind a residual stream of 2,880, which every kernel pads to 3,072
        ("h100-sxm", "0.14.1", 2880, 64.38),  # vllm issue 33155: Triton
        ("h100-sxm", "0.10.1", 2944, 65.97),  # vllm issue 23278: Marlin
        ("a100-sxm", None, 2944, None),  # Marlin
        ("b200-sxm", None, 3072, None),  # TensorRT-LLM's, out of FlashInfer
    ],
)
def test_experts_of_mxfp4_are_stored_in_wider_rows(gpu, version, width, loaded):
    of = pool("gpt-oss-120b", gpu, ranks=1, engine_version=version)
    experts = 36 * 128 * 3 * 2880 * 2880
    rest = pool("gpt-oss-120b", ranks=1, engine_version="0.14.1")("memory_weights") - experts * 3072 / 2880 * 0.53125
    assert of("memory_weights") == pytest.approx(experts * width / 2880 * 3072 / 2880 * 0.53125 + rest)
    if loaded:
        assert of("memory_weights") / GIB == pytest.approx(loaded, rel=0.003)


def test_a_rank_has_narrower_experts():
    # 2,880 over four GPUs is 720, stored as 768 by Triton's kernels
    whole, quarter = (pool("gpt-oss-20b", ranks=ranks)("expert_padding") for ranks in (1, 4))
    assert (whole, quarter) == pytest.approx((3072 / 2880, 768 / 720 * 3072 / 2880))


def test_what_does_not_start_is_said_not_to_fit():
    deployment = resolve_deployment("gpt-oss-120b", "h100-sxm", ranks=1, engine="vllm")
    (remark,) = starting_remarks(deployment, load_scheme("none"))
    assert remark.startswith(
        "gpt-oss-120b on 1 × h100-sxm does not fit: vllm does not start with a context limit of 131,072"
    )
    advised = float(remark.split("--max-model-len ")[1].split()[0])
    fitting = resolve_deployment("gpt-oss-120b", "h100-sxm", ranks=1, engine="vllm", max_model_len=advised)
    assert starting_remarks(fitting, load_scheme("none")) == []
    row = {"model": "gpt-oss-120b", "gpu": "h100-sxm", "tp": 1, "batch": 1, "context": 4096}
    frame = pd.DataFrame([row | {"max_model_len": 131_072}, row | {"max_model_len": advised}])
    predicted, remarks = predict(frame)
    assert list(predicted["verdict"] == "does not fit") == [True, False]
    assert remarks[0] == remark


def test_a_pool_without_memory_is_said():
    deployment = resolve_deployment(
        "llama-3.3-70b", "h100-sxm", ranks=1, engine="vllm", weight_dtype="fp8", memory_fraction=0.88
    )
    (remark,) = starting_remarks(deployment, load_scheme("none"))
    assert "does not fit: vllm has no memory left for a pool" in remark


def test_the_first_engine_passes_whole_prompts():
    short, long = (
        pool("llama-3.1-8b", "rtx-3090", ranks=1, engine_version="0.6.4", memory_fraction=0.9, max_model_len=length)
        for length in (20_000, 29_000)
    )
    assert short("memory_activations") == 2 * 20_000 * (3 * 14_336 + 3 * 4096)  # 2.07 GiB in its log
    assert (short("pool_tokens"), long("pool_tokens")) == pytest.approx((31_232, 23_648), rel=0.04)
    whole = pool("llama-3.1-8b", "rtx-3090", ranks=1, engine_version="0.6.4", memory_fraction=0.9, max_model_len=65_536)
    assert whole("pass_tokens") == 2048


def test_sampling_of_the_first_engine_sorts_as_that_of_the_second():
    # 2 x RTX 4090, 0.98: the rank that samples 256 sequences over 152,064 tokens has 7.46 GiB left, the other 8.69 (issue 13061)
    of = pool("qwen2.5-14b", "rtx-4090", ranks=2, engine_version="0.7.2", memory_fraction=0.98, max_model_len=131_072)
    assert of("memory_logits") == pytest.approx(9.4 * 4 * 256 * 152_064 + 2 * (2048 + 256) * 5120)
    assert of("pool_tokens") == pytest.approx(81_536, rel=0.03)
    other_rank = of("pool_room") + of("memory_peak") - of("memory_activations")
    assert other_rank / GIB == pytest.approx(8.69, rel=0.03)


@pytest.mark.parametrize("ranks", [1, 2])
def test_the_peak_of_the_first_engine_is_of_sampling(ranks):
    # Llama 3 8B on H100, its limit of 8,192 tokens in one pass: PyTorch activation peak memory 1.26 GiB (vllm PR 10511)
    of = pool("llama-3-8b", ranks=ranks, engine_version="0.6.5", memory_fraction=0.9)
    assert of("memory_peak") == of("memory_logits") and of("memory_peak") / GIB == pytest.approx(1.26, rel=0.05)


def test_cards_without_nvlink_hold_no_workspace_of_a_fused_reduction():
    # 2 x RTX 5090, Qwen3.8-27B in blocks of fp8: 12.26 GiB a GPU for the cache (club-3090 issue 1087)
    asked = {"ranks": 2, "engine_version": "0.27.1", "memory_fraction": 0.92, "weight_dtype": "fp8-block"}
    of = pool("qwen3.5-27b", "rtx-5090", max_num_batched_tokens=8192, max_num_seqs=4, max_model_len=262_144, **asked)
    assert of("communication_size") == 0.25 * GIB
    assert of("pool_room") / GIB == pytest.approx(12.26, rel=0.03)
    assert pool("qwen3.5-27b", "b200-sxm", **asked)("communication_size") == 1.83 * GIB


def test_the_second_engine_before_its_time_counts_logits_of_every_token():
    asked = {"ranks": 1, "engine_version": "0.7.0+v1", "memory_fraction": 0.98, "max_model_len": 2048}
    of = pool("llama-3.1-70b", weight_dtype="int8", usage="offline", **asked)
    assert of("pass_tokens") == 8192
    assert of("memory_logits") == 2 * 8192 * 128_256 + 2 * 2 * 8192 * 8192
    assert of("memory_peak") == of("memory_logits")
    server = pool("llama-3.1-70b", weight_dtype="int8", **asked)
    assert server("pass_tokens") == 2048 and server("pool_tokens") > of("pool_tokens")
    first = pool("llama-3.1-70b", weight_dtype="int8", **asked | {"engine_version": "0.7.0"})
    assert first("logits_of_pass") == 0


def test_limits_are_checked():
    with pytest.raises(InputError, match="max_num_batched_tokens: expected a whole number of tokens, 1 to"):
        resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, max_num_batched_tokens=0)
    with pytest.raises(InputError, match="row 1: eager: expected true or false, got 'maybe'"):
        predict(pd.DataFrame([{"model": "llama-8b", "gpu": "h100-sxm", "eager": "maybe"}]))
