"""Where a scheme runs: the flag of what is shipped here, else where else, else that nothing is known."""

import pytest

from costmodel.analyses.availability import NOWHERE, implementations_of, where_it_runs
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme


def runs(scheme, gpu="h100-sxm", engine="vllm", in_short=False):
    return where_it_runs(resolve_deployment("llama-3.1-8b", gpu, ranks=1, engine=engine), load_scheme(scheme), in_short)


@pytest.mark.parametrize(
    ("scheme", "where", "in_full", "in_short"),
    [
        ("int8", {}, "--kv-cache-dtype int8_per_token_head (>=0.22)", "int8_per_token_head"),
        ("fp8", {}, "--kv-cache-dtype fp8", "fp8"),
        ("fp8", {"engine": "tensorrt-llm"}, "kv_cache_config.dtype: fp8", "fp8"),
        ("nvfp4", {}, "only in sglang", "only in sglang"),
        ("int8", {"engine": "sglang"}, "only in lmdeploy, vllm", "only in lmdeploy, vllm"),
        ("kivi-4bit", {}, "research code (lmdeploy)", "research code"),
        ("kvquant-3bit", {}, NOWHERE, NOWHERE),
        ("int8+streaming-llm", {}, NOWHERE, NOWHERE),
    ],
)
def test_by_engine(scheme, where, in_full, in_short):
    assert runs(scheme, **where) == in_full
    assert runs(scheme, **where, in_short=True) == in_short


def test_by_architecture():
    """vLLM's fp8 kernels are of NVIDIA architectures: an AMD GPU has none."""
    assert "--kv-cache-dtype fp8" in runs("fp8", "a100-sxm")
    assert runs("fp8", "mi300x") == "only in sglang, tensorrt-llm, vllm"


def test_knobs_do_not_change_where_a_scheme_runs():
    assert implementations_of(load_scheme("turboquant-4bit[skip=0]")) == implementations_of(
        load_scheme("turboquant-4bit")
    )


def test_a_pull_request_says_that_it_is_one(data_folder):
    (data_folder / "implementations").mkdir()
    (data_folder / "implementations" / "vllm--kvquant-3bit.toml").write_text(
        'name = "Mine"\nscheme = "kvquant-3bit"\nengine = "vllm"\nstatus = "pull request"\nkernel = "mine"\n'
        'flag = "--mine"\nsource = "this test"\nread = 2026-11-01\n'
    )
    assert runs("kvquant-3bit") == "pull request: --mine" and runs("kvquant-3bit", in_short=True) == "pull request"
