"""Bytes of a token and layer against the arithmetic of each scheme's source: 8 heads of 128 numbers, 8,192 tokens."""

import pytest

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
LAYERS, CONTEXT = 32, 8192.0
PLAIN = 8 * 2 * 128 * 2
# Scheme → bytes of a token in one layer, on average over a sequence of 8,192 tokens, as the source adds them up.
PER_TOKEN = {
    "fp8": PLAIN / 2,
    "int8": 8 * 2 * (128 + 4),
    "int4": 8 * 2 * (64 + 4),
    "qserve-kv4": 8 * 2 * (64 + 4),
    "nvfp4": 8 * 2 * (64 + 8),
    "ggml-q8-0": 8 * 2 * 4 * 34,  # block_q8_0: 34 bytes for 32 numbers
    "ggml-q4-0": 8 * 2 * 4 * 18,
    "turboquant-k4v2": 8 * (64 + 4 + 32 + 2),
    "palu": PLAIN / 2,
    "cla": PLAIN / 2,
    "minicache": PLAIN / 2
    + (PLAIN * 1.05 / 2 + 4 * 8) / 2,  # half of the layers, 5 % of their tokens twice: 2,182.4 there
    "mla-fp8": 656,  # fp8_ds_mla
    "quest": PLAIN * (1 + 1 / 16),  # least and greatest key of each page of 16
    "deepseek-sparse-attention": PLAIN + 132,  # 128 fp8 numbers and a scale of 4 bytes
    "infinigen": 0.3 * 8 * 128 * 2,  # partial keys; the rest lives on the host
    "shadowkv": 160 * 2 + 8 * 128 * 2 / 8,  # the joint code of all keys, one mean key for 8 tokens
    "duoattention": PLAIN * (0.5 + 0.5 * 384 / CONTEXT),
    "razorattention": PLAIN * 4640 / CONTEXT,  # 0.15 × 8,192 + 0.85 × 4,004 tokens, in whole blocks
    "streaming-llm": PLAIN * 2048 / CONTEXT,
    "think": PLAIN * (0.6 + 1) / 2,
    "dms": (256 + (CONTEXT - 256) / 8) / CONTEXT * PLAIN,
    "h2o": (PLAIN + 4 * 8) * 2048 / CONTEXT,
    "keyformer": (PLAIN + 4 * 8) * 2048 / CONTEXT,
    "tova": PLAIN * 2048 / CONTEXT,
    "kv-compress": (PLAIN + 4.25 * 8) * 2048 / CONTEXT,  # scores, and 4 bytes of block table for 16 tokens of a head
    "kvzip": PLAIN * 2048 / CONTEXT,
    "knorm": PLAIN * 2048 / CONTEXT,
    "offload": PLAIN,
    "kvtc": PLAIN,
}


@pytest.mark.parametrize("name", PER_TOKEN)
def test_bytes_are_those_of_the_source(name):
    evaluator = build_evaluator(DEPLOYMENT, load_scheme(name), 1.0, CONTEXT, prompt=CONTEXT)
    size = float(drop_model_axes(evaluator["local_sequence_size"]))
    assert size / CONTEXT / LAYERS == pytest.approx(PER_TOKEN[name], rel=1e-3)


def test_gear_adds_two_low_rank_factors_to_four_bit_codes():
    """64 numbers share 4 bytes; a side and head has 2 numbers a token and 2 vectors for 64 tokens; 32 tokens are at 16 bit."""
    coded = 2 * 128 * (0.5 + 4 / 64) + 2 * 2 * 2 + 2 * 2 * 128 * 2 / 64
    plain, codes = 2 * 128 * 2, 2 * 128 * (0.5 + 4 / 64)
    expected = 8 * (coded + 32 / CONTEXT * (plain - codes))
    evaluator = build_evaluator(DEPLOYMENT, load_scheme("gear-4bit"), 1.0, CONTEXT, prompt=CONTEXT)
    assert float(drop_model_axes(evaluator["local_sequence_size"])) / CONTEXT / LAYERS == pytest.approx(
        expected, rel=1e-3
    )
