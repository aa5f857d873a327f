"""Admission by engine, and who is sent back: hand-worked replays, policies as the engines' files state them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from costmodel.errors import FactError, InputError, UnknownName
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import admission
from costmodel.facts.admission import Admission
from costmodel.stress.replay import Arrivals, Costs, Scheduler, costs_of, random_arrivals
from costmodel.stress.replay.reserve import Reserve

STEP, PREFILL, SWAP = 0.01, 0.05, 0.001
GRID = [1.0, 1e6]
COSTS = Costs(
    blocks=40, block_size=4, cap=float("inf"), fixed=0.0, max_sequences=8, max_batched_tokens=10_000, swap_block_time=SWAP,
    batch_grid=GRID, context_grid=GRID, step_table=[[STEP] * 2] * 2, forward_table=[STEP] * 2, prefill_grid=GRID,
    prefill_table=[PREFILL] * 2,
)  # fmt: skip
TWO = Arrivals(np.zeros(2), np.array([70, 70]), np.array([40, 40]))  # both fit at first, not to the end
NO_EVICT = Admission("guaranteed-no-evict", "test", reserved_new=1, reserved_running=1)


def engine(name):
    return resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine=name).engine


def test_a_swapped_request_goes_on_where_it_was():
    """20 of 40 blocks each: after 10 steps the pool lacks one. The second leaves with 80 tokens and comes back with them."""
    replayed = Scheduler(COSTS, TWO, swaps=True).run()
    assert replayed.preemptions.tolist() == [0, 1]
    # One pass, 39 steps of the first; then the copy back and what the second had left: it had 10 of its 39 steps.
    copies = 20 * SWAP + 20 * SWAP
    assert replayed.seconds == pytest.approx(PREFILL + 39 * STEP + copies + 30 * STEP, abs=STEP * 1.01)
    again = Scheduler(COSTS, TWO).run()
    assert again.seconds == pytest.approx(replayed.seconds - copies + PREFILL - STEP, abs=1.01 * STEP)


def test_the_pause_of_a_request_is_measured():
    replayed = Scheduler(COSTS, TWO).run()
    assert replayed.longest_pause[0] == 0
    assert replayed.longest_pause[1] == pytest.approx(29 * STEP + PREFILL, abs=1.01 * STEP)


def test_no_evict_lets_in_whom_it_can_finish():
    replayed = Scheduler(COSTS, TWO, NO_EVICT).run()
    assert replayed.preemptions.sum() == 0 and replayed.meter.mean_running == pytest.approx(1)
    assert replayed.first_token[1] == pytest.approx(PREFILL + 39 * STEP + PREFILL)


def test_what_is_reserved_is_the_longest_output_that_may_be_asked_for():
    short = Arrivals(np.zeros(2), np.array([30, 30]), np.array([4, 4]))
    assert Scheduler(COSTS, short, NO_EVICT).run().first_token == pytest.approx([PREFILL] * 2)
    limited = replace(short, stated_limit=60)  # 23 of 40 blocks each
    assert Scheduler(COSTS, limited, NO_EVICT).run().first_token[1] == pytest.approx(2 * PREFILL + 3 * STEP)
    assert Scheduler(COSTS, replace(short, stated_limit=200), NO_EVICT).run().refused == 2


def test_a_share_falls_while_nobody_is_sent_back_and_rises_after():
    policy = Admission("falling", "test", 1, 0.7, 0.1, decay_steps=600, retraction_steps=20)
    reserve = Reserve(COSTS, policy)
    reserve.step(300)
    assert reserve.share == pytest.approx(0.4) and reserve.is_falling
    reserve.step(1000)
    assert reserve.share == pytest.approx(0.1) and not reserve.is_falling
    reserve.retract(generated=160, limits=399, running=2)
    assert reserve.share == pytest.approx((160 + 40) / 400)
    assert reserve.of_running(length=8, left=40) == 5 and reserve.of_new(length=8, left=40) == 10


def test_whoever_has_generated_least_is_sent_back():
    policy = Admission("least", "test", victim="least-generated", requeued="back")
    late = Arrivals(np.array([0.0, 0.11, 0.16]), np.array([60, 20, 40]), np.array([60, 60, 60]))
    newest, least = (Scheduler(COSTS, late, p).run().preemptions for p in (Admission("newest", "test"), policy))
    assert newest.tolist()[0] == 0 and newest[2] >= 1
    assert least[2] >= 1 and least[0] == 0


def test_falling_shares_are_leapt_over_without_a_change():
    policy = Admission("falling", "test", 1, 0.7, 0.1, decay_steps=50, retraction_steps=2, victim="least-generated")
    arrivals = random_arrivals(40, 30.0, 2.0, (30, 0.5), (30, 0.5), seed=3)
    leaps, steps = (Scheduler(COSTS, arrivals, policy, leaps=leaps).run() for leaps in (True, False))
    assert leaps.preemptions.tolist() == steps.preemptions.tolist()
    assert leaps.first_token == pytest.approx(steps.first_token, abs=2 * STEP)
    assert leaps.seconds == pytest.approx(steps.seconds)


def test_engines_state_their_policies():
    assert [policy.name for policy in engine("vllm").admissions] == ["when-it-fits"]
    assert [policy.name for policy in engine("tensorrt-llm").admissions] == ["guaranteed-no-evict", "max-utilization"]
    (sglang,) = engine("sglang").admissions
    assert sglang.scaled(2.0).reserved_running == 1 and sglang.scaled(1.2).floor == pytest.approx(0.84 * 0.14)
    (llama,) = engine("llama-cpp").admissions
    assert llama.reserved_new == llama.reserved_running == 1
    assert all(policy.source for name in ("vllm", "tensorrt-llm", "sglang") for policy in engine(name).admissions)


@pytest.mark.parametrize(
    ("row", "due"),
    [
        ({"name": "x"}, "source is missing"),
        ({"name": "x", "source": "y", "victm": "newest"}, "did you mean victim"),
        ({"name": "x", "source": "y", "victim": "oldest"}, "victim: expected newest or least-generated"),
        ({"name": "x", "source": "y", "reserved_new": 2}, "reserved_new: expected a share"),
        ({"name": "x", "source": "y", "decay_steps": -1}, "decay_steps: expected a number from 0"),
        ("x", "expected a table"),
    ],
)
def test_a_broken_policy_is_named(row, due):
    with pytest.raises(FactError, match=due):
        admission.read([row], "engine.toml")


def test_mistakes_name_the_option():
    with pytest.raises(UnknownName, match="max-utilization"):
        admission.choose(engine("tensorrt-llm").admissions, "max-utilizaton", "tensorrt-llm")
    with pytest.raises(InputError, match="--conservativeness"):
        engine("vllm").admissions[0].scaled(1.0)


def test_max_utilization_runs_more_and_sends_back():
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="tensorrt-llm")
    costs = costs_of(deployment, load_scheme("none"))
    arrivals = random_arrivals(1500, 4.6, 2.0, (4000, 0.5), (800, 1.0), seed=1)
    safe, full = (Scheduler(costs, arrivals, policy).run() for policy in deployment.engine.admissions)
    assert safe.preemption_rate == 0 < full.preemption_rate and safe.mean_running < full.mean_running


def test_a_smaller_cache_swaps_faster():
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
    plain, coded = (costs_of(deployment, load_scheme(name)).swap_block_time for name in ("none", "fp8"))
    assert plain == pytest.approx(16 * 131_072 / (deployment.gpu.numbers["host_bandwidth"] * 0.8), rel=0.5)
    assert coded == pytest.approx(plain / 2, rel=0.01)


def test_the_command_takes_policy_and_swap(capsys):
    from costmodel.cli import app

    command = "replay --model llama-8b --gpu h100-sxm --engine trtllm --requests 50 --scheme none --json"
    app.app(f"{command} --admission max-utilization --preemption swap --max-output 8K".split(), standalone_mode=False)
    result = json.loads(capsys.readouterr().out)
    assert (result["admission"], result["preemption"]) == ("max-utilization", "swap")
    assert result["schemes"][0]["longest_pause_s"] == 0
    for mistake, due in (("--preemption stop", "did you mean swap"), ("--max-output 2", "the longest output has")):
        with pytest.raises((InputError, UnknownName), match=due):
            app.app([*command.split(), *mistake.split()], standalone_mode=False)
