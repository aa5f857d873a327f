"""Verdicts follow from intervals, comparisons from their batches, and every comparison is named."""

import numpy as np
import pytest

from costmodel.analyses.largest_batch import Objective, within
from costmodel.analyses.largest_load import largest_load, load_at
from costmodel.analyses.regime import ABSENT, COMPARISONS, LOSES, NEEDS_KERNEL, UNSURE, WINS, regime
from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.load import Load, load_times, serve_load, serve_times
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.verdicts import VERDICTS, verdict_codes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)
BATCH, CONTEXT = 2.0 ** np.arange(0, 9, 2), 2.0 ** np.arange(10, 18)


def test_told_needs_the_whole_interval():
    low, high = np.array([1.1, 0.8, 0.9, 1.0]), np.array([1.3, 0.9, 1.1, 1.2])
    assert list(VERDICTS[verdict_codes(low, high)]) == [WINS, LOSES, UNSURE, UNSURE]


def test_what_nobody_measured_never_wins():
    low, high = np.array([1.1, 0.2, 0.2, 0.2]), np.array([1.5, 0.9, 1.1, 1.5])
    ideal_low = np.array([1.3, 0.8, 0.9, 1.3])
    assert list(VERDICTS[verdict_codes(low, high, None, ideal_low)]) == [NEEDS_KERNEL, LOSES, UNSURE, NEEDS_KERNEL]


def test_fp8_on_hopper_loses_when_small_and_wins_when_large():
    result = regime(HERE, "fp8", BATCH, CONTEXT)
    assert result.verdict[0, 0] == LOSES and result.verdict[1, -1] == WINS
    assert result.verdict[-1, -1] == ABSENT and sum(result.counts().values()) == result.ratio.size
    shared = regime(resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=2), "fp8", BATCH, CONTEXT)
    assert UNSURE in shared.verdict, "products of a step were measured on one GPU alone"


def test_a_scheme_against_itself_cannot_be_told():
    result = regime(HERE, "none", BATCH, CONTEXT)
    assert (result.ratio == 1).all() and set(result.verdict.ravel()) <= {UNSURE, ABSENT}


def test_own_batch_compares_full_replicas():
    result = regime(HERE, "fp8", None, CONTEXT, "own-batch", output=None)
    assert (result.scheme_batch >= 2 * result.baseline_batch - 1).all() or (result.scheme_batch == 1024).any()
    assert result.ratio.shape == (1, len(CONTEXT)) and (result.verdict == WINS).all()


def test_under_load_twice_the_batch_is_not_twice_the_throughput():
    """Prompts take their share of the device whatever the cache: the longer the outputs, the closer to the static ratio."""
    static, short, long = (regime(HERE, "fp8", None, CONTEXT[5:], "own-batch", output=n) for n in (None, 512.0, 8192.0))
    assert (short.ratio < long.ratio).all() and (long.ratio < 1.02 * static.ratio).all()
    assert short.ratio[0, 0] < 0.8 * static.ratio[0, 0] and "prefill" in short.binding


def test_a_load_is_what_its_formulas_say():
    """Throughput over throughput of two closed loops, each as full as its pool."""
    result = regime(HERE, "fp8", None, CONTEXT[4:5], "own-batch", output=512.0)
    prompt, rates = CONTEXT[4] - 256, []
    for name, batch in (("fp8", result.scheme_batch), ("none", result.baseline_batch)):
        lengths = (np.array(float(value)) for value in (batch[0, 0], prompt, 512.0, 0.0, np.nan))
        rates.append(load_times(serve_load(HERE, load_scheme(name), Load(*lengths)))["throughput_tok_s"])
    assert result.ratio[0, 0] == pytest.approx(float(np.ravel(rates[0] / rates[1])[0]), rel=1e-9)


def test_within_an_objective_one_request_more_misses_it():
    for objective in (Objective(tpot=0.02), Objective(tpot=0.03, ttft=1.0)):
        counts = largest_load(HERE, load_scheme("fp8"), CONTEXT[3:], 512.0, objective)
        load = load_at(CONTEXT[3:], 512.0)
        for step, meets in ((0, True), (1, False)):
            tpot, ttft = serve_times(HERE, load_scheme("fp8"), load.at(counts + step))
            in_time = (tpot <= objective.tpot) & (ttft <= (objective.ttft or np.inf))
            assert (in_time[counts >= 1] == meets).all()


def test_a_context_without_a_prompt_is_left_out():
    result = regime(HERE, "fp8", None, [256.0, 1024.0], "own-batch", output=512.0)
    assert list(result.context) == [1024.0] and result.ratio.shape == (1, 1)
    with pytest.raises(InputError, match="more than half an output, 256 tokens"):
        regime(HERE, "fp8", None, [256.0], "own-batch", output=512.0)


def test_within_is_the_last_batch_that_meets_the_objective():
    objective = Objective(tpot=0.015)
    largest = within(HERE, load_scheme("none"), CONTEXT[:4], objective)
    for batch, context in zip(largest[0], CONTEXT[:4], strict=True):
        steps = [
            drop_model_axes(build_passes(HERE, load_scheme("none"), b, context).step["step_time"])
            for b in (batch, batch + 1)
        ]
        room = drop_model_axes(build_passes(HERE, load_scheme("none"), 1.0, context).pool["max_batch"])
        assert steps[0] <= 0.015 and (steps[1] > 0.015 or batch == room)


def test_an_objective_nobody_meets_fits_nowhere():
    result = regime(HERE, "fp8", None, CONTEXT, "objective", Objective(tpot=1e-6))
    assert (result.verdict == ABSENT).all()


def test_a_first_token_in_time_bounds_the_prompt_alike():
    result = regime(HERE, "fp8", None, CONTEXT, "objective", Objective(ttft=0.5))
    assert result.verdict[0, 0] == WINS and result.verdict[0, -1] == ABSENT  # 128 K of prompt take seconds


def test_quest_never_gains_capacity_on_memory_alone():
    result = regime(HERE, "quest", None, CONTEXT, "own-batch", output=None)
    assert (result.scheme_batch <= result.baseline_batch).all()


@pytest.mark.parametrize("objective", [None, Objective(), Objective(tpot=-1.0), Objective(ttft=0.0)])
def test_objectives_are_checked(objective):
    with pytest.raises(InputError):
        regime(HERE, "fp8", None, CONTEXT, "objective", objective)


def test_comparisons_are_named():
    with pytest.raises(UnknownName, match="same-batch"):
        regime(HERE, "fp8", BATCH, CONTEXT, "same")
    assert set(COMPARISONS) == {"same-batch", "own-batch", "objective"}
