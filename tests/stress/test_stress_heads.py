"""Forks and beams of a cache whose heads differ, by hand: what full heads keep is shared, the rings are everybody's own."""

import pytest

from costmodel import stress
from costmodel.evaluation.assemble.deployments import resolve_deployment

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
TOKEN = 131_072
DUO = "duoattention[full=0.25,sinks=64,recent=256]"


def columns_of(test: str, axis, **conditions):
    return stress.run_test(stress.load_test(test), DEPLOYMENT, [DUO], list(axis), **conditions).curves[0].columns


def test_a_branch_adds_its_tokens_in_full_heads_and_its_ring():
    """0.25 × 512 tokens and 0.75 × 320 of a ring: 368 tokens for each further branch."""
    one, two = columns_of("fork", (1, 2), context=32_768, private=512)["branched_size"]
    assert two - one == pytest.approx(368 * TOKEN, rel=0.03)
    assert one == pytest.approx((0.25 * 33_280 + 0.75 * 320) * TOKEN, rel=1e-3)


def test_no_share_exceeds_the_whole():
    columns = columns_of("beams", (2, 8, 64))
    assert (columns["parallel_saving"] < 1).all() and (columns["beam_saving"] < 1).all()
    assert (columns["beams_size"] <= columns["beams_apart_size"] * (1 + 1e-9)).all()
