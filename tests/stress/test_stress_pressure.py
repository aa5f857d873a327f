"""Bursts and conversations against draws and sums that know no formula: overflow by drawing, turns that add up to a prompt."""

import numpy as np
import pytest

from costmodel import stress
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import resolve_deployment
from costmodel.stress.suffix_prefill import first_token

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
TOKEN = 131_072


def run(test, schemes, over=None, **knobs):
    return stress.run_test(stress.named(test), HERE, schemes, over, **knobs)


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
    table = build_evaluator(HERE, compiled.load_scheme("none"), 1.0, 1.0, generated=1000.0, generated_cv=cv)
    assert table["generated_so_far"].item() == pytest.approx(ages.mean(), rel=0.03)
    assert table["age_spread"].item() == pytest.approx(ages.std(), rel=0.04)


def test_the_chance_of_an_overflow_is_that_of_drawn_requests():
    generator = np.random.default_rng(11)
    knobs = {"context": 8192.0, "output": 1024.0, "cv": 1.0, "prompt_cv": 0.5}
    pool = drop_model_axes(build_evaluator(HERE, compiled.load_scheme("none"), 1.0, 1.0)["memory_pool"])
    counts = np.array([40.0, 46.0, 50.0])
    due = []
    for count in counts:
        drawn = generator.gamma(4, 8192 / 4, size=(4000, int(count)))  # prompts of variation one half
        ages = running_ages(generator, 1024.0, 1.0, 4000 * int(count)).reshape(drawn.shape)
        blocks = np.ceil((drawn + ages) / 16)
        due.append((blocks.sum(axis=1) * 16 * TOKEN > pool).mean())
    found = run("burst", ["none"], counts, **knobs).curves[0].columns["overflow_probability"]
    assert np.abs(found - due).max() < 0.03 and due[0] < 0.01 < 0.3 < due[2]


def test_a_prompt_that_is_cut_to_a_budget_spreads_by_its_output_alone():
    generator, pool = (
        np.random.default_rng(3),
        drop_model_axes(build_evaluator(HERE, compiled.load_scheme("none"), 1.0, 1.0)["memory_pool"]),
    )
    counts = np.array([136.0, 144.0, 152.0])
    due = []
    for count in counts:
        ages = running_ages(generator, 1024.0, 1.0, 3000 * int(count)).reshape(3000, int(count))
        prompts = np.minimum(generator.gamma(4, 16384 / 4, size=ages.shape), 2048)
        due.append(((prompts + ages + 8).sum(axis=1) * TOKEN > pool).mean())
    knobs = {"context": 16384.0, "output": 1024.0, "cv": 1.0, "prompt_cv": 0.5}
    found = run("burst", ["snapkv"], counts, **knobs).curves[0].columns["overflow_probability"]
    assert np.abs(found - due).max() < 0.06 and due[0] < 0.3 < due[2]


def test_the_safe_number_is_the_root_of_what_it_says():
    found = run("burst", ["none", "fp8", "kivi-2bit"], [10], risk=0.001)
    for curve in found.curves:
        safe = curve.columns["max_safe_requests"][0]
        at = run("burst", [curve.scheme], [safe, safe + 1], risk=0.001).curves[0].columns["overflow_probability"]
        assert at[0] <= 0.001 < at[1], curve.scheme


def test_a_full_budget_takes_the_chance_away():
    found = run("burst", ["h2o"], [100, 223, 300])
    assert list(found.curves[0].columns["overflow_probability"]) == [0, 0, 1]
    assert "lengths no longer matter" in found.said["h2o"]


def test_without_spread_in_outputs_ages_are_uniform():
    table = build_evaluator(HERE, compiled.load_scheme("none"), 1.0, 1.0, generated=1200.0, generated_cv=0.0)
    assert table["age_spread"].item() == pytest.approx(1200 / np.sqrt(12))


def test_a_prompt_from_nothing_is_the_prompt_pass():
    for name in ("none", "fp8", "kivi-2bit", "h2o"):
        scheme, new = compiled.load_scheme(name), np.array([700.0, 8000.0, 20000.0])
        found = first_token(HERE, scheme, np.zeros(3), new)["suffix_prefill_time"]
        due = drop_model_axes(build_prefill_evaluator(HERE, scheme, new)["prefill_time"])
        np.testing.assert_allclose(found, due, rtol=1e-12)


def test_turns_attend_to_every_pair_once():
    """Attention of all turns of a conversation adds up to that of one prompt as long as all of it."""
    scheme, turns, asked = compiled.load_scheme("none"), np.arange(1.0, 33.0), 512.0
    rest = first_token(HERE, scheme, (turns - 1) * asked, np.full(turns.shape, asked))["suffix_prefill_time"]
    passes = drop_model_axes(build_prefill_evaluator(HERE, scheme, asked)["passes_time"])
    whole = build_prefill_evaluator(HERE, scheme, turns[-1] * asked)
    due = drop_model_axes(whole["prefill_attention_total"]) + drop_model_axes(whole["prefill_codec_total"])
    assert rest.sum() - len(turns) * passes == pytest.approx(due, rel=1e-9)


def test_a_conversation_by_hand():
    found = run("turns", ["none", "h2o", "snapkv"], [1, 10, 100], asked=500, output=300)
    plain, h2o, snapkv = (curve.columns for curve in found.curves)
    assert list(plain["turn_prompt"]) == [500, 9 * 800 + 500, 99 * 800 + 500]
    assert list(plain["reused_tokens"]) == [0, 7200, 79200] == list(h2o["reused_tokens"])
    assert list(snapkv["reused_tokens"]) == [0, 0, 0], "its set was chosen for another question"
    again = drop_model_axes(build_prefill_evaluator(HERE, compiled.load_scheme("snapkv"), 79700.0)["prefill_time"])
    assert snapkv["suffix_prefill_time"][-1] == pytest.approx(again)
    assert h2o["suffix_prefill_time"][1] == pytest.approx(h2o["suffix_prefill_time"][2]), "its budget is full"
    pool = drop_model_axes(build_evaluator(HERE, compiled.load_scheme("none"), 1.0, 1.0)["memory_pool"])
    assert plain["max_batch_memory"][-1] == np.floor(pool / (80000 * TOKEN))


def test_a_first_token_has_an_interval_that_holds_it():
    made = run("turns", ["fp8"]).curves[0].columns
    low, middle, high = (made[f"suffix_prefill_time{end}"] for end in ("_lo", "", "_hi"))
    assert (low < middle).all() and (middle < high).all() and (high < 2 * middle).all()
