"""First tokens of a real vLLM on one H100: two settle the host's and the products' factor, six judge them."""

from pathlib import Path

import pandas as pd
import pytest

from costmodel.evaluation.ask.predict import predict

TOKENS = Path(__file__).parents[3] / "shared" / "data" / "h100_vllm024_ttft.parquet"
pytestmark = pytest.mark.skipif(
    not TOKENS.exists(), reason=f"needs {TOKENS.name}, first tokens measured, kept beside the repository"
)
SETTLED = [(512, "auto"), (8192, "auto")]


def test_first_tokens_of_a_real_engine():
    """Within 8 % at lengths and cache types that no number was set to."""
    measured = pd.read_parquet(TOKENS)
    points = measured[["model", "gpu", "tp", "kv_cache_dtype", "prompt_len", "weight_dtype"]]
    predicted = predict(points.assign(engine="vllm", batch=1))[0]
    ratio = (predicted["ttft_ms"] / measured["ttft_ms"]).to_numpy()
    settled = [key in SETTLED for key in zip(measured["prompt_len"], measured["kv_cache_dtype"], strict=True)]
    assert sum(settled) == 2 and ratio[settled] == pytest.approx(1, abs=0.002)
    assert ratio == pytest.approx(1, abs=0.08)
