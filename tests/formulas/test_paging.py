"""Blocks: what rounding wastes, what a slot of fixed size reserves, and the pool in whole blocks."""

import numpy as np
import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled

ENTROPY = """
name = "Coded"
source = "this test"
[[mechanism]]
kind = "entropy"
mean = 0.7
worst = {worst}
"""


@pytest.mark.parametrize("block", [1, 16, 64, 128])
def test_half_a_block_is_wasted_on_average(evaluate, block):
    evaluator = evaluate("llama-3.1-8b", exact_lengths=0.0, block_size=float(block))
    assert evaluator["tail_block_padding"].item() == (block - 1) / 2


@pytest.mark.parametrize("block", [1, 16, 64])
def test_the_mean_over_all_lengths_is_that_of_the_exact_ones(evaluate, block):
    lengths = np.arange(1.0, 64 * block + 1)
    evaluator = evaluate("llama-3.1-8b", context=lengths, block_size=float(block))
    assert evaluator["tail_block_padding"].mean() == pytest.approx((block - 1) / 2)


@pytest.mark.parametrize(("scheme", "ratio"), [("fp8", 2), ("int4", 512 / 136), ("kivi-2bit", 512 / 96)])
def test_a_block_of_fixed_bytes_wastes_more_tokens(evaluate, scheme, ratio):
    evaluator = evaluate("llama-3.1-8b", scheme, exact_lengths=0.0, block_size=16.0, fixed_byte_blocks=1.0)
    assert evaluator["tokens_per_block"].item() == pytest.approx(16 * ratio)
    assert evaluator["tail_block_padding"].item() == pytest.approx((16 * ratio - 1) / 2)


@pytest.mark.parametrize(("context", "waste"), [(1, 15), (16, 0), (17, 15), (8192, 0), (8200, 8)])
def test_one_length_wastes_what_its_last_block_leaves(evaluate, context, waste):
    assert evaluate("llama-3.1-8b", context=context, block_size=16.0)["tail_block_padding"].item() == waste


@pytest.mark.parametrize(("block", "context"), [(16, 180), (64, 756), (128, 1524)])
def test_less_than_four_percent_from_twelve_blocks_on(evaluate, block, context):
    # (b − 1) / (2T + b − 1) is 4 % where T = 12 (b − 1)
    evaluator = evaluate("llama-3.1-8b", context=context, exact_lengths=0.0, block_size=float(block))
    share = evaluator["local_tail_padding_size"] / evaluator["local_sequence_size"]
    assert share.item() == pytest.approx(0.04)


@pytest.mark.parametrize(("variable", "worst", "gain"), [(0.0, 1, 1), (1.0, 1, 1 / 0.7), (0.0, 1.2, 1 / 1.2)])
def test_an_entropy_code_saves_nothing_in_a_fixed_slot(evaluate, data_folder, variable, worst, gain):
    (data_folder / "schemes" / "coded.toml").write_text(ENTROPY.format(worst=worst))
    evaluator = evaluate("llama-3.1-8b", "coded", variable_allocator=variable, context=65536)
    plain = evaluate("llama-3.1-8b", "none", variable_allocator=variable, context=65536)
    assert evaluator["pool_tokens"].item() / plain["pool_tokens"].item() == pytest.approx(gain, rel=1e-3)
    assert plain["local_sequence_size"].item() / evaluator["local_sequence_size"].item() == pytest.approx(
        gain, rel=1e-12
    )


@pytest.mark.parametrize("scheme", ["none", "fp8", "kivi-2bit", "turboquant-3bit"])
@pytest.mark.parametrize("engine", ["vllm", "sglang", "tensorrt-llm", "lmdeploy"])
def test_the_pool_is_whole_blocks_and_fills_its_room(scheme, engine):
    evaluator = build_evaluator(
        resolve_deployment("llama-3.1-8b", "h100-sxm", engine=engine), compiled.load_scheme(scheme), 1, 8192
    )
    blocks = (evaluator["pool_tokens"] / evaluator["pool_block"]).item()
    assert blocks == pytest.approx(round(blocks), abs=1e-6)
    left = (evaluator["pool_room"] - evaluator["memory_pool"]).item()
    assert 0 <= left < (evaluator["local_token_size"] * evaluator["pool_block"]).item() * (1 + 1e-9)


def test_weights_pool_and_the_rest_are_the_memory(evaluate):
    for scheme in ("none", "kivi-2bit", "quest"):
        evaluator = evaluate("llama-3.1-70b", scheme, ranks=4)
        parts = evaluator["memory_used"] + evaluator["memory_pool"] + evaluator["memory_reserve"]
        assert parts.item() == pytest.approx(evaluator["memory_visible"].item(), rel=1e-14)


@pytest.mark.parametrize(
    ("generated", "cv", "expected"), [(291, 1.82, 291 * (1 + 1.82**2) / 2), (100, 0, 50), (100, 1, 100)]
)
def test_a_request_holds_half_its_output_and_more_where_lengths_vary(evaluate, generated, cv, expected):
    # Seen at a random moment long outputs are seen more often: E[o²] / (2 E[o]). With CV 1.82 that is 2.16 E[o].
    evaluator = evaluate("llama-3.1-8b", generated=float(generated), generated_cv=float(cv), reserved_generation=0.0)
    assert evaluator["resident_generation"].item() == pytest.approx(expected)


def test_reserved_output_counts_where_it_is_more(evaluate):
    evaluator = evaluate(
        "llama-3.1-8b", generated=1000.0, generated_cv=0.0, reserved_generation=0.7, reserve_limit=4096.0
    )
    assert evaluator["resident_generation"].item() == pytest.approx(700)
    capped = evaluate(
        "llama-3.1-8b", generated=10000.0, generated_cv=0.0, reserved_generation=0.7, reserve_limit=4096.0
    )
    assert capped["resident_generation"].item() == pytest.approx(5000)  # the age outweighs 0.7 × 4,096


def test_the_batch_that_fits_is_the_pool_over_a_sequence(evaluate):
    evaluator = evaluate("llama-3.1-70b", "none", ranks=4, context=8192)
    expected = evaluator["memory_pool"].item() // (8192 * 327_680 / 4)
    assert evaluator["max_batch_memory"].item() == expected
    assert evaluator["max_batch"].item() == min(expected, evaluator["max_sequences"].item())
    assert evaluate("llama-3.1-70b", ranks=4, max_sequences=7.0)["max_batch"].item() == 7
