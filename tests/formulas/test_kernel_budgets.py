"""Budgets of kernels and slow ends, solved by hand from the numbers that stand in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.evaluation.compile.compiled import load_formulas

SECONDS = st.floats(1e-4, 1.0)


def value(name: str, **inputs: float) -> float:
    """A formula evaluated at numbers for its arguments."""
    function, arguments, _ = load_formulas().formulas[name]
    assert set(arguments) == set(inputs), arguments
    return float(function(*(inputs[argument] for argument in arguments)))


def test_a_budget_by_hand():
    """A baseline of 10 ms and a rest of 6 ms leave 4 ms for two million tokens and heads: 2 ns each."""
    same = {"baseline_step_time": 10e-3, "baseline_batch": 8.0, "batch": 8.0, "rest_time": 6e-3, "cached_work": 2e6}
    assert value("kernel_budget", **same) == pytest.approx(2e-9, rel=1e-12)
    # twice the batch: the step may take twice as long for as many tokens a second, 20 - 6 = 14 ms
    assert value("kernel_budget", **(same | {"batch": 16.0})) == pytest.approx(7e-9, rel=1e-12)
    assert value("kernel_budget", **(same | {"rest_time": 12e-3})) == pytest.approx(-1e-9, rel=1e-12)


@given(SECONDS, SECONDS, st.floats(1, 1024), st.floats(1, 1024), st.floats(1e3, 1e9))
def test_a_step_that_takes_its_budget_gives_as_many_tokens(baseline_step, rest, baseline_batch, batch, work):
    budget = value(
        "kernel_budget", baseline_step_time=baseline_step, baseline_batch=baseline_batch, batch=batch, rest_time=rest,
        cached_work=work,
    )  # fmt: skip
    tokens_a_second, of_baseline = batch / (rest + budget * work), baseline_batch / baseline_step
    assert tokens_a_second == pytest.approx(of_baseline, rel=1e-6)


def test_a_slow_kernel_streams_slower_and_launches_as_fast():
    """10 ms, of which 4 attention, of which 1 launch: five times slower streams 15 ms for 3, so 22 ms."""
    step = {"step_time": 10e-3, "attention_step_time": 4e-3, "attention_launch_time": 1e-3}
    assert value("slow_step_time", slow_end=5.0, **step) == pytest.approx(22e-3, rel=1e-12)
    assert value("slow_step_time", slow_end=1.0, **step) == pytest.approx(10e-3, rel=1e-12)


def test_a_kernels_time_is_attention_over_the_work():
    assert value("kernel_time", attention_step_time=4e-3, cached_work=2e6) == pytest.approx(2e-9, rel=1e-12)
    assert value("rest_time", step_time=10e-3, attention_step_time=4e-3) == pytest.approx(6e-3, rel=1e-12)


@pytest.mark.parametrize(
    ("model", "ranks", "work"),
    [
        ("llama-3.1-8b", 1, 32 * 8),
        ("llama-3.1-8b", 8, 32 * 1),
        ("llama-3.1-70b", 4, 80 * 2),
        ("gemma-3-27b", 1, 10 * 16),  # of 62 layers the global ones
        ("deepseek-v2-lite", 1, 27 * 1),  # one latent of all heads
    ],
)
def test_the_work_counts_tokens_and_heads_of_layers_that_grow(evaluate, model, ranks, work):
    for scheme in ("none", "kivi-2bit", "h2o"):
        found = evaluate(model, scheme, 4, 8192, ranks=ranks)["cached_work"].item()
        assert found == work * 4 * 8192, scheme
