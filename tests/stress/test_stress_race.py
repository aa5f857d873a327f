"""The race of eviction and codec: rates by hand, and the wait of a flush against a simulated queue."""

import numpy as np
import pytest

from costmodel import stress
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")


def columns_of(scheme: str, batches=(8.0,)):
    return stress.run_test(stress.load_test("race"), DEPLOYMENT, [scheme], list(batches)).curves[0].columns


def test_scores_are_three_kernels_and_three_passes_over_four_bytes():
    h2o = columns_of("h2o[budget=2048]")
    step = build_evaluator(DEPLOYMENT, load_scheme("h2o[budget=2048]"), 8.0, 8192.0, prompt=8192.0)
    floor, rate = (float(drop_model_axes(step[name])) for name in ("kernel_floor", "copy_efficiency"))
    rate *= float(drop_model_axes(step["hbm_bandwidth"]))
    scores = 3 * floor + 8 * 32 * 2048 * 3 * 4 / rate  # 32 query heads
    moves = 2 * 8 * 8 * (512 + 4) / rate  # one token of 8 heads, read and written
    assert h2o["deciding_step_time"][0] == pytest.approx(32 * (scores + moves), rel=1e-6)
    assert h2o["encode_step_time"][0] == 0 and np.isnan(h2o["encoding_rate"][0])


def test_a_flush_takes_as_long_as_the_tokens_that_it_encodes():
    kivi = columns_of("kivi-2bit[residual=128]")
    assert kivi["flush_step_time"][0] == pytest.approx(128 * kivi["encode_step_time"][0])
    assert kivi["encoding_rate"][0] == pytest.approx(8 / kivi["encode_step_time"][0])
    assert kivi["deciding_step_time"][0] == 0


def test_loads_grow_with_the_batch_until_attention_does():
    loads = columns_of("h2o", (1.0, 16.0, 256.0))["deciding_load"]
    assert (np.diff(loads) > 0).all()


def simulate(draw, jobs: dict[str, tuple[float, float]], count: int, regular: str = "") -> dict[str, float]:
    """Mean waits by kind of job of one server, first come, first served, event by event; ``jobs`` are rates and services.

    Arrivals are Poisson but for those of ``regular``, which come like a metronome from a phase of its own.
    """
    kinds, arrivals = list(jobs), []
    for kind, (rate, _) in jobs.items():
        gaps = (
            np.full(int(count * rate), 1 / rate) if kind == regular else draw.exponential(1 / rate, int(count * rate))
        )
        times = np.cumsum(gaps) - (draw.uniform() / rate if kind == regular else 0)
        arrivals += zip(times, [kind] * len(times), strict=True)
    free, waits = 0.0, {kind: [] for kind in kinds}
    for clock, kind in sorted(arrivals):
        waits[kind].append(max(free - clock, 0.0))
        free = max(free, clock) + jobs[kind][1]
    return {kind: float(np.mean(values)) for kind, values in waits.items()}


def waits_of(**numbers: float) -> dict[str, float]:
    """The waits that the formulas give for stated utilisations and services (seconds)."""
    evaluator = build_evaluator(DEPLOYMENT, load_scheme("h2o+kivi-4bit"), 8.0, 8192.0, prompt=8192.0)
    stated = evaluator.with_inputs(**{name: np.array(value) for name, value in numbers.items()})
    return {name: float(drop_model_axes(stated[name])) for name in ("deciding_wait", "encoding_wait", "side_wait")}


@pytest.mark.parametrize("load", [0.2, 0.6, 0.9])
def test_a_kind_alone_waits_as_in_a_queue_with_deterministic_service(load):
    """ρ/(2(1 − ρ)) services of one second: 0.125, 0.75 and 4.5 s, and as many in a queue of drawn arrivals."""
    waits = waits_of(deciding_load=load, deciding_step_time=1.0, encoding_load=load, flush_step_time=1.0)
    assert waits["deciding_wait"] == waits["encoding_wait"] == pytest.approx(load / (2 * (1 - load)), rel=1e-9)
    simulated = simulate(np.random.default_rng(3), {"decision": (load, 1.0)}, 1_000_000)
    assert waits["deciding_wait"] == pytest.approx(simulated["decision"], rel=0.04)


def test_decisions_and_flushes_on_one_stream_wait_for_each_other():
    """Decisions of 1 s at 0.3 a second and flushes of 20 s every 50 s: (0.3 · 1 + 0.4 · 20) / (2 · 0.3) = 13.8 s for either."""
    stated = {"deciding_load": 0.3, "deciding_step_time": 1.0, "encoding_load": 0.4, "flush_step_time": 20.0}
    waits = waits_of(**stated)
    assert waits["side_wait"] == pytest.approx(8.3 / 0.6, rel=1e-9)
    simulated = simulate(np.random.default_rng(4), {"decision": (0.3, 1.0), "flush": (0.02, 20.0)}, 4_000_000)
    assert simulated["decision"] == pytest.approx(waits["side_wait"], rel=0.06)
    assert simulated["flush"] == pytest.approx(waits["side_wait"], rel=0.06)
    assert waits["deciding_wait"] == pytest.approx(0.3 / 1.4, rel=1e-9)  # on a stream of its own: no flush in its way


def test_a_metronome_of_steps_waits_less():
    """The formula's arrivals are the worst of the two: decisions that come evenly wait only for flushes."""
    jobs = {"decision": (0.3, 1.0), "flush": (0.02, 20.0)}
    even = simulate(np.random.default_rng(5), jobs, 2_000_000, regular="decision")
    stated = {"deciding_load": 0.3, "deciding_step_time": 1.0, "encoding_load": 0.4, "flush_step_time": 20.0}
    assert even["decision"] < waits_of(**stated)["side_wait"]
    assert simulate(np.random.default_rng(6), {"decision": (0.3, 1.0)}, 10_000, regular="decision")["decision"] == 0


def test_from_a_utilisation_of_one_on_no_wait_is_stated():
    """An index as long as the keys: the queue grows by what arrives less what is served, and no wait is finite."""
    columns = columns_of("quest[page=1]", (1.0, 256.0))
    behind = columns["deciding_load"] >= 1
    assert behind.tolist() == [False, True]
    arriving, served = columns["arriving_tokens"], columns["deciding_rate"]
    np.testing.assert_allclose(columns["deciding_load"], arriving / served)
    np.testing.assert_allclose(columns["deciding_backlog"], np.maximum(arriving - served, 0))
    assert (np.isnan(columns["deciding_wait"]) == behind).all()


def test_ends_of_a_race_are_ordered_and_hold_the_middle():
    columns = columns_of("h2o+kivi-4bit", (1.0, 64.0, 256.0))
    for name in (
        "deciding_load",
        "encoding_load",
        "side_load",
        "flush_share",
        "deciding_wait",
        "encoding_wait",
        "side_wait",
    ):
        low, value, high = (columns[name + end] for end in ("_lo", "", "_hi"))
        assert (low > 0).all() and (low < value).all() and (value < high).all(), name
    # A utilisation errs by the codec and by the bare step, so by more than its work alone.
    errs = [np.log(columns[f"{name}_hi"] / columns[name]) for name in ("deciding_load", "deciding_step_time")]
    assert (errs[0] > errs[1]).all()


def test_sentences_tell_which_is_slower():
    result = stress.run_test(stress.load_test("race"), DEPLOYMENT, ["none", "kivi-2bit", "h2o", "h2o+kivi-4bit"])
    summaries = result.summaries
    assert summaries["none"].startswith("nothing to decide and nothing to encode")
    assert (
        summaries["kivi-2bit"].startswith("nothing to decide; encoding takes")
        and "done in the step, a flush makes it" in summaries["kivi-2bit"]
    )
    assert summaries["h2o"].startswith("nothing to encode; deciding takes")
    assert "slower than encoding; deciding takes" in summaries["h2o+kivi-4bit"]
    assert "and keeps up: " in summaries["h2o+kivi-4bit"] and "a decision waits" in summaries["h2o+kivi-4bit"]
