"""Recommendations: what exists is tried, targets bind at a percentile, the command starts what was replayed, flips are real."""

import json
import math
import shlex
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from costmodel.analyses.load import Workload
from costmodel.analyses.recommend import Space, Targets, judge, recommend, setups, words
from costmodel.analyses.recommend.targets import largest_users
from costmodel.cli.app import app
from costmodel.errors import CostModelError, FactError, InputError
from costmodel.evaluation.ask.starting import starting_remarks
from costmodel.facts import commands, engines, gpus
from costmodel.stress.replay import costs_of

SPACE = Space("llama-3.1-8b", "h100-sxm", (1,), ("vllm",), (None,))
WORKLOAD = Workload(2048, 0.5, 256, 0.5, concurrency=1)
TARGETS = Targets(64, tpot=0.03, ttft=1.0)


@pytest.fixture(scope="module")
def answer():
    return recommend(replace(SPACE, left_out={}), WORKLOAD, TARGETS)


def test_what_exists_is_tried():
    """fp8, int8 and four TurboQuants are shipped by vLLM and measured on an H100; int4 is shipped and nobody measured it."""
    space = replace(SPACE, left_out={})
    schemes = {setup.scheme.id for setup in setups(space, 1)}
    assert {"none", "fp8", "int8"} <= schemes and "int4" not in schemes
    assert any("int4" in reason for reason in space.left_out)
    assert "int4" in {setup.scheme.id for setup in setups(replace(SPACE, is_research=True, left_out={}), 1)}


def test_replicas_and_splits_of_four_gpus():
    """Heads of eight divide by 1, 2 and 4: four replicas, two, or one."""
    found = {(setup.deployment.ranks, setup.replicas) for setup in setups(replace(SPACE, left_out={}), 4)}
    assert found == {(1, 4), (2, 2), (4, 1)}


def test_the_best_is_within_its_targets_and_holds_its_users(answer):
    best = answer.best
    assert answer.is_feasible and best.at_percentile("tpot_ms") <= 30 and best.at_percentile("ttft_ms") <= 1000
    costs = costs_of(best.setup.deployment, best.setup.scheme)
    assert judge(best.setup, WORKLOAD, replace(TARGETS, users=best.capacity), costs).is_feasible
    assert not judge(best.setup, WORKLOAD, replace(TARGETS, users=round(1.1 * best.capacity)), costs).is_feasible


def test_the_best_of_as_many_gpus_holds_most_users(answer):
    assert answer.runner_up.capacity <= answer.best.capacity and answer.best.setup.gpus == 1


def test_a_percentile_that_is_kinder_lets_more_in():
    setup = next(setups(replace(SPACE, left_out={}), 1))
    costs = costs_of(setup.deployment, setup.scheme)
    kind, strict = (largest_users(setup, WORKLOAD, replace(TARGETS, percentile=p), costs) for p in (50, 99))
    assert kind > strict > 0


def test_two_replicas_hold_twice_as_many():
    space = replace(SPACE, left_out={})
    one, two = (next(s for s in setups(space, n) if s.deployment.ranks == 1) for n in (1, 2))
    costs = costs_of(one.deployment, one.scheme)
    assert largest_users(two, WORKLOAD, TARGETS, costs) == pytest.approx(
        2 * largest_users(one, WORKLOAD, TARGETS, costs), rel=0.05
    )


def test_what_no_set_up_can_do_says_how_many_it_can():
    hard = recommend(replace(SPACE, left_out={}), WORKLOAD, Targets(500, tpot=0.01))
    assert not hard.is_feasible and 0 < hard.best.capacity < 500
    assert hard.best.at_percentile("tpot_ms") <= 10  # at the most users, under the limit that the command sets


def test_who_serves_nobody_states_no_rate_and_no_cost():
    command = COMMAND.replace("30ms", "1ms")
    record = json.loads(CliRunner().invoke(app, [*command.split(), "--json", "--price", "2.5"]).stdout)
    assert not record["feasible"] and record["users"] == 0 and record["tpot_ms"] > 1
    rates = [name for name in record if "throughput" in name or name.endswith("per_million")]
    assert len(rates) >= 6 and all(record[name] is None for name in rates)
    text = CliRunner().invoke(app, command.split()).stdout
    (best,) = [line for line in text.splitlines() if line.startswith("best")]
    assert best.count("–") == 2 and "left out where nobody is served" in text


def test_a_bound_on_quality_leaves_unknown_losses_out():
    """fp8 loses 2.2 % of HumanEval by what is published: a bound of 1 % leaves it out, and every quantised weight."""
    space = Space("llama-3.1-8b", "h100-sxm", (1,), ("vllm",))
    strict = recommend(space, WORKLOAD, replace(TARGETS, max_quality_loss=0.01))
    assert {one.setup.deployment.weight_dtype for one in strict.judged} == {"bfloat16"}
    assert "fp8" not in {one.setup.scheme.id for one in strict.judged}
    assert "fp8 cache: loses 2.2 %" in space.left_out and "int4 weights: their loss is unknown" in space.left_out


def test_the_front_is_of_what_nothing_beats(answer):
    front = answer.front()
    costs = [one.gpu_hours_per_million for one in front]
    times = [one.at_percentile("tpot_ms") for one in front]
    assert front and costs == sorted(costs) and times == sorted(times, reverse=True)


def test_weights_wider_than_the_checkpoint_s_are_no_rivals():
    types = {setup.deployment.weight_dtype for setup in setups(Space("gpt-oss-120b", "h200-sxm", (2,), ("vllm",)), 2)}
    assert types == {"mxfp4"}


def test_a_model_that_fits_nowhere():
    with pytest.raises(InputError, match="no set-up"):
        recommend(Space("llama-3.1-405b", "l40s", (1,), ("vllm",), ("bfloat16",)), WORKLOAD, TARGETS)


@pytest.mark.parametrize("engine", ["vllm", "tensorrt-llm", "sglang", "llama-cpp"])
def test_commands_of_engines(engine):
    table = engines.load(engine, gpus.load("h100-sxm")).command
    line = commands.command_line(
        table, "org/name", "fp8", "--kv-cache-dtype fp8", "fp8", tensor_parallel=2, memory_fraction=0.9, max_sequences=64,
        max_batched_tokens=8192,
    )  # fmt: skip
    assert "org/name" in shlex.split(line) and "64" in line and "8192" in line and "{" not in line
    if engine == "tensorrt-llm":  # without it a prompt longer than a pass is refused
        assert "enable_chunked_prefill: true" in line and "dtype: fp8" in line
    if engine == "vllm":
        assert line == (
            "vllm serve org/name --tensor-parallel-size 2 --gpu-memory-utilization 0.9 --max-num-seqs 64 "
            "--max-num-batched-tokens 8192 --quantization fp8 --kv-cache-dtype fp8"
        )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"serve": "x {model}", "source": "s"}, "command.serve: expected {checkpoint}, got {model}"),
        ({"serve": "x", "source": "s", "port": "--port {"}, "command.port: expected text"),
        ({"serve": "x", "source": "s", "weights": {"fp8": 1}}, "command.weights"),
        ({"serve": "x", "source": "s", "tp": "2"}, "tp"), ({"source": "s"}, "serve"),
    ],
)  # fmt: skip
def test_commands_that_are_none(table, message):
    with pytest.raises(FactError, match=message):
        commands.check(table, "engine.toml")


COMMAND = (
    "recommend --model llama-8b --gpu h100-sxm --gpus 1 --engine vllm --weight-dtype bfloat16 --users 64 --tpot 30ms"
)


def test_the_command():
    done = CliRunner().invoke(app, [*COMMAND.split(), "--json", "--price", "2.5"])
    answer = json.loads(done.stdout)
    assert answer["feasible"] and answer["users"] >= 64 and answer["flags"].startswith("vllm serve ")
    assert answer["cost_per_million"] == pytest.approx(2.5 * answer["gpu_hours_per_million"])
    wanted = {"setup", "tpot_ms", "ttft_ms", "throughput_tok_s", "quality_loss", "evidence", "runner_up", "flips"}
    assert wanted <= set(answer)
    text = CliRunner().invoke(app, COMMAND.split()).stdout
    assert text.startswith("Yes, vllm, 1 × h100-sxm (tp 1)") and "--max-num-seqs" in text.splitlines()[1]
    assert "prompts of 1,024 tokens ± 50 %" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--speculative eagle", "speculative decoding is not modelled"),
        ("--disaggregated", "disaggregated serving"),
        ("--users 2.5", "users: expected whole requests"), ("--price -2", "--price: expected a price above 0"),
        ("--engine foo", "no engine 'foo'"), ("--weight-dtype foo", "no weight type 'foo'"),
        ("--prompt 500K", "--prompt: expected less than the model's context"), ("--users 0", "users: expected at least 1"),
        ("--gpus 1.5", "--gpus: expected whole numbers"), ("--percentile 100", "percentile: expected"),
        ("--tpot 30", "try 30ms"),
    ],
)  # fmt: skip
def test_mistakes_are_named(options, message):
    done = CliRunner().invoke(app, ["recommend", "--model", "llama-8b", *options.split()])
    assert isinstance(done.exception, CostModelError) and message in str(done.exception)


def test_what_does_not_fit_is_counted_by_number_of_gpus():
    space = Space("deepseek-v3", "b200-sxm", gpus=(1,))
    assert not list(setups(space, 1)) and list(space.left_out) == ["deepseek-v3 does not fit on 1 × b200-sxm"]
    assert space.left_out["deepseek-v3 does not fit on 1 × b200-sxm"] > 3


def test_a_pool_that_holds_no_longest_request_starts_with_a_lower_limit():
    """An RTX 4090 holds Llama 3.1 8B and no cache of 131,072 tokens beside it."""
    space = Space("llama-3.1-8b", "rtx-4090", (1,), ("vllm",), ("bfloat16",))
    best = recommend(space, WORKLOAD, Targets(2, tpot=0.06)).best
    stated = shlex.split(words.start_command(best))
    limit = int(stated[stated.index("--max-model-len") + 1])
    deployment = best.setup.deployment.with_options(context_limit=float(limit))
    assert limit < 131_072 and not starting_remarks(deployment, best.setup.scheme)


def test_of_as_many_users_the_cache_that_loses_least_is_best():
    """Qwen3 32B on two H100 holds few users of 16K prompts with either cache: the 16-bit one loses nothing."""
    space = Space("qwen3-32b", "h100-sxm", (2,), ("vllm",), ("bfloat16",))
    answer = recommend(space, Workload(16_384, 0.5, 512, 0.5, concurrency=1), Targets(5, tpot=0.03, ttft=20.0))
    alike = [one for one in (answer.best, answer.runner_up) if one.capacity == answer.best.capacity]
    losses = [one.quality.value if one.quality else math.inf for one in alike]
    assert len(alike) == 2 and losses == sorted(losses) and losses[0] == 0
