"""Forks and prefixes: bytes by formula are those of an allocator's blocks, and what stays private is reported."""

import numpy as np
import pytest
from allocator import Pool, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel import stress
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
TOKEN = 131_072  # bytes of a token of the 16-bit cache: 2 × 32 layers × 8 heads × 128 numbers of 2 bytes


def run(test, schemes, axis_values=None, deployment=DEPLOYMENT, **conditions):
    return stress.run_test(stress.load_test(test), deployment, schemes, axis_values, **conditions)


def curve(stress_result, scheme):
    return next(candidate for candidate in stress_result.curves if candidate.scheme == scheme)


def forked(size, history, private, branches) -> Pool:
    """The parent ends when it has forked, as a request does whose branches go on."""
    pool = Pool(size, 1 << 16)
    parent = Table(pool).grow(history)
    tables = [parent.fork() for _ in range(branches)]
    parent.free()
    for table in tables:
        table.grow(private)
    return pool


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.integers(1, 60), st.integers(1, 9))
def test_forked_bytes_are_the_blocks_that_an_allocator_hands_out(history, private, branches):
    columns = curve(run("fork", ["none"], [branches], context=history, private=private), "none").columns
    pool = forked(16, history, private, branches)
    # The last branch to write finds the shared tail its own and copies nothing.
    assert columns["branched_size"][0] == pool.used * 16 * TOKEN
    tail = history % 16
    assert pool.copied == tail * (branches - 1)
    copied = build_evaluator(
        DEPLOYMENT, compiled.load_scheme("none"), 1.0, float(history), private_tokens=0.0, across_requests=0.0
    )
    assert copied["local_copy_on_write_size"].item() == tail * TOKEN


def test_a_residual_window_is_private_and_its_tokens_are_counted_by_hand():
    # KIVI at 2 bit: 96 bytes a token and head in code; 64 keys and 128 values stay at 16 bit, 208 bytes dearer each.
    columns = curve(run("fork", ["kivi-2bit"], [1, 10], context=4096, private=256), "kivi-2bit").columns
    coded, extra_16bit = 32 * 8 * 96, 32 * 8 * (64 + 128) * 208
    shared = 4096 - 128  # whole blocks of 16 before the window
    private = (4096 + 256 - shared) * coded + extra_16bit
    assert columns["branched_size"] == pytest.approx([shared * coded + n * private for n in (1, 10)])


def test_a_budget_that_replaces_in_place_is_shared_by_nobody():
    stress_result = run("fork", ["h2o", "none"], [1, 21, 22], context=32768, private=512)
    h2o = curve(stress_result, "h2o")
    token = 32 * 8 * (512 + 4)  # 256 numbers of 2 bytes and a score of 4 a head
    assert h2o.columns["branched_size"] == pytest.approx([n * 2048 * token for n in (1, 21, 22)])
    assert h2o.columns["sharing_gain"] == pytest.approx([1, 1, 1])
    # 32,768 shared tokens against 2,048 private ones of 516 bytes for 512 of 512: equal at 21.1 branches.
    by_hand = 32768 * 512 / (2048 * 516 - 512 * 512)
    assert h2o.columns["break_even_branches"][0] == pytest.approx(by_hand) and 21 < by_hand < 22
    assert h2o.columns["stored_ratio"][1] < 1 < h2o.columns["stored_ratio"][2]
    assert "up to 21 branches" in stress_result.summaries["h2o"]


def test_a_budget_that_is_not_full_shares_like_the_plain_cache():
    stress_result = run("fork", ["h2o", "streaming-llm", "snapkv"], [8], context=512, private=64)
    for curve_of_scheme in stress_result.curves:
        assert curve_of_scheme.columns["sharing_gain"] == pytest.approx(8 * 576 / (512 + 8 * 64)), (
            curve_of_scheme.scheme
        )


def test_a_set_chosen_at_the_end_of_the_prompt_is_shared_by_branches_and_by_no_other_request():
    branch = curve(run("fork", ["snapkv"], [16], context=16384, private=256), "snapkv").columns
    assert branch["sharing_gain"][0] == pytest.approx(16 * 2304 / (2048 + 16 * 256))
    other = curve(run("prefix", ["snapkv"], [8192], context=16384), "snapkv").columns
    assert other["history_size"][0] == 0 and other["prefix_hit_tokens"][0] == 0


@pytest.mark.parametrize("scheme", ["none", "fp8", "kivi-2bit", "h2o", "snapkv", "streaming-llm", "quest", "pyramidkv"])
@pytest.mark.parametrize("model", ["llama-3.1-8b", "gemma-3-27b", "deepseek-v3"])
def test_sharing_never_costs_and_what_fits_fits(model, scheme):
    deployment = resolve_deployment(model, "h200-sxm", engine="vllm")
    for test in ("fork", "prefix"):
        columns = run(test, [scheme], deployment=deployment).curves[0].columns
        assert (columns["max_branches"] >= 0).all()
        if test == "fork":
            assert (columns["sharing_gain"] >= 1 - 1e-12).all() and (np.diff(columns["branched_size"]) > 0).all()
        else:
            assert (np.diff(columns["max_branches"]) >= 0).all(), "more in common, no fewer requests"


def test_requests_that_share_a_prefix_fill_the_pool_as_an_allocator_does():
    prefix, prompt, output = 4000, 16384, 256
    columns = curve(run("prefix", ["none"], [prefix]), "none").columns
    evaluator = build_evaluator(DEPLOYMENT, compiled.load_scheme("none"), 1.0, 1.0)
    pool = Pool(16, int(evaluator["memory_pool"].item() / (16 * TOKEN)))
    first = Table(pool).grow(prefix // 16 * 16)  # only full blocks are found by their hash
    running = 0
    try:
        while True:
            first.fork().grow(prompt + output - first.tokens)
            running += 1
    except MemoryError:
        pass
    assert columns["max_branches"][0] == running
    assert columns["prefix_hit_tokens"][0] == prefix // 16 * 16


def test_most_branches_is_the_last_number_that_fits():
    for scheme in ("none", "kivi-2bit", "h2o"):
        max_branches = run("fork", [scheme], [1]).curves[0].columns["max_branches"][0]
        size = run("fork", [scheme], [max_branches, max_branches + 1]).curves[0].columns["branched_size"]
        pool = drop_model_axes(build_evaluator(DEPLOYMENT, compiled.load_scheme(scheme), 1.0, 1.0)["memory_pool"])
        assert size[0] <= pool < size[1]


def test_branches_at_which_bytes_are_equal_are_positive_or_none():
    result = run("fork", ["fp8", "h2o", "snapkv", "kivi-2bit", "streaming-llm", "quest"])
    equal = {curve.scheme: curve.columns["break_even_branches"] for curve in result.curves}
    assert not any((branches <= 0).any() for branches in equal.values()), equal
    assert np.isnan(equal["fp8"]).all(), "half the bytes, however many branches there are"
    assert np.isfinite(equal["h2o"]).all(), "private in every branch"


@pytest.mark.parametrize("context", [32768, 32769])
def test_a_fork_of_whole_blocks_copies_nothing_and_takes_no_time(context):
    """One token in the last block is copied by one kernel a layer; where there is none, nothing is launched."""
    plain = curve(run("fork", ["none"], [8], context=context), "none").columns
    copied = (context % 16) * TOKEN
    assert plain["local_copy_on_write_size"][0] == copied
    assert (plain["copy_on_write_time"][0] > 0) == (copied > 0)
