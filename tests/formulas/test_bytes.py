"""Bytes of the cache, worked out by hand from the shapes of well-known models."""

import pytest

# Layers × cached numbers of a token × 2 bytes.
TOKEN = {
    "llama-3.1-70b": 80 * (8 * 128 + 8 * 128) * 2,  # 327,680
    "llama-3.1-8b": 32 * (8 * 128 + 8 * 128) * 2,  # 131,072
    "llama-2-7b": 32 * (32 * 128 + 32 * 128) * 2,  # 524,288: one cached head for each query head
    "qwen3-32b": 64 * (8 * 128 + 8 * 128) * 2,  # 262,144: its heads are 128 wide, not 5120 / 64 = 80 (163,840)
    "deepseek-v3": 61 * (512 + 64) * 2,  # 70,272: one latent and a rotary key for all heads
    "jamba-v0.1": 4 * (8 * 128 + 8 * 128) * 2,  # 16,384: 4 of 32 layers attend
    "gemma-3-27b": 10 * (16 * 128 + 16 * 128) * 2,  # 163,840: beyond the window only 10 of 62 layers grow
    "qwen3-next-80b-a3b": 12 * (2 * 256 + 2 * 256) * 2,  # 24,576: every fourth of 48 layers attends
}


@pytest.mark.parametrize("model", TOKEN)
def test_marginal_bytes_of_a_token(evaluate, model):
    assert (
        evaluate(model, gpu="b200-sxm", ranks=8 if model == "deepseek-v3" else 1)["kv_bytes_per_token"].item()
        == TOKEN[model]
    )


def test_the_numbers_of_the_papers():
    assert [TOKEN[name] for name in ("llama-3.1-70b", "qwen3-32b", "deepseek-v3")] == [327_680, 262_144, 70_272]


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        (1, 327_680),
        (2, 163_840),
        (8, 40_960),  # one of 8 heads on each GPU: 80 × 2 × 128 × 2
        (16, 40_960),  # more GPUs than heads: each head lies on two of them
        (32, 40_960),
    ],
)
def test_heads_are_replicated_where_there_are_more_gpus_than_heads(evaluate, ranks, expected):
    evaluator = evaluate("llama-3.1-70b", ranks=ranks, gpu="gb300")
    assert evaluator["kv_bytes_per_token_per_gpu"].item() == expected
    assert evaluator["kv_bytes_per_token"].item() == 327_680


def test_a_latent_is_replicated_on_every_gpu(evaluate):
    evaluator = evaluate("deepseek-v3", ranks=8, gpu="b200-sxm")
    assert evaluator["kv_bytes_per_token_per_gpu"].item() == 70_272


@pytest.mark.parametrize(
    ("context", "tokens", "growth"),
    [
        (512, 62 * 512, 62),  # inside the window of 1,024 every layer keeps and grows
        (8192, 10 * 8192 + 52 * 1024, 10),  # beyond it 52 sliding layers stay at 1,024
        (131072, 10 * 131072 + 52 * 1024, 10),
    ],
)
def test_sliding_layers_stop_growing(evaluate, context, tokens, growth):
    evaluator = evaluate("gemma-3-27b", context=context)
    layer = 2 * 16 * 128 * 2  # bytes of a token in one layer
    assert evaluator["local_sequence_size"].item() == tokens * layer
    assert evaluator["kv_bytes_per_token"].item() == growth * layer


@pytest.mark.parametrize("model", ["jamba-v0.1", "nemotron-h-56b", "qwen3-next-80b-a3b"])
def test_a_hybrid_holds_a_state_that_does_not_grow(evaluate, model):
    short, long = (
        evaluate(model, gpu="b200-sxm", ranks=2, context=1024),
        evaluate(model, gpu="b200-sxm", ranks=2, context=65536),
    )
    slope = (long["local_sequence_size"] - short["local_sequence_size"]).item() / (65536 - 1024)
    assert slope == pytest.approx(short["kv_bytes_per_token_per_gpu"].item(), rel=1e-12)
    state = (short["layer_count"] * short["state_size"]).sum() / 2  # heads of states are split over the ranks
    assert state > 0
    assert short["local_sequence_size"].item() - 1024 * slope == pytest.approx(state, rel=1e-9)


def test_marginal_bytes_are_those_of_one_more_token(evaluate):
    for scheme in ("none", "fp8", "kivi-2bit", "h2o", "streaming-llm", "quest", "turboquant-3bit", "kvquant-4bit"):
        before, next_ = (evaluate("llama-3.1-8b", scheme, context=c, exact_lengths=0.0) for c in (8192, 8193))
        grown = (next_["local_sequence_size"] - before["local_sequence_size"]).item()
        assert before["kv_bytes_per_token"].item() == pytest.approx(grown, rel=1e-9, abs=1e-6), scheme


@pytest.mark.parametrize("scheme", ["snapkv", "pyramidkv"])
def test_what_is_generated_after_a_cut_prompt_is_appended(evaluate, scheme):
    # One more token of output adds a whole token to the cache, although the prompt's budget is full.
    for context in (8193, 9000):
        before = evaluate("llama-3.1-8b", scheme, context=context, prompt=8192, exact_lengths=0.0)
        next_ = evaluate("llama-3.1-8b", scheme, context=context + 1, prompt=8192, exact_lengths=0.0)
        grown = (next_["local_sequence_size"] - before["local_sequence_size"]).item()
        assert grown == pytest.approx(131_072)
        assert before["kv_bytes_per_token"].item() == pytest.approx(grown), context
