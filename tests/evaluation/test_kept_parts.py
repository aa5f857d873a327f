"""Weights narrower than 8 bits, of a checkpoint whose list of exceptions nobody gave: what attention kept wider would take."""

import re

import pandas as pd
import pytest

from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.deployments import resolve_deployment, weights_per_gpu
from costmodel.evaluation.assemble.kept_parts import with_parts_kept

GIB = 2**30


def said(*args, **options):
    """The sentence about other checkpoints, and its three sizes in GiB."""
    (remark,) = [one for one in resolve_deployment(*args, **options).assumed if one.startswith("every product")]
    return remark, [float(number) for number in re.findall(r"(\d+\.\d) (?:GiB|with)", remark)]


# Qwen3.8-27B in NVFP4 on one RTX A6000 (club-3090 issue 1047), and of three publishers on two RTX 5090 (vllm recipes PR 810)
@pytest.mark.parametrize(("gpu", "ranks", "loaded"), [("rtx-a6000", 1, 19.75), ("rtx-5090", 2, 12.02)])
def test_published_checkpoints_lie_between(gpu, ranks, loaded):
    remark, sizes = said("qwen3.5-27b", gpu, ranks=ranks, weight_dtype="nvfp4", engine="vllm")
    assert sizes == sorted(sizes) and sizes[0] <= loaded <= sizes[2]
    assert "in nvfp4" in remark and "--hf-config" in remark


def test_worked_by_hand():
    # Llama 3 70B: attention of a layer is 8,192 x (8,192 + 2 x 1,024) + 8,192 x 8,192 weights, 80 layers, 0.53125 B each
    deployment = resolve_deployment("llama-3-70b", "h100-sxm", ranks=1, weight_dtype="int4", engine="vllm")
    attention = 80 * (8192 * 10_240 + 8192 * 8192)
    kept = with_parts_kept(deployment, "bfloat16")
    assert weights_per_gpu(kept) - weights_per_gpu(deployment) == pytest.approx(attention * (2 - 0.53125))


def test_nothing_is_said_where_the_list_is_known_or_all_are_quantised():
    for model, weights in (("gpt-oss-20b", None), ("llama-8b", "fp8"), ("llama-8b", None), ("gpt-oss-20b", "mxfp4")):
        assumed = resolve_deployment(model, "h100-sxm", ranks=1, weight_dtype=weights, engine="vllm").assumed
        assert not any(one.startswith("every product") for one in assumed)


def test_a_table_says_it_with_the_names_of_columns():
    row = {"model": "qwen3.5-27b", "gpu": "rtx-a6000", "tp": 1, "weight_dtype": "nvfp4", "batch": 1, "context": 4096}
    remarks = predict(
        pd.DataFrame([row, {"model": "llama-8b", "gpu": "a100-pcie", "tp": 2, "batch": 1, "context": 4096}])
    )[1]
    assert any(one.startswith("every product") and "--hf-config" in one for one in remarks)
    assert "link pcie (link)" in remarks and "bfloat16 weights (weight_dtype)" in remarks
