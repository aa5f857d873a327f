"""What eviction frees, against blocks that are counted."""

import numpy as np
import pytest

from costmodel import stress
from costmodel.evaluation.assemble.deployments import resolve_deployment

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
BLOCK, HEADS = 16, 8


def columns_of(shares):
    return stress.run_test(stress.load_test("allocator"), DEPLOYMENT, ["none"], list(shares)).curves[0].columns


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.25])
def test_freed_blocks_are_those_that_are_counted(share):
    kept = np.random.default_rng(0).random((20_000, BLOCK, HEADS)) < share
    columns = columns_of([share])
    assert columns["freed_by_head"][0] == pytest.approx((~kept.any(axis=1)).mean(), abs=0.005)
    assert columns["freed_by_layer"][0] == pytest.approx((~kept.any(axis=(1, 2))).mean(), abs=0.01)


def test_a_quarter_kept_frees_one_block_in_a_hundred_by_head_and_none_by_layer():
    columns = columns_of([0.25])
    assert columns["freed_by_head"][0] == pytest.approx(0.75**16) and columns["freed_by_head"][0] == pytest.approx(
        0.01, rel=0.01
    )
    assert columns["freed_by_layer"][0] == pytest.approx(0.75**128) and columns["freed_by_layer"][0] < 1.1e-16


def test_the_tail_wastes_half_a_block():
    assert columns_of([0.5])["tail_share"][0] == pytest.approx(7.5 / (32_768 + 7.5))


def test_compaction_copies_what_is_kept():
    half, whole = columns_of([0.5, 1.0])["compaction_time"]
    bytes_kept = 32_768 * 131_072
    assert whole > 2 * bytes_kept / 3.35e12 and whole - half == pytest.approx(bytes_kept / 3.35e12, rel=0.3)
