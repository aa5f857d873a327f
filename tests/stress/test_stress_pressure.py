"""Bursts and conversations against draws and sums that know no formula: overflow by drawing, turns that add up to a prompt."""

from dataclasses import replace

import numpy as np
import pytest

from costmodel import stress
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.stress.suffix_prefill import compute_suffix_prefill

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
TOKEN = 131_072


def run(test, schemes, axis_values=None, **conditions):
    return stress.run_test(stress.load_test(test), DEPLOYMENT, schemes, axis_values, **conditions)


def running_ages(generator, mean, spread, count):
    """What ``count`` running requests have generated: each runs one output after another; a random moment looks in."""
    shape = 1 / spread**2
    outputs = generator.gamma(shape, mean / shape, size=(count, 400))
    ends = outputs.cumsum(axis=1)
    moment = generator.uniform(0.25, 0.75, size=count) * ends[:, -1]
    started = np.where(ends <= moment[:, None], ends, 0.0).max(axis=1)
    return moment - started


@pytest.mark.parametrize("cv", [0.3, 1.0, 1.8])
def test_mean_and_spread_of_what_has_been_generated_are_those_of_drawn_outputs(cv):
    ages = running_ages(np.random.default_rng(7), 1000.0, cv, 40_000)
    evaluator = build_evaluator(DEPLOYMENT, compiled.load_scheme("none"), 1.0, 1.0, generated=1000.0, generated_cv=cv)
    assert evaluator["generated_so_far"].item() == pytest.approx(ages.mean(), rel=0.03)
    assert evaluator["age_spread"].item() == pytest.approx(ages.std(), rel=0.04)


def test_the_chance_of_an_overflow_is_that_of_drawn_requests():
    generator = np.random.default_rng(11)
    conditions = {"context": 8192.0, "output": 1024.0, "output_cv": 1.0, "prompt_cv": 0.5}
    pool = drop_model_axes(build_evaluator(DEPLOYMENT, compiled.load_scheme("none"), 1.0, 1.0)["memory_pool"])
    counts = np.array([40.0, 46.0, 50.0])
    expected = []
    for count in counts:
        prompts = generator.gamma(4, 8192 / 4, size=(4000, int(count)))  # prompts of variation one half
        ages = running_ages(generator, 1024.0, 1.0, 4000 * int(count)).reshape(prompts.shape)
        blocks = np.ceil((prompts + ages) / 16)
        expected.append((blocks.sum(axis=1) * 16 * TOKEN > pool).mean())
    predicted = run("burst", ["none"], counts, **conditions).curves[0].columns["overflow_probability"]
    assert np.abs(predicted - expected).max() < 0.03 and expected[0] < 0.01 < 0.3 < expected[2]


def test_a_prompt_that_is_cut_to_a_budget_spreads_by_its_output_alone():
    generator, pool = (
        np.random.default_rng(3),
        drop_model_axes(build_evaluator(DEPLOYMENT, compiled.load_scheme("none"), 1.0, 1.0)["memory_pool"]),
    )
    counts = np.array([136.0, 144.0, 152.0])
    expected = []
    for count in counts:
        ages = running_ages(generator, 1024.0, 1.0, 3000 * int(count)).reshape(3000, int(count))
        prompts = np.minimum(generator.gamma(4, 16384 / 4, size=ages.shape), 2048)
        expected.append(((prompts + ages + 8).sum(axis=1) * TOKEN > pool).mean())
    conditions = {"context": 16384.0, "output": 1024.0, "output_cv": 1.0, "prompt_cv": 0.5}
    predicted = run("burst", ["snapkv"], counts, **conditions).curves[0].columns["overflow_probability"]
    assert np.abs(predicted - expected).max() < 0.06 and expected[0] < 0.3 < expected[2]


def test_the_safe_number_is_the_root_of_what_it_says():
    stress_result = run("burst", ["none", "fp8", "kivi-2bit"], [10], risk=0.001)
    for curve in stress_result.curves:
        safe = curve.columns["max_safe_requests"][0]
        probability = (
            run("burst", [curve.scheme], [safe, safe + 1], risk=0.001).curves[0].columns["overflow_probability"]
        )
        assert probability[0] <= 0.001 < probability[1], curve.scheme


def test_a_full_budget_takes_the_chance_away():
    stress_result = run("burst", ["h2o"], [100, 219, 300])
    assert list(stress_result.curves[0].columns["overflow_probability"]) == [0, 0, 1]
    assert "lengths no longer matter" in stress_result.summaries["h2o"]


def test_without_spread_in_outputs_ages_are_uniform():
    evaluator = build_evaluator(DEPLOYMENT, compiled.load_scheme("none"), 1.0, 1.0, generated=1200.0, generated_cv=0.0)
    assert evaluator["age_spread"].item() == pytest.approx(1200 / np.sqrt(12))


def test_a_prompt_from_nothing_is_the_prompt_pass():
    for name in ("none", "fp8", "kivi-2bit", "h2o"):
        scheme, new = compiled.load_scheme(name), np.array([700.0, 8000.0, 20000.0])
        suffix_time = compute_suffix_prefill(DEPLOYMENT, scheme, np.zeros(3), new)["suffix_prefill_time"]
        expected = drop_model_axes(build_prefill_evaluator(DEPLOYMENT, scheme, new)["prefill_time"])
        np.testing.assert_allclose(suffix_time, expected, rtol=1e-12)


def test_turns_attend_to_every_pair_once():
    """Attention of all turns of a conversation adds up to that of one prompt as long as all of it, where no host binds."""
    numbers = DEPLOYMENT.engine.numbers | {"prompt_layer_time": 0.0, "prompt_slowdown": 1.0}
    deployment = DEPLOYMENT.with_options(engine=replace(DEPLOYMENT.engine, numbers=numbers))
    scheme, turns, user_tokens = compiled.load_scheme("none"), np.arange(1.0, 33.0), 512.0
    suffix_time = compute_suffix_prefill(
        deployment, scheme, (turns - 1) * user_tokens, np.full(turns.shape, user_tokens)
    )["suffix_prefill_time"]
    passes = drop_model_axes(build_prefill_evaluator(deployment, scheme, user_tokens)["passes_time"])
    whole = build_prefill_evaluator(deployment, scheme, turns[-1] * user_tokens)
    expected = drop_model_axes(whole["prefill_attention_total"]) + drop_model_axes(whole["prefill_codec_total"])
    assert suffix_time.sum() - len(turns) * passes == pytest.approx(expected, rel=1e-9)


def test_a_conversation_by_hand():
    stress_result = run("turns", ["none", "h2o", "snapkv"], [1, 10, 100], user=500, output=300)
    plain, h2o, snapkv = (curve.columns for curve in stress_result.curves)
    assert list(plain["turn_prompt"]) == [500, 9 * 800 + 500, 99 * 800 + 500]
    assert list(plain["reused_tokens"]) == [0, 7200, 79200] == list(h2o["reused_tokens"])
    assert list(snapkv["reused_tokens"]) == [0, 0, 0], "its set was chosen for another question"
    prefill_time = drop_model_axes(
        build_prefill_evaluator(DEPLOYMENT, compiled.load_scheme("snapkv"), 79700.0)["prefill_time"]
    )
    assert snapkv["suffix_prefill_time"][-1] == pytest.approx(prefill_time)
    assert h2o["suffix_prefill_time"][1] == pytest.approx(h2o["suffix_prefill_time"][2]), "its budget is full"
    pool = drop_model_axes(build_evaluator(DEPLOYMENT, compiled.load_scheme("none"), 1.0, 1.0)["memory_pool"])
    assert plain["max_batch_memory"][-1] == np.floor(pool / (80000 * TOKEN))


def test_a_first_token_has_an_interval_that_holds_it():
    columns = run("turns", ["fp8"]).curves[0].columns
    low, middle, high = (columns[f"suffix_prefill_time{end}"] for end in ("_lo", "", "_hi"))
    assert (low < middle).all() and (middle < high).all() and (high < 2 * middle).all()


def test_a_baseline_that_runs_no_request_is_said():
    summary = run("burst", ["kivi-2bit"], context=400_000).summaries["kivi-2bit"]
    assert "where the baseline can run none" in summary


def test_the_load_that_arrives_is_told_with_evidence_and_uncertainty():
    conditions = {"rate": 1.1, "dispersion": 3.0}
    result = run("burst", ["none", "kivi-2bit"], [10], **conditions)
    plain, coded = (curve.columns for curve in result.curves)
    assert plain["arriving_overflow"][0] > 0.01 > coded["arriving_overflow"][0]
    assert "at 1.1 a second requests wait for blocks" in result.summaries["none"]
    assert "under when-it-fits (a stationary law, its times measured: where replays wait" in result.summaries["none"]
    assert "wait for blocks less than 0.1% of the time" in result.summaries["kivi-2bit"]
    overloaded = run("burst", ["none"], [10], rate=20.0).summaries["none"]
    assert "of what a full pool serves, and the queue grows without end (costmodel replay answers)" in overloaded


def test_the_cheaper_way_back_is_named():
    """The pages of a mean request cross the link twice; a smaller cache crosses it sooner."""
    plain, coded = (curve.columns for curve in run("burst", ["none", "fp8"], [10]).curves)
    link = DEPLOYMENT.gpu.numbers["host_bandwidth"]
    assert plain["swap_time"][0] >= 2 * (8192 + 1024) * TOKEN / link
    assert coded["swap_time"][0] == pytest.approx(plain["swap_time"][0] / 2, rel=0.01)
    assert "so swapping is cheaper" in run("burst", ["none"], [10]).summaries["none"]
