"""Every bar has a source, bars add up, and what is assumed is called assumed."""

import pytest

from costmodel.analyses.explain import explain
from costmodel.analyses.summary import needed_outputs, summarise, with_baselines
from costmodel.analyses.validation import capacity, concurrency, summary
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts.provenance import origin

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)


def test_bars_add_up_and_name_their_sources():
    explanation = explain(DEPLOYMENT, "int4", 8, 16384)
    assert sum(t.amount for t in explanation.time) == pytest.approx(explanation.outputs["step_time"])
    assert sum(t.share for t in explanation.time) == pytest.approx(1)
    assert all(t.origins and all(o.text for o in t.origins) for t in (*explanation.time, *explanation.memory))
    conversion = next(t for t in explanation.time if t.name == "conversion")
    assert conversion.origins[0].kind == "compiled"


@pytest.mark.parametrize("engine", ["vllm", "sglang", "tensorrt-llm"])
def test_memory_fills_what_the_runtime_sees(engine):
    # Under vLLM logits of 1,024 sequences, 1.05 GB, are more than activations, 0.84 GB: the larger counts, once.
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine=engine)
    explanation = explain(deployment, "fp8", 8, 16384)
    assert sum(t.amount for t in explanation.memory) == pytest.approx(
        deployment.gpu.numbers["memory_visible"], rel=1e-12
    )
    assert sum(t.share for t in explanation.memory) == pytest.approx(1)


def test_kinds_of_origin():
    kinds = {
        name: origin(DEPLOYMENT, name).kind for name in ("hbm_bandwidth", "token_cost", "workspace_size", "hidden_size")
    }
    assert kinds == {
        "hbm_bandwidth": "datasheet",
        "token_cost": "measured",
        "workspace_size": "published",
        "hidden_size": "published",
    }
    assert origin(resolve_deployment("llama-3.1-8b", "mi300x", ranks=1), "token_cost").kind == "ideal"


def test_a_summary_names_place_size_and_reason():
    swept = grid(
        DEPLOYMENT, scheme=with_baselines(["fp8", "gqa"]), batch=[1, 64], context=[1024, 8192], outputs=needed_outputs()
    )
    lines = {line.scheme: line for line in summarise(swept)}
    assert set(lines) == {"fp8", "gqa", "mha"} and lines["gqa"].baseline == "mha"
    assert lines["fp8"].kv_bytes_ratio == pytest.approx(0.5) and lines["gqa"].kv_bytes_ratio == pytest.approx(0.25)
    assert "of the step" in lines["fp8"].main_change and lines["gqa"].max_speedup > lines["fp8"].max_speedup > 1


def test_capacity_is_within_four_percent_of_every_measured_pool():
    checks = capacity()
    assert len(checks) == 30
    wrong = {c.what: f"{c.error:+.1%}" for c in checks if abs(c.error) > 0.04}
    assert not wrong
    assert summary(checks)["median"] < 0.01


def test_effective_batch_is_near_the_running_requests():
    assert [abs(c.error) < 0.22 for c in concurrency()] == [True] * 3
