"""How many experts a batch touches, and what the busiest GPU gets: by hand, as properties, and against drawn loads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import FactError
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.routing import EVEN, INDEPENDENT, routing_exponent, with_routing
from costmodel.evaluation.compile.compiled import load_formulas

ROUTINGS = (EVEN, INDEPENDENT, "power_law_1.01", "power_law_1.2")


def call(tokens, choices, experts, ranks=1, routing=INDEPENDENT):
    inputs = {"expert_tokens": float(tokens), "experts_per_token": float(choices), "experts": float(experts)}
    inputs["expert_ranks"] = float(ranks)
    inputs = {name: np.array([[[value]]]) for name, value in inputs.items()}
    return with_routing(Evaluator(inputs, load_formulas().formulas), [routing])


def number(call, name):
    return call[name].item()


def step(tokens, choices, experts, variation, ranks=1):
    """A serving step, in which the router prefers some experts."""
    inputs = {"expert_tokens": float(tokens), "experts_per_token": float(choices), "experts": float(experts)}
    inputs |= {"expert_ranks": float(ranks), "router_variation": float(variation)}
    inputs = {name: np.array([[[value]]]) for name, value in inputs.items()}
    return Evaluator(inputs, load_formulas().formulas)


def test_touched_experts_by_hand():
    """16 tokens that choose 8 of 128: 128 (1 - (15/16)^16) = 82.42; two tokens of 2 of 4: 4 (1 - 1/4) = 3."""
    assert number(call(16, 8, 128), "touched_experts") == pytest.approx(82.423, abs=1e-3)
    assert number(call(16, 8, 128), "active_experts") == pytest.approx(82.423, abs=1e-3)
    assert number(call(2, 2, 4), "touched_experts") == pytest.approx(3)


def test_alike_loads_by_hand():
    """64 choices among 128 touch 64, of which a GPU of four runs 16; 1,024 choices touch all, 8 rows an expert."""
    assert number(call(8, 8, 128, routing=EVEN), "touched_experts") == pytest.approx(64)
    assert number(call(8, 8, 128, 4, EVEN), "touched_experts") == pytest.approx(16)
    assert number(call(128, 8, 128, 4, EVEN), "touched_experts") == pytest.approx(32)
    assert number(call(128, 8, 128, 4, EVEN), "busiest_rows") == pytest.approx(256)


SIZES = st.tuples(
    st.integers(1, 20000),
    st.sampled_from([(1, 16), (2, 8), (4, 128), (8, 128), (8, 256), (10, 512), (22, 512), (16, 896)]),
    st.sampled_from([1, 2, 4, 8]),
    st.sampled_from(ROUTINGS),
)


@given(SIZES)
def test_no_more_experts_than_there_are_or_were_chosen(sizes):
    tokens, (choices, experts), ranks, routing = sizes
    touched = number(call(tokens, choices, experts, ranks, routing), "touched_experts")
    rows = number(call(tokens, choices, experts, ranks, routing), "busiest_rows")
    assert 1 - 1e-9 <= touched <= min(experts / ranks, tokens * choices) * (1 + 1e-9)
    assert tokens * choices / ranks * (1 - 1e-9) <= max(rows, 1) and rows <= tokens * choices * (1 + 1e-9)


@given(SIZES)
def test_one_token_more_touches_no_fewer_and_brings_no_fewer_rows(sizes):
    tokens, (choices, experts), ranks, routing = sizes
    if routing not in (EVEN, INDEPENDENT):  # the collector cuts its power law otherwise from a number of tokens on
        return
    fewer, more = (call(count, choices, experts, ranks, routing) for count in (tokens, tokens + 1))
    assert number(more, "touched_experts") >= number(fewer, "touched_experts") * (1 - 1e-9)
    assert number(more, "busiest_rows") >= number(fewer, "busiest_rows") * (1 - 1e-9)


@given(SIZES)
def test_spreading_experts_splits_what_is_touched(sizes):
    """A GPU of several runs no more than all of them, and no less than its share."""
    tokens, (choices, experts), ranks, routing = sizes
    alone, spread = (number(call(tokens, choices, experts, n, routing), "touched_experts") for n in (1, ranks))
    assert alone / ranks * (1 - 1e-9) <= max(spread, 1) and spread <= alone * (1 + 1e-9)


STEPS = st.tuples(
    st.integers(1, 20000),
    st.sampled_from([(1, 16), (2, 8), (4, 128), (8, 128), (8, 256), (10, 512), (16, 896)]),
    st.floats(0, 2),
    st.sampled_from([1, 2, 4, 8]),
)


@given(STEPS)
def test_a_router_that_prefers_some_touches_fewer(sizes):
    """Never fewer than one token chooses, nor more than a router that prefers none; fewer, the more it prefers."""
    tokens, (choices, experts), variation, _ = sizes
    touched = number(step(tokens, choices, experts, variation), "active_experts")
    even = number(call(tokens, choices, experts), "active_experts")
    assert choices * (1 - 1e-9) <= touched <= even * (1 + 1e-9)
    assert number(step(tokens, choices, experts, variation + 0.5), "active_experts") <= touched * (1 + 1e-9)
    assert number(step(tokens + 1, choices, experts, variation), "active_experts") >= touched * (1 - 1e-9)
    assert number(step(1, choices, experts, variation), "active_experts") == pytest.approx(choices)


@given(STEPS)
def test_a_router_that_prefers_none_is_that_of_a_benchmark(sizes):
    tokens, (choices, experts), _, ranks = sizes
    for name in ("active_experts", "touched_experts", "busiest_rows"):
        benchmark = number(call(tokens, choices, experts, ranks), name)
        assert number(step(tokens, choices, experts, 0, ranks), name) == pytest.approx(benchmark, rel=0.01), name


@given(STEPS)
def test_the_sensitivity_is_the_slope_of_what_is_touched(sizes):
    tokens, (choices, experts), variation, _ = sizes
    variation = max(variation, 0.05)
    less, more = (number(step(tokens, choices, experts, variation * f), "touched_share") for f in (0.999, 1.001))
    slope = -np.log(more / less) / np.log(1.001 / 0.999)
    assert number(step(tokens, choices, experts, variation), "router_sensitivity") == pytest.approx(slope, abs=1e-4)


@pytest.mark.parametrize("variation", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("tokens", [1, 4, 16, 64, 256])
def test_a_router_touches_what_drawn_choices_touch(tokens, variation):
    """A token takes the 8 of 128 that come first by an exponential clock over their weight; weights are of the gamma law."""
    random, touched, heaviest = np.random.default_rng(0), [], []
    for _ in range(100):
        weights = random.gamma(variation**-2, variation**2, 128) + 1e-12
        chosen = np.argpartition(random.exponential(size=(tokens, 128)) / weights, 7, axis=1)[:, :8]
        loads = np.bincount(chosen.ravel(), minlength=128)
        touched.append((loads > 0).sum())
        heaviest.append(loads.reshape(8, 16).sum(axis=1).max())
    one, eight = step(tokens, 8, 128, variation), step(tokens, 8, 128, variation, ranks=8)
    assert number(one, "active_experts") == pytest.approx(np.mean(touched), rel=0.12)
    assert number(eight, "busiest_rows") == pytest.approx(np.mean(heaviest), rel=0.15)


def drawn(random, tokens, choices, experts, ranks, exponent):
    """Touched experts and rows of the busiest GPU for one draw of loads as aiconfigurator's collector makes it."""
    low, high = (1, 0.8 * tokens) if tokens * choices > experts else (0.01, 2)
    power = 1 - exponent
    loads = ((high**power - low**power) * random.random(experts) + low**power) ** (1 / power)
    counts = np.minimum(np.rint(loads / loads.sum() * tokens * choices), tokens)
    of_gpus, turn = counts.reshape(ranks, -1), 0
    while missing := int(tokens * choices - of_gpus.sum()):  # handed out, or taken back, GPU by GPU
        own, turn = of_gpus[turn % ranks], turn + 1
        own[own.argmin() if missing > 0 else own.argmax()] += np.sign(missing)
    busiest = of_gpus[of_gpus.sum(axis=1).argmax()]
    return (busiest > 0).sum(), busiest.sum()


@pytest.mark.parametrize(("tokens", "ranks"), [(4, 1), (16, 1), (64, 1), (1024, 1), (16, 8), (256, 8), (4096, 8)])
@pytest.mark.parametrize("exponent", [1.01, 1.2])
def test_a_power_law_touches_what_drawn_loads_touch(tokens, ranks, exponent):
    random = np.random.default_rng(0)
    touched, rows = np.mean([drawn(random, tokens, 8, 128, ranks, exponent) for _ in range(60)], axis=0)
    expected = call(tokens, 8, 128, ranks, f"power_law_{exponent}")
    assert number(expected, "touched_experts") == pytest.approx(touched, rel=0.12)
    assert number(expected, "busiest_rows") == pytest.approx(rows, rel=0.12)


def test_names_of_routing():
    assert routing_exponent(EVEN) is None and routing_exponent("power_law_1.2") == 1.2
    for name in ("power_law_1", "power_law_", "zipf", "power_law_2.0"):
        with pytest.raises(FactError, match="routing: expected balanced, independent or power_law_<exponent>"):
            routing_exponent(name)
