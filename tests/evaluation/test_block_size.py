"""Blocks of another size than the engine's: what is rounded up, what a fork copies; and what cannot be."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from costmodel import predict
from costmodel.cli.app import app
from costmodel.errors import InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment

TOKEN = 131_072  # bytes of a token of Llama 3.1 8B: 32 layers × 8 heads × 2 × 128 × 2 B


def sizes(block_size, context) -> float:
    points = pd.DataFrame(
        [{"model": "llama-8b", "gpu": "h100-sxm", "tp": 1, "context": context, "block_size": block_size}]
    )
    return predict(points)[0]["kv_bytes_per_sequence"].item()


def test_a_block_of_one_token_rounds_nothing():
    assert sizes(1, 8191) == 8191 * TOKEN


def test_a_sequence_is_in_whole_blocks():
    assert [sizes(size, 8193) / TOKEN for size in (16, 64, 256)] == [8208, 8256, 8448]


def test_no_block_size_is_the_engines():
    assert sizes(None, 8191) == sizes(16, 8191)


@pytest.mark.parametrize("block_size", [0, -16, 2.5, 8192])
def test_what_is_no_block_is_refused(block_size):
    with pytest.raises(InputError, match="block size: expected a whole number of tokens, 1 to 4096"):
        resolve_deployment("llama-8b", "h100-sxm", block_size=block_size)


def rounding(block_size: int) -> str:
    """The line of explain that says what blocks round up."""
    text = f"explain --model llama-8b --gpu h100-sxm --tp 1 --context 8191 --block-size {block_size}"
    result = CliRunner().invoke(app, text.split(), catch_exceptions=False)
    return next(line for line in result.output.splitlines() if "block rounding" in line)


def test_the_option_reaches_the_cache():
    assert rounding(1) != rounding(64)
