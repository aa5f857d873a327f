"""--kv-cache-dtype names a scheme by the engine's own word, in every command that takes a scheme on a deployment."""

import json

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app

HERE = "--model llama-8b --gpu h100-sxm --tp 1 --json"


def schemes(command: str) -> set[str]:
    done = CliRunner().invoke(app, f"{command} {HERE}".split())
    assert done.exit_code == 0, (done.output, done.exception)
    answer = json.loads(done.stdout)
    entries = answer if isinstance(answer, list) else answer.get("schemes") or answer.get("break_even") or [answer]
    return {entry["scheme"] for entry in entries}


@pytest.mark.parametrize(
    ("command", "scheme"),
    [
        ("explain --kv-cache-dtype int8_per_token_head", "int8"),
        ("explain --kv-cache-dtype auto", "none"),
        ("explain --kv-cache-dtype fp4_e2m1 --engine sglang", "nvfp4"),
        ("explain --kv-cache-dtype 4 --engine lmdeploy", "int4"),
        ("regime --kv-cache-dtype FP8 --batch 1 --context 8K --comparison same-batch", "fp8"),
        ("breakeven --kv-cache-dtype turboquant_4bit_nc --batch 1", "turboquant-4bit"),
        ("stress fork --kv-cache-dtype fp8_e5m2", "fp8"),
        ("explain --kv-cache-dtype fp8 --scheme fp8+streaming-llm", "fp8+streaming-llm"),
    ],
)
def test_an_engines_word_stands_for_its_scheme(command, scheme):
    assert schemes(command) == {scheme}
