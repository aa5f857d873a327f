"""Prompts of a latent cache (MLA), held to measured ones that no fit has seen.

Source: aiconfigurator-core 0.12.0, systems/data/b200_sxm/mla/sglang/0.5.14/context_mla_perf.parquet: 16 of the 128 heads of
DeepSeek V3, one prompt, nothing cached, 16-bit cache.
"""

import numpy as np
import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme


def test_heads_expanded_from_a_latent_run_at_the_speed_of_the_default_kernel():
    where = resolve_deployment("deepseek-v3", "b200-sxm", engine="sglang", ranks=8)
    context = np.array([2048.0, 8192.0, 16384.0])
    evaluator = build_evaluator(where, load_scheme("none"), np.array([1.0]), context)
    seconds = evaluator["prefill_attention_time"].max(axis=(1, 2))
    assert seconds * 1e6 == pytest.approx([46.0, 315.2, 1054.0], rel=0.1)
